import { formatNumber } from '../../server/locales.ts';
import { changePath } from '../../server/organize/petition-page.ts';
import { Organizer } from '../../server/organizers/organizer.ts';
import { mayDo } from '../../server/organizers/roles.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { type ChangeInput, impossible } from '../../server/signatures/organize/change.ts';
import { changeBatch } from '../../server/signatures/organize/change-batch.ts';
import { changeWords } from '../../server/signatures/organize/words.ts';
import type { Step, Task } from '../../server/tasks/task.ts';
import { TaskFailure, type TaskTools } from '../task.ts';

/** Withdraws, invalidates, restores, releases or mails signatures again, and takes such a change back. */
export async function changeSignatures(tools: TaskTools, task: Task): Promise<Step> {
  const input = task.input as ChangeInput;
  const petition = await petitionToChange(task, input);
  const step = await changeBatch(tools, petition, task, input);
  const changed = task.done + step.done;
  const summary = `${formatNumber('en', changed)} ${changed === 1 ? 'signature' : 'signatures'} ${changeWords[input.what].did}.`;
  const undoUrl = `${changePath(petition, task._id)}/undo`;
  return { ...step, result: { summary, ...(input.what !== 'resend' && { undoUrl }) } };
}

/** Looked at before each step: what was right when it began may have ended since. */
async function petitionToChange(
  { petition: id, organizer: by }: Task,
  { what }: ChangeInput,
): Promise<Petition> {
  const petition = await Petition.findById(id).lean<Petition>();
  if (!petition) throw new TaskFailure('The petition is gone.');
  const problem = impossible(petition, what, new Date());
  if (problem) throw new TaskFailure(problem);
  const organizer = await Organizer.findOne({ _id: by, endedAt: null }).lean<Organizer>();
  if (!organizer || !mayDo(organizer, 'signature.change', petition))
    throw new TaskFailure(
      'Whoever began this may no longer change signatures. What was done so far stays: cancel this, then undo it or begin anew.',
    );
  return petition;
}
