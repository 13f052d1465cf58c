import assert from 'node:assert/strict';
import type { Types } from 'mongoose';
import { Export, newExportFile } from '../../server/exports/export.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { type Step, Task } from '../../server/tasks/task.ts';
import type { SignedInVisitor } from './organizer.ts';
import { textOf } from './page.ts';
import { eventually } from './world.ts';

/** Sends a form that begins long work, and waits until that has ended. */
export async function finishTask(
  by: SignedInVisitor,
  path: string,
  form: Record<string, string>,
): Promise<Task> {
  const response = await by.post(path, form);
  assert.equal(response.status, 303, textOf(await response.text()));
  const id = response.headers.get('location')?.split('/').at(-1) ?? '';
  return taskEnd(id);
}

export const taskEnd = (id: string): Promise<Task> =>
  eventually(
    async () => {
      const found = await Task.findById(id).lean<Task>();
      return found?.state === 'done' || found?.state === 'failed' ? found : undefined;
    },
    'the end of the task',
    60_000,
  );

/** Takes every step of a piece of work twice, as after a crash before it was written down. Returns what was done. */
export async function stepTwice(task: Task, step: (task: Task) => Promise<Step>): Promise<Task> {
  for (let finished = false; !finished; ) {
    await step(task);
    const { cursor, done, result, ...rest } = await step(task);
    Object.assign(task, { cursor, done: task.done + done, ...(result && { result }) });
    finished = rest.finished;
  }
  return task;
}

/** An export that nobody works at yet. */
export async function newExport(
  petition: Petition,
  organizer: { _id: Types.ObjectId },
  differences: Pick<Export, 'kind'> & Partial<Export>,
): Promise<Export> {
  const made = await Export.create({
    ...{ petition: petition._id, organizer: organizer._id, at: new Date(), which: {}, columns: [] },
    ...{ why: 'For the council meeting', file: newExportFile() },
    ...{ expiresAt: new Date(Date.now() + 600_000), ...differences },
  });
  return made.toObject() as Export;
}

/** A task before its first step. */
export const newTask = (differences: Partial<Task>): Task =>
  ({ done: 0, cursor: null, result: {}, ...differences }) as Task;
