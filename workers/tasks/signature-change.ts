import { formatNumber } from '../../server/locales.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { type ChangeInput, changeBatch } from '../../server/signatures/organize/change.ts';
import { changePath } from '../../server/signatures/organize/page.ts';
import { changeWords } from '../../server/signatures/organize/words.ts';
import type { Step, Task } from '../../server/tasks/task.ts';
import { TaskFailure, type TaskTools } from '../task.ts';

/** Withdraws, invalidates, restores, releases or mails signatures again, and takes such a change back. */
export async function changeSignatures(tools: TaskTools, task: Task): Promise<Step> {
  const petition = await Petition.findById(task.petition).lean<Petition>();
  if (!petition) throw new TaskFailure('The petition is gone.');
  const input = task.input as ChangeInput;
  const step = await changeBatch(tools, petition, task, input);
  const changed = task.done + step.done;
  const summary = `${formatNumber('en', changed)} ${changed === 1 ? 'signature' : 'signatures'} ${changeWords[input.what].did}.`;
  const undoUrl = `${changePath(petition, task._id)}/undo`;
  return { ...step, result: { summary, ...(input.what !== 'resend' && { undoUrl }) } };
}
