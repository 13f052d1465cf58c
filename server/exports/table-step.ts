import type { Types } from 'mongoose';
import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { type Selection, whichSignatures } from '../signatures/organize/filter.ts';
import { Signature } from '../signatures/signature.ts';
import type { Step, Task } from '../tasks/task.ts';
import { tableOf } from './columns.ts';
import { byteOrderMark, csvOf } from './csv.ts';
import { type Export, markReady, partPath } from './export.ts';
import { writeAt } from './file.ts';
import { addRows, endWorkbook, newWorkbook, type Workbook } from './xlsx.ts';

/** Signatures in memory at once. */
const batchSize = 500;
/** How long a step goes on taking batches, in milliseconds. */
const stepTime = 2_000;

type Cursor = { after: Types.ObjectId | null; offset: number; workbook: Workbook | null };

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
): Promise<Step> {
  const begin: Cursor = { after: null, offset: 0, workbook: made.kind === 'xlsx' ? newWorkbook : null };
  const from = (task.cursor as Cursor | null) ?? begin;
  const progress = { after: from.after, workbook: from.workbook, done: 0, finished: false };
  const path = await partPath(platform.env, made);
  const offset = await writeAt(
    path,
    from.offset,
    pieces(platform, petition, made, from.offset === 0, progress),
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
  isFirst: boolean,
  progress: { after: Types.ObjectId | null; workbook: Workbook | null; done: number; finished: boolean },
): AsyncGenerator<Buffer> {
  const { titles, row } = tableOf(platform, petition, made.columns);
  if (isFirst && !progress.workbook) yield Buffer.from(byteOrderMark + csvOf([titles]));
  for (const until = Date.now() + stepTime; Date.now() < until && !progress.finished; ) {
    const batch = await nextBatch(petition, made, progress.after);
    const rows = batch.map(row);
    if (progress.workbook) {
      const { workbook, bytes } = addRows(progress.workbook, titles, rows);
      progress.workbook = workbook;
      yield bytes;
    } else yield Buffer.from(csvOf(rows));
    progress.after = batch.at(-1)?._id ?? progress.after;
    progress.done += batch.length;
    progress.finished = batch.length < batchSize;
  }
  if (progress.finished && progress.workbook) yield endWorkbook(progress.workbook);
}

const nextBatch = (
  petition: Petition,
  { which }: Export,
  after: Types.ObjectId | null,
): Promise<Signature[]> =>
  Signature.find(whichSignatures(petition, which as Selection, { after: after ?? undefined }))
    .sort({ _id: 1 })
    .limit(batchSize)
    .lean<Signature[]>();
