import { randomUUID } from 'node:crypto';
import { taskWork } from '../config/limits.ts';
import type { Platform } from '../server/platform.ts';
import { type Step, Task } from '../server/tasks/task.ts';
import type { Views } from '../server/views.ts';
import type { Mailer } from './mailer.ts';
import { changeSignatures } from './tasks/signature-change.ts';

/** What long work is done with. */
export type TaskTools = Platform & { mailer: Mailer; views: Views };

/** One step of a kind of work: a few seconds at most, safe to repeat. */
export type TaskStep = (tools: TaskTools, task: Task) => Promise<Step>;

/** A failure the organizer can do something about, in a sentence for them. */
export class TaskFailure extends Error {
  override name = 'TaskFailure';
}

/** Every kind of long work, by the name it is begun with. */
export const taskKinds: Readonly<Record<string, TaskStep>> = {
  signatureChange: changeSignatures,
};

/** Works at a task step by step until it is finished, steered elsewhere, or taken over. Twice at once is once. */
export async function runTask(tools: TaskTools, taskId: string, kinds = taskKinds): Promise<void> {
  const lease = randomUUID();
  const taken = await Task.findOneAndUpdate(
    { _id: taskId, state: { $in: ['waiting', 'running'] }, leaseUntil: { $lte: new Date() } },
    { $set: { state: 'running', lease, leaseUntil: leaseEnd() } },
    { returnDocument: 'after' },
  ).lean<Task>();
  if (!taken) return;
  if (!taken.startedAt) await Task.updateOne({ _id: taken._id, lease }, { $set: { startedAt: new Date() } });
  const step = kinds[taken.kind];
  let task: Task | null = taken;
  try {
    if (!step) throw new Error(`There is no work of the kind ${taken.kind}`);
    while (task?.state === 'running') task = await saveStep(task, lease, await step(tools, task));
  } catch (error) {
    tools.log.error({ err: error, taskId }, 'a task failed');
    const failure =
      error instanceof TaskFailure
        ? error.message
        : 'Something broke on our side. What was done so far stays; you can resume.';
    await Task.updateOne(
      { _id: taken._id, lease },
      { $set: { state: 'failed', failure }, $unset: { lease: 1 } },
    );
  }
}

const leaseEnd = (): Date => new Date(Date.now() + taskWork.lease * 1000);

/** Writes a step down, unless somebody steered the task or took it over meanwhile. */
function saveStep(
  task: Task,
  lease: string,
  { done, cursor, finished, total, result }: Step,
): Promise<Task | null> {
  return Task.findOneAndUpdate(
    { _id: task._id, state: 'running', lease },
    {
      $inc: { done },
      $set: {
        cursor,
        leaseUntil: leaseEnd(),
        ...(total !== undefined && { total }),
        ...(result && { result }),
        ...(finished && { state: 'done', finishedAt: new Date() }),
      },
      ...(finished && { $unset: { lease: 1 } }),
    },
    { returnDocument: 'after' },
  ).lean<Task>();
}
