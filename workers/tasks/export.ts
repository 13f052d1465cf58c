import { Export } from '../../server/exports/export.ts';
import { FileIsGone } from '../../server/exports/file.ts';
import type { PackCursor } from '../../server/exports/pack/step.ts';
import { exportStep } from '../../server/exports/step.ts';
import { ZipTooLarge } from '../../server/exports/zip.ts';
import { formatNumber } from '../../server/locales.ts';
import { organizePath } from '../../server/organize/petition-page.ts';
import { Petition } from '../../server/petitions/petition.ts';
import type { Step, Task } from '../../server/tasks/task.ts';
import { TaskFailure, type TaskTools } from '../task.ts';

/** Writes signatures into a file that can be downloaded for a day: a table, or a delivery pack to print. */
export async function exportSignatures(tools: TaskTools, task: Task): Promise<Step> {
  const { exportId } = task.input as { exportId: string };
  const petition = await Petition.findById(task.petition).lean<Petition>();
  const made = await Export.findById(exportId).lean<Export>();
  if (!petition || !made || made.deletedAt)
    throw new TaskFailure('The file was deleted. Make the export again.');
  try {
    const step = await exportStep(tools, petition, made, task);
    const summary = summaryOf(made, task.done + step.done, step);
    const page = organizePath(petition, `exports/${exportId}`);
    const parts = made.kind === 'pdf' ? (step.cursor as PackCursor).parts.length : 1;
    const downloadUrl = parts > 1 ? page : `${page}/files/1`;
    return { ...step, result: { summary, ...(step.finished && { downloadUrl }) } };
  } catch (error) {
    if (error instanceof FileIsGone) throw new TaskFailure('The file was deleted. Make the export again.');
    if (error instanceof ZipTooLarge)
      throw new TaskFailure(
        'The workbook would be larger than spreadsheet programs open. Export as CSV instead.',
      );
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
      throw new TaskFailure(
        'The disk of the server is full. Once there is space again, it goes on where it was.',
      );
    throw error;
  }
}

function summaryOf({ kind }: Export, rows: number, { cursor }: Step): string {
  if (kind !== 'pdf') return `${formatNumber('en', rows)} rows written.`;
  const { unprintable } = cursor as PackCursor;
  const unsaid =
    unprintable > 0 &&
    ` In ${formatNumber('en', unprintable)} of them are letters that no font on the server has; they stand as �. Installing fonts there (Debian: fonts-noto) and making the pack again shows them.`;
  return `${formatNumber('en', rows)} names written.${unsaid || ''}`;
}
