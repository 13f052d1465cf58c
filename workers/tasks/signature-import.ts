import { Import } from '../../server/imports/import.ts';
import { BrokenCsv } from '../../server/imports/records.ts';
import { type ImportInput, importStep } from '../../server/imports/step.ts';
import { Petition } from '../../server/petitions/petition.ts';
import type { Step, Task } from '../../server/tasks/task.ts';
import { TaskFailure, type TaskTools } from '../task.ts';

/** Reads signatures on paper in from a file that an organizer sent, and deletes the file. */
export async function importSignatures(tools: TaskTools, task: Task): Promise<Step> {
  const petition = await Petition.findById(task.petition).lean<Petition>();
  const given = await Import.findById((task.input as ImportInput).importId).lean<Import>();
  if (!petition || !given) throw new TaskFailure('The petition or the file is gone.');
  try {
    return await importStep(tools, petition, given, task);
  } catch (error) {
    if (error instanceof BrokenCsv) {
      throw new TaskFailure(
        `Row ${error.row} cannot be read: a quotation mark opens there and never closes. Nobody was imported. Put it right in the file and send it again.`,
      );
    }
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new TaskFailure(
        'The file was deleted, as every file is after a day. Send it again; nobody is counted twice.',
      );
    throw error;
  }
}
