import type { Types } from 'mongoose';
import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { type Selection, whichSignatures } from '../signatures/organize/filter.ts';
import type { Step, Task } from '../tasks/task.ts';
import { inBatches, indexInOrder } from './batches.ts';
import { byteOrderMark, csvOf } from './csv.ts';
import { type Export, markReady, partPath } from './export.ts';
import { writeAt } from './file.ts';
import { tableOf } from './table.ts';
import { addRows, endWorkbook, newWorkbook, type Workbook } from './xlsx.ts';

/** How long a step goes on taking batches, in milliseconds. */
const stepTime = 2_000;

type Cursor = { after: Types.ObjectId | null; offset: number; workbook: Workbook | null };
type Progress = Omit<Cursor, 'offset'> & { done: number; finished: boolean };

/**
 * The next part of a CSV or XLSX export, appended where the last step ended. The file and the cursor only ever agree:
 * what a step wrote that was not written down is cut off by the next.
 */
export async function tableStep(
  platform: Pick<Platform, 'env' | 'vault'>,
  petition: Petition,
  made: Export,
  task: Pick<Task, 'cursor'>,
  now = new Date(),
  time = stepTime,
): Promise<Step> {
  const begin: Cursor = { after: null, offset: 0, workbook: made.kind === 'xlsx' ? newWorkbook : null };
  const from = (task.cursor as Cursor | null) ?? begin;
  const progress: Progress = { after: from.after, workbook: from.workbook, done: 0, finished: false };
  const path = await partPath(platform.env, made);
  const offset = await writeAt(
    path,
    from.offset,
    pieces(platform, petition, made, progress, { isFirst: from.offset === 0, until: Date.now() + time }),
  );
  const { done, finished, after, workbook } = progress;
  if (finished) await markReady(made, [{ bytes: offset }], now);
  return { done, finished, cursor: { after, offset, workbook } satisfies Cursor };
}

/** What a step writes, batch by batch; `progress` says after each how far it is. */
async function* pieces(
  platform: Pick<Platform, 'vault'>,
  petition: Petition,
  made: Export,
  progress: Progress,
  { isFirst, until }: { isFirst: boolean; until: number },
): AsyncGenerator<Buffer> {
  const { titles, reads, row } = tableOf(platform, petition, made.columns);
  const selection = made.which as Selection;
  const which = (after?: Types.ObjectId) => whichSignatures(petition, selection, { after });
  const read = { fields: reads, index: indexInOrder(selection), after: progress.after ?? undefined };
  if (isFirst) yield add(progress, titles, [], true);
  for await (const batch of inBatches(which, read)) {
    yield add(progress, titles, batch.map(row));
    progress.after = batch.at(-1)?._id ?? progress.after;
    progress.done += batch.length;
    if (Date.now() >= until) return;
  }
  progress.finished = true;
  if (progress.workbook) yield endWorkbook(progress.workbook);
}

/** Rows as the file has them. */
function add(progress: Progress, titles: string[], rows: string[][], isFirst = false): Buffer {
  if (!progress.workbook) return Buffer.from(isFirst ? byteOrderMark + csvOf([titles]) : csvOf(rows));
  const { workbook, bytes } = addRows(progress.workbook, titles, rows);
  progress.workbook = workbook;
  return bytes;
}
