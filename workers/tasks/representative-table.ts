import { representativeLimits } from '../../config/limits.ts';
import { BrokenCsv } from '../../server/imports/records.ts';
import { formatNumber } from '../../server/locales.ts';
import type { TableInput } from '../../server/representatives/table/receive.ts';
import { TooManyRows, tableStep } from '../../server/representatives/table/step.ts';
import { RepresentativeTable } from '../../server/representatives/table/table.ts';
import type { Step, Task } from '../../server/tasks/task.ts';
import { TaskFailure, type TaskTools } from '../task.ts';

/** Reads a table of representatives that an organizer sent, beside the one that is used, and deletes the file. */
export async function readRepresentativeTable(tools: TaskTools, task: Task): Promise<Step> {
  const table = await RepresentativeTable.findById(
    (task.input as TableInput).table,
  ).lean<RepresentativeTable>();
  if (!table) throw new TaskFailure('The file was deleted, as every file is after a day. Send it again.');
  try {
    return await tableStep(tools, table, task);
  } catch (error) {
    if (error instanceof BrokenCsv)
      throw new TaskFailure(
        `Row ${error.row} cannot be read: a quotation mark opens there and never closes. Put it right in the file and send it again. Nothing was replaced.`,
      );
    if (error instanceof TooManyRows)
      throw new TaskFailure(
        `A table can have ${formatNumber('en', representativeLimits.rows)} rows. Use what postal codes begin with in place of whole ones, and send it again. Nothing was replaced.`,
      );
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new TaskFailure('The file was deleted, as every file is after a day. Send it again.');
    throw error;
  }
}
