import { formatNumber } from '../locales.ts';
import { organizePath } from '../organize/petition-page.ts';
import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import type { Step, Task } from '../tasks/task.ts';
import { deleteImportFile, type Import, importPath } from './import.ts';
import { type Inserted, insertSignatures } from './insert.ts';
import type { Mapping } from './mapping.ts';
import { type CsvRecord, isBlank, readRecords } from './records.ts';
import { readRow } from './row.ts';

/** Rows checked, and rows stored, in one step. */
const checkedAtOnce = 20_000;
const storedAtOnce = 500;
/** Row numbers kept for the report; beyond them only how many there are. */
const rowsReported = 1_000;

export type Report = {
  imported: number;
  onPetition: number;
  inFile: number;
  refused: number;
  /** Row numbers and what is wrong; nothing that a row says. */
  rows: { row: number; problem: string }[];
};
type Cursor = {
  phase: 'check' | 'store' | 'delete';
  offset: number;
  row: number;
  columns: number;
  rows: number;
};

export type ImportInput = { importId: string; mapping: Mapping };

/**
 * The next step of reading a file in. First the whole file is looked through, so that one that cannot be read to its
 * end stores nobody; then its rows are stored. Throws `BrokenCsv`, and ENOENT where the file is gone.
 */
export async function importStep(
  platform: Pick<Platform, 'env' | 'vault' | 'queues'>,
  petition: Petition,
  given: Import,
  task: Task,
  now = new Date(),
): Promise<Step> {
  const { mapping } = task.input as ImportInput;
  const path = importPath(platform.env, given);
  const cursor = (task.cursor as Cursor | null) ?? (await begin(path, given));
  const { phase, offset, row, columns } = cursor;
  if (phase === 'delete') {
    await deleteImportFile(platform.env, given);
    return { done: 0, cursor, finished: true };
  }
  const limit = phase === 'check' ? checkedAtOnce : storedAtOnce;
  const records = await readRecords(path, given.delimiter, { offset, row, limit });
  const filled = records.filter((record) => !isBlank(record));
  const isLast = records.length < limit;
  const next = { ...cursor, offset: records.at(-1)?.end ?? offset, row: row + records.length };

  if (phase === 'check') {
    const rows = cursor.rows + filled.length;
    if (!isLast) return { done: 0, cursor: { ...next, rows }, finished: false };
    return {
      done: 0,
      cursor: { ...(await begin(path, given)), phase: 'store', rows },
      finished: false,
      total: rows,
    };
  }
  const report = await storeRows(platform, petition, task, { records: filled, mapping, columns }, now);
  const then = isLast ? { ...next, phase: 'delete' } : next;
  return { done: filled.length, cursor: then, finished: false, result: resultOf(report, petition, given) };
}

/** After the row with the names of the columns. */
async function begin(path: string, { delimiter }: Import): Promise<Cursor> {
  const [header] = await readRecords(path, delimiter, { limit: 1 });
  return { phase: 'check', offset: header?.end ?? 0, row: 2, columns: header?.cells.length ?? 0, rows: 0 };
}

async function storeRows(
  platform: Pick<Platform, 'vault' | 'queues'>,
  petition: Petition,
  task: Task,
  { records, mapping, columns }: { records: CsvRecord[]; mapping: Mapping; columns: number },
  now: Date,
): Promise<Report> {
  const read = records.map((record) => ({ row: record.row, ...readRow(record, mapping, columns, now) }));
  const people = read.flatMap((found) => (found.outcome === 'read' ? [found] : []));
  const stored = await insertSignatures(platform, petition, task, people, now);
  platform.queues.enqueue('tally', { petitionId: petition._id.toHexString() });
  const problems = [
    ...read.flatMap(({ row, ...found }) =>
      found.outcome === 'refused' ? [{ row, problem: found.problem }] : [],
    ),
    ...stored.flatMap(({ row, outcome }) =>
      outcome === 'imported' ? [] : [{ row, problem: duplicate[outcome] }],
    ),
  ].sort((a, b) => a.row - b.row);
  const before = (task.result as { report?: Report }).report;
  const count = (wanted: Inserted[number]['outcome']) =>
    stored.filter(({ outcome }) => outcome === wanted).length + (before?.[wanted] ?? 0);
  return {
    ...{ imported: count('imported'), onPetition: count('onPetition'), inFile: count('inFile') },
    refused: read.length - people.length + (before?.refused ?? 0),
    rows: [...(before?.rows ?? []), ...problems].slice(0, rowsReported),
  };
}

const duplicate = {
  onPetition: 'Signed this petition already.',
  inFile: 'Is in the file twice; the first row was taken.',
};

function resultOf(report: Report, petition: Petition, given: Import) {
  const { imported, onPetition, inFile, refused } = report;
  const say = (n: number, words: string) => (n > 0 ? [`${formatNumber('en', n)} ${words}`] : []);
  const left = [
    ...say(onPetition, 'had signed already'),
    ...say(inFile, inFile === 1 ? 'was in the file twice' : 'were in the file twice'),
    ...say(refused, 'could not be read'),
  ];
  const page = organizePath(petition, `imports/${given._id.toHexString()}`);
  return {
    report,
    ...(imported > 0 && { undoUrl: `${page}/undo` }),
    summary: `${formatNumber('en', imported)} ${imported === 1 ? 'signature' : 'signatures'} imported${left.length > 0 ? `; ${left.join(', ')}. The list to download says which rows.` : '.'}`,
    ...(report.rows.length > 0 && {
      downloadUrl: `${page}/report.csv`,
    }),
  };
}
