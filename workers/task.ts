import { randomUUID } from 'node:crypto';
import { taskWork } from '../config/limits.ts';
import type { Platform } from '../server/platform.ts';
import { isMongoAway, isRedisAway } from '../server/stores.ts';
import { free, type Step, Task, type TaskState } from '../server/tasks/task.ts';
import type { Views } from '../server/views.ts';
import type { Mailer } from './mailer.ts';
import { recountCampaign } from './tasks/campaign-petitions.ts';
import { exportSignatures } from './tasks/export.ts';
import { undoImport } from './tasks/import-undo.ts';
import { sendIssue } from './tasks/newsletter-issue.ts';
import { sendIssueTest } from './tasks/newsletter-test.ts';
import { countPeople } from './tasks/people.ts';
import { readRepresentativeTable } from './tasks/representative-table.ts';
import { changeSignatures } from './tasks/signature-change.ts';
import { importSignatures } from './tasks/signature-import.ts';
import { sendUpdate } from './tasks/update.ts';
import { sendUpdateTest } from './tasks/update-test.ts';

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
  people: countPeople,
  signatureChange: changeSignatures,
  signatureImport: importSignatures,
  importUndo: undoImport,
  representativeTable: readRepresentativeTable,
  signatureExport: exportSignatures,
  campaignPetitions: recountCampaign,
  update: sendUpdate,
  updateTest: sendUpdateTest,
  newsletterIssue: sendIssue,
  newsletterTest: sendIssueTest,
};

/**
 * Works at a task step by step until it is finished, steered elsewhere, or taken over. Twice at once is once.
 * `stopping`: the process ends; another one goes on after the present step.
 */
export async function runTask(
  tools: TaskTools,
  taskId: string,
  kinds = taskKinds,
  stopping?: AbortSignal,
): Promise<void> {
  const lease = randomUUID();
  let task = await takeTask(taskId, lease);
  if (!task) return;
  const step = kinds[task.kind];
  try {
    if (!step) throw new Error(`There is no work of the kind ${task.kind}`);
    while (task && !stopping?.aborted) task = await saveStep(tools, task, lease, await step(tools, task));
  } catch (error) {
    return giveUp(tools, taskId, lease, error);
  }
  if (!task) return;
  await putBack(taskId, lease);
  tools.queues.enqueue('task', { taskId });
}

const leaseEnd = (): Date => new Date(Date.now() + taskWork.lease * 1000);
const atWork: { $in: TaskState[] } = { $in: ['waiting', 'running'] };

async function takeTask(_id: string, lease: string): Promise<Task | null> {
  const now = new Date();
  const taken = { state: 'running' as const, lease, leaseUntil: leaseEnd() };
  await Task.updateOne({ _id, startedAt: null, state: atWork }, { $set: { startedAt: now } });
  return Task.findOneAndUpdate(
    { _id, state: atWork, leaseUntil: { $lte: now }, notBefore: { $not: { $gt: now } } },
    { $set: taken },
    { returnDocument: 'after' },
  ).lean<Task>();
}

/** Writes down what a step did, unless the task was taken over. Returns the task while there is more to do. */
async function saveStep(
  { metrics }: Pick<TaskTools, 'metrics'>,
  { _id }: Task,
  lease: string,
  step: Step,
): Promise<Task | null> {
  const { done, cursor, finished, rest, total, result } = step;
  const $inc = { done };
  const known = { cursor, ...(total !== undefined && { total }), ...(result && { result }) };
  if (finished) {
    const $set = { ...known, state: 'done' as const, finishedAt: new Date() };
    await Task.updateOne({ _id, lease }, { $inc, $set, $unset: { lease: 1 } });
    metrics.tasks.inc({ outcome: 'done' });
    return null;
  }
  if (rest) {
    const notBefore = new Date(Date.now() + rest * 1000);
    await Task.updateOne(
      { _id, lease },
      { $inc, $set: { ...known, ...free, notBefore }, $unset: { lease: 1 } },
    );
    return null;
  }
  const $set = { ...known, state: 'running' as const, leaseUntil: leaseEnd() };
  const more = await Task.findOneAndUpdate(
    { _id, lease, state: atWork },
    { $inc, $set },
    { returnDocument: 'after' },
  ).lean<Task>();
  // Paused or cancelled while the step ran: it is done all the same.
  if (!more)
    await Task.updateOne({ _id, lease }, { $inc, $set: { ...known, ...free }, $unset: { lease: 1 } });
  return more;
}

const putBack = (_id: string, lease: string) =>
  Task.updateOne({ _id, lease }, { $set: free, $unset: { lease: 1 } });

/** A store that is away comes back, and a sweep goes on then; anything else the organizer is told. */
async function giveUp(
  { log, metrics }: TaskTools,
  _id: string,
  lease: string,
  error: unknown,
): Promise<void> {
  if (isMongoAway(error) || isRedisAway(error)) {
    await putBack(_id, lease).catch(() => undefined);
    throw error;
  }
  log.error({ err: error, taskId: _id }, 'a task failed');
  metrics.tasks.inc({ outcome: 'failed' });
  const failure =
    error instanceof TaskFailure
      ? error.message
      : 'Something broke on our side. What was done so far stays; you can try again.';
  await Task.updateOne({ _id, lease, state: { $ne: 'cancelled' } }, { $set: { state: 'failed', failure } });
  await putBack(_id, lease);
}
