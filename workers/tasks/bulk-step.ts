import { z } from 'zod';
import type { updateWork } from '../../config/limits.ts';
import type { Step, Task } from '../../server/tasks/task.ts';
import { TaskFailure } from '../task.ts';
import { type BulkMail, type Ended, type Listed, mailAll } from './bulk-mail.ts';
import { countOutcomes, noOutcomes, type Outcomes, reportOf } from './bulk-outcomes.ts';
import { nextPeople } from './bulk-people.ts';

/** `all`: everybody on the list, in the order of their ids; `again`: those the mail server put off, round by round. */
const cursorSchema = z.object({
  phase: z.enum(['all', 'again']).default('all'),
  after: z.string().default(''),
  round: z.number().default(0),
  /** Mails in a row that the mail server did not take, and how often that made it wait since one was taken. */
  untaken: z.number().default(0),
  waits: z.number().default(0),
});
type Cursor = z.output<typeof cursorSchema>;
/** The numbers of `updateWork`. */
export type BulkWork = Omit<Record<keyof typeof updateWork, number>, 'again'> & {
  again: readonly number[];
};

/**
 * One step of mailing a text to a list: a few seconds' worth of people. Each person has a claim, so that a step that runs
 * twice, or in two workers at once, mails nobody twice; where a worker died at a mail nobody can know whether it went
 * out, and it stays away.
 */
export async function sendBulkMail<Person extends Listed>(
  bulk: BulkMail<Person>,
  task: Task,
  work: BulkWork,
): Promise<Step> {
  const cursor = cursorSchema.parse(task.cursor ?? {});
  const outcomes: Outcomes = { ...noOutcomes, ...(task.result as Partial<Outcomes>) };
  const end = Date.now() + work.step * 1000;
  let done = 0;
  let refused = 0;
  do {
    const people = await nextPeople(bulk, cursor, isTrying(cursor) ? 1 : work.atOnce);
    const last = people.at(-1);
    if (!last) return endPhase(bulk, task, done, cursor, work);
    const ended = await mailAll(bulk, people);
    if (cursor.phase === 'all') done += ended.length;
    for (const one of ended) note(one, cursor, outcomes);
    cursor.after = last.after;
    refused = refusedInARow(ended, refused);
    if (refused >= work.refusedAtMost) throw new TaskFailure(everyMailRefused);
  } while (Date.now() < end && !isAway(cursor, work));
  const saved = { done, cursor, finished: false, result: outcomes };
  return isAway(cursor, work) ? { ...saved, ...waitForServer(cursor, work) } : saved;
}

const everyMailRefused =
  'The mail server refuses one mail after another for good. Find out why, or nobody gets it: its answers are under Mail on the dashboard, or on the issue’s page. Try again to go on with the others.';

function note({ outcome, isFresh }: Ended, cursor: Cursor, outcomes: Outcomes): void {
  if (cursor.phase === 'all') outcomes[outcome] += 1;
  else if (outcome !== 'deferred') {
    outcomes[outcome] += 1;
    outcomes.deferred -= 1;
  }
  if (!isFresh || outcome === 'suppressed') return;
  const wasTaken = outcome === 'sent' || outcome === 'refused';
  cursor.untaken = wasTaken ? 0 : cursor.untaken + 1;
  if (wasTaken) cursor.waits = 0;
}

/** How many mails in a row were refused for good, up to the latest. */
const refusedInARow = (ended: readonly Ended[], before: number): number =>
  ended
    .filter(({ isFresh }) => isFresh)
    .reduce((row, { outcome }) => (outcome === 'refused' ? row + 1 : 0), before);

/** After a wait one mail finds out whether the mail server is back. */
const isTrying = ({ waits }: Cursor): boolean => waits > 0;

/** Those it put off now and then come again in rounds, which have waits of their own. */
const isAway = (cursor: Cursor, { giveUpAfter }: BulkWork): boolean =>
  cursor.phase === 'all' && cursor.untaken >= (isTrying(cursor) ? 1 : giveUpAfter);

/** The mail server takes nothing: nobody is lost, they come again at the end. */
function waitForServer(cursor: Cursor, work: BulkWork): Partial<Step> {
  const rest = work.again[cursor.waits];
  if (rest === undefined)
    throw new TaskFailure(
      'The mail server has taken no mail for hours. Try again when it does: nobody is mailed twice.',
    );
  return { rest, cursor: { ...cursor, untaken: 0, waits: cursor.waits + 1 } };
}

/** Everybody was gone through: those that were put off once more after a while, or the end. */
async function endPhase(
  bulk: Pick<BulkMail, 'kind' | 'id' | 'about'>,
  task: Task,
  done: number,
  { phase, round }: Cursor,
  work: BulkWork,
): Promise<Step> {
  const next = phase === 'all' ? 0 : round + 1;
  const rest = work.again[next];
  const exact = await countOutcomes(bulk);
  if (exact.deferred > 0 && rest !== undefined) {
    const cursor = cursorSchema.parse({ phase: 'again', round: next });
    return { done, cursor, finished: false, rest, result: exact };
  }
  const total = task.done + done;
  const gone = Math.max(0, (task.total ?? total) - total);
  return { done, cursor: null, finished: true, total, result: { summary: reportOf(exact, gone), ...exact } };
}
