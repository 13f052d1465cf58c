import { Types } from 'mongoose';
import { z } from 'zod';
import { updateWork } from '../../config/limits.ts';
import { Mailing, updateMailingId } from '../../server/mailings/mailing.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import type { Step, Task } from '../../server/tasks/task.ts';
import { agreedOn } from '../../server/updates/audience.ts';
import { Update } from '../../server/updates/update.ts';
import { TaskFailure, type TaskTools } from '../task.ts';
import { mailAll, noOutcomes, type Outcomes, type Sending } from './update-mail.ts';

/** `all`: everybody who agreed, in the order of their ids; `again`: those the mail server put off, round by round. */
const cursorSchema = z.object({
  phase: z.enum(['all', 'again']).default('all'),
  after: z.string().default(''),
  round: z.number().default(0),
  /** Mails in a row that did not reach a mail server, and how often that made it wait. */
  unreached: z.number().default(0),
  waits: z.number().default(0),
});
export type UpdateWork = { atOnce: number; step: number; giveUpAfter: number; again: readonly number[] };
type Cursor = z.output<typeof cursorSchema>;

/**
 * One step of mailing an update: a few seconds' worth of people. Each person has a claim, so that a step that runs
 * twice, or in two workers at once, mails nobody twice; where a worker died at a mail nobody can know whether it went
 * out, and it stays away.
 */
export async function sendUpdate(tools: TaskTools, task: Task, work: UpdateWork = updateWork): Promise<Step> {
  const sending = await openSending(tools, task);
  const cursor = cursorSchema.parse(task.cursor ?? {});
  const outcomes: Outcomes = { ...noOutcomes, ...(task.result as Partial<Outcomes>) };
  const end = Date.now() + work.step * 1000;
  let done = 0;
  do {
    const people = await nextPeople(sending, cursor, work);
    const last = people.at(-1);
    if (!last) return { ...(await endPhase(sending, cursor, outcomes, work)), done };
    const came = await mailAll(sending, people);
    for (const { outcome, isUnreached } of came) {
      if (cursor.phase === 'all' || outcome !== 'deferred') outcomes[outcome] += 1;
      if (cursor.phase === 'again' && outcome !== 'deferred') outcomes.deferred -= 1;
      if (cursor.phase === 'all') done += 1;
      cursor.unreached = isUnreached ? cursor.unreached + 1 : 0;
      if (!isUnreached) cursor.waits = 0;
    }
    cursor.after = last.after;
  } while (Date.now() < end && cursor.unreached < work.giveUpAfter);
  const saved = { done, cursor, finished: false, result: outcomes };
  return cursor.unreached < work.giveUpAfter ? saved : { ...saved, ...waitForServer(cursor, work) };
}

async function openSending(tools: TaskTools, { input }: Task): Promise<Sending> {
  const { updateId } = z.object({ updateId: z.string() }).parse(input);
  const update = await Update.findById(updateId).lean<Update>();
  const petition = update && (await Petition.findById(update.petition).lean<Petition>());
  if (!update?.sending || !petition) throw new TaskFailure('The update is not there any more.');
  return { tools, update, petition, frozen: update.sending };
}

/** The next few people, each with the place in the list behind them. */
async function nextPeople(
  { petition, update, frozen }: Sending,
  { phase, after }: Cursor,
  { atOnce }: UpdateWork,
) {
  if (phase === 'all') {
    const people = await Signature.find({
      ...agreedOn(petition),
      ...(after && { _id: { $gt: new Types.ObjectId(after) } }),
      confirmedAt: { $lte: frozen.at },
    })
      .sort({ _id: 1 })
      .limit(atOnce)
      .lean<Signature[]>();
    return people.map((signature) => ({
      emailKey: signature.emailKey,
      signature,
      after: signature._id.toHexString(),
    }));
  }
  const prefix = updateMailingId(update._id, '');
  const deferred = await Mailing.find(
    { ...mailingsOf(update, after || prefix), state: 'deferred' },
    { _id: 1 },
  )
    .sort({ _id: 1 })
    .limit(atOnce)
    .lean();
  const emailKeys = deferred.map(({ _id }) => _id.slice(prefix.length));
  const signatures = await Signature.find({ petition: petition._id, emailKey: { $in: emailKeys } }).lean<
    Signature[]
  >();
  return deferred.map(({ _id }, index) => ({
    emailKey: emailKeys[index] ?? '',
    signature: signatures.find(({ emailKey }) => emailKey === emailKeys[index]),
    after: _id,
  }));
}

/** Every record of an update's mails behind one of them; base64url has nothing above `~`. */
const mailingsOf = ({ _id, petition }: Update, after = updateMailingId(_id, '')) => ({
  petition,
  kind: 'update',
  _id: { $gt: after, $lt: updateMailingId(_id, '~') },
});

/** Everybody was gone through: those that were put off once more after a while, or the end. */
async function endPhase({ update }: Sending, cursor: Cursor, outcomes: Outcomes, work: UpdateWork) {
  const round = cursor.phase === 'all' ? 0 : cursor.round + 1;
  const rest = work.again[round];
  const exact = await countOutcomes(update, outcomes);
  if (exact.deferred > 0 && rest !== undefined) {
    const next: Cursor = { phase: 'again', after: '', round, unreached: 0, waits: 0 };
    return { cursor: next, finished: false, rest, result: exact };
  }
  return { cursor, finished: true, result: exact };
}

/** From the records, once a round: what steps that were cut short did is in them too. */
async function countOutcomes(update: Update, outcomes: Outcomes): Promise<Outcomes> {
  const count = (...states: Mailing['state'][]) =>
    Mailing.countDocuments({ ...mailingsOf(update), state: { $in: states } });
  const [sent, suppressed, refused, deferred, unclear] = await Promise.all([
    count('sent'),
    count('suppressed'),
    count('failed'),
    count('deferred'),
    count('claimed', 'unclear'),
  ]);
  return { ...outcomes, sent, suppressed, refused, deferred, unclear };
}

/** The mail server cannot be reached: nobody is lost, they come again at the end. */
function waitForServer(cursor: Cursor, work: UpdateWork): Partial<Step> {
  const rest = work.again[cursor.waits];
  if (rest === undefined)
    throw new TaskFailure(
      'The mail server could not be reached for hours. Resume when it can: nobody is mailed twice.',
    );
  return { rest, cursor: { ...cursor, unreached: 0, waits: cursor.waits + 1 } };
}
