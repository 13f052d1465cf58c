import assert from 'node:assert/strict';
import type { Petition } from '../../server/petitions/petition.ts';
import { Task } from '../../server/tasks/task.ts';
import { Update } from '../../server/updates/update.ts';
import { createViews } from '../../server/views.ts';
import { createMailer } from '../../workers/mailer.ts';
import { runTask, type TaskTools, taskKinds } from '../../workers/task.ts';
import { noOutcomes, type Outcomes } from '../../workers/tasks/bulk-outcomes.ts';
import type { BulkWork } from '../../workers/tasks/bulk-step.ts';
import { sendUpdate } from '../../workers/tasks/update.ts';
import type { Received } from './mailbox.ts';
import { signInAs } from './organizer.ts';
import { openPlatform } from './platform.ts';
import { startWorld } from './world.ts';

export const updatesPath = ({ _id }: Petition, rest = ''): string =>
  `/organize/petitions/${_id.toHexString()}/updates${rest}`;

/** A form that is right in every field. */
export const updateWords = {
  kind: 'update',
  'title-en': 'The council answers',
  'body-en': 'They will **look** in May.',
};

/** A petition in both languages. */
export const bothTexts = {
  en: { title: 'Keep the bench', addressedTo: 'Council', summary: 'The bench.', body: 'Stay.' },
  fr: { title: 'Gardons le banc', addressedTo: 'Conseil', summary: 'Le banc.', body: 'Reste.' },
};

/** Few at once and short waits; otherwise as in production. */
export const usualWork: BulkWork = {
  atOnce: 5,
  step: 3,
  giveUpAfter: 10,
  refusedAtMost: 50,
  again: [60, 600],
};

export type Desk = Awaited<ReturnType<typeof openDesk>>;

/** An editor who writes and sends updates, in a world without workers: the test is the worker. */
export async function openDesk() {
  const world = await startWorld({ workers: false });
  const platform = await openPlatform(world);
  const mailer = createMailer(world.env);
  const tools: TaskTools = { ...platform, mailer, views: createViews() };
  const editor = await signInAs(world, 'editor', { name: 'Eda Editor' });

  const write = async (petition: Petition, differences: Record<string, string> = {}): Promise<Update> => {
    const response = await editor.post(updatesPath(petition), { ...updateWords, ...differences });
    assert.equal(response.status, 303, await response.text());
    const n = Number(response.headers.get('location')?.split('/').at(-1));
    const update = await Update.findOne({ petition: petition._id, n }).lean<Update>();
    assert.ok(update);
    return update;
  };
  const askToSend = (petition: Petition, { n, revision }: Update, who = editor): Promise<Response> =>
    who.post(updatesPath(petition, `/${n}/send`), { revision: String(revision) });

  return {
    ...{ world, platform, tools, editor, write, askToSend },
    /** Writes an update where there is none, and begins to send it. Returns the task's id. */
    async begin(petition: Petition, update?: Update): Promise<string> {
      return taskIn(await askToSend(petition, update ?? (await write(petition))));
    },
    /** Works at a task as a worker would: as in production, or with other numbers or another mail server. */
    run(task: string, work?: Partial<BulkWork>, otherTools: Partial<TaskTools> = {}): Promise<void> {
      const update = (given: TaskTools, at: Task) => sendUpdate(given, at, { ...usualWork, ...work });
      return runTask({ ...tools, ...otherTools }, task, work ? { update } : taskKinds);
    },
    page: async (petition: Petition, { n }: Pick<Update, 'n'>): Promise<string> =>
      (await editor.get(updatesPath(petition, `/${n}`))).text(),
    mailsTo: ({ email }: { email: string }): Received[] => world.mailbox.to(email),
    async close(): Promise<void> {
      mailer.close();
      await platform.close();
      await world.close();
    },
  };
}

/** The task an answer leads to. */
export function taskIn(response: Response): string {
  const location = response.headers.get('location') ?? '';
  assert.match(location, /^\/organize\/tasks\/[0-9a-f]{24}$/);
  return location.slice('/organize/tasks/'.length);
}

/** What time does: whoever worked at it is long gone, and the wait is over. */
export const later = (task: string) =>
  Task.updateOne({ _id: task }, { $set: { leaseUntil: new Date(0) }, $unset: { notBefore: 1 } });

/** A task with what came of it: the numbers, and the sentence once it is done. */
export async function taskOf(id: string) {
  const task = await Task.findById(id).lean<Task>();
  assert.ok(task);
  const { summary, ...outcomes } = task.result as Outcomes & { summary?: string };
  return { ...task, summary, outcomes };
}

/** The outcomes of a sending, where those not named are nothing. */
export const outcomes = (differences: Partial<Outcomes>): Outcomes => ({ ...noOutcomes, ...differences });
