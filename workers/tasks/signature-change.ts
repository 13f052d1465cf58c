import { Petition } from '../../server/petitions/petition.ts';
import { type ChangeInput, changeBatch } from '../../server/signatures/organize/change.ts';
import type { Step, Task } from '../../server/tasks/task.ts';
import { TaskFailure, type TaskTools } from '../task.ts';

/** Withdraws, invalidates, restores, releases or mails signatures again, and takes such a change back. */
export async function changeSignatures(tools: TaskTools, task: Task): Promise<Step> {
  const petition = await Petition.findById(task.petition).lean<Petition>();
  if (!petition) throw new TaskFailure('The petition is gone.');
  const { done, ...step } = await changeBatch(tools, petition, task, task.input as ChangeInput);
  return { ...step, done, result: { ...task.result, changed: task.done + done } };
}
