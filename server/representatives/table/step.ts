import { representativeLimits } from '../../../config/limits.ts';
import { importPath } from '../../imports/import.ts';
import { type CsvRecord, isBlank, readRecords } from '../../imports/records.ts';
import { formatNumber } from '../../locales.ts';
import type { Platform } from '../../platform.ts';
import type { Step, Task } from '../../tasks/task.ts';
import { keyOf, Representative, stored, type Told } from '../representative.ts';
import type { Columns } from './columns.ts';
import { deleteTableFile } from './keep.ts';
import { readRow } from './row.ts';
import { RepresentativeArea, RepresentativeTable } from './table.ts';

export type Problem = { row: number; problem: string };
type Report = { refused: number; problems: Problem[] };
type Cursor = { offset: number; row: number };
type Row = { row: number; prefix: string; told: Told; key: ReturnType<typeof keyOf> };

/** The file has more rows than a table can have. */
export class TooManyRows extends Error {
  override name = 'TooManyRows';
}

/**
 * The next step of reading a table. All of it is stored beside the one that is used, so that it can be looked at before
 * it takes that one's place. May run twice: a row is there once. Throws `BrokenCsv`, `TooManyRows`, and ENOENT where the
 * file is gone.
 */
export async function tableStep(
  { env }: Pick<Platform, 'env'>,
  table: RepresentativeTable,
  task: Task,
  now = new Date(),
): Promise<Step> {
  const path = importPath(env, table);
  const { offset, row } = (task.cursor as Cursor | null) ?? (await afterHeader(path, table));
  if (row > representativeLimits.rows) throw new TooManyRows();
  const limit = representativeLimits.rowsAtOnce;
  const records = await readRecords(path, table.delimiter, { offset, row, limit });
  const filled = records.filter((record) => !isBlank(record));
  const report = await storeRows(table, filled, (task.result as { report?: Report }).report);
  const cursor: Cursor = { offset: records.at(-1)?.end ?? offset, row: row + records.length };
  const finished = records.length < limit;
  if (!finished) return { done: filled.length, cursor, finished, result: { report } };
  const { people, areas } = await finishTable(table, report, now);
  await deleteTableFile(env, table);
  const summary = inWords(people, areas, report.refused);
  const nextUrl = `/organize/representatives/${table._id.toHexString()}`;
  return { done: filled.length, cursor, finished, result: { report, summary, nextUrl } };
}

function inWords(people: number, areas: number, refused: number): string {
  const say = (n: number, one: string, more: string) => `${formatNumber('en', n)} ${n === 1 ? one : more}`;
  const left = refused > 0 ? `; ${say(refused, 'row was', 'rows were')} left out` : '';
  return `${say(people, 'person', 'people')} for ${say(areas, 'postal code', 'postal codes')} were read${left}. Nothing is used yet.`;
}

async function afterHeader(path: string, { delimiter }: RepresentativeTable): Promise<Cursor> {
  const [header] = await readRecords(path, delimiter, { limit: 1 });
  return { offset: header?.end ?? 0, row: 2 };
}

async function finishTable({ _id }: RepresentativeTable, { refused }: Report, now: Date) {
  const source = _id.toHexString();
  const people = await Representative.countDocuments({ source });
  const areas = await RepresentativeArea.countDocuments({ table: source });
  await RepresentativeTable.updateOne({ _id }, { $set: { readAt: now, people, areas, refused } });
  return { people, areas };
}

async function storeRows(
  table: RepresentativeTable,
  records: CsvRecord[],
  before: Report = { refused: 0, problems: [] },
): Promise<Report> {
  const source = table._id.toHexString();
  const read = records.map((record) => ({
    row: record.row,
    ...readRow(record, table.columns as Columns, table.width),
  }));
  const problems: Problem[] = read.flatMap((found) =>
    found.outcome === 'refused' ? [{ row: found.row, problem: found.problem }] : [],
  );
  const rows = read.flatMap((found) =>
    found.outcome === 'read' ? [{ ...found, key: keyOf('table', found.told) }] : [],
  );
  const { agreed, contradicting } = await storePeople(source, rows);
  await insertNew(RepresentativeArea, agreed.map(areaOf(source)));
  const all = [...problems, ...contradicting].sort((a, b) => a.row - b.row);
  return {
    refused: before.refused + all.length,
    problems: [...before.problems, ...all].slice(0, representativeLimits.problems),
  };
}

const areaOf =
  (table: string) =>
  ({ prefix, key, told: { office, district } }: Row) => ({
    _id: `${table}:${prefix}:${key.toHexString()}`,
    ...{ table, prefix, key, office, district },
  });

/** Stores whoever is new. A row that says something else of a person than an earlier one is not believed. */
async function storePeople(source: string, rows: Row[]) {
  const people = new Map(
    rows.toReversed().map(({ key, told }) => [key.toHexString(), stored(source, key, told)]),
  );
  await insertNew(Representative, [...people.values()]);
  const ids = [...people.values()].map(({ _id }) => _id);
  const there = await Representative.find({ _id: { $in: ids } }).lean<Representative[]>();
  const byKey = new Map(there.map((person) => [person.key.toHexString(), person]));
  const isSame = ({ key, told }: Row) => {
    const person = byKey.get(key.toHexString());
    return (['email', 'title', 'language', 'party'] as const).every(
      (field) => (person?.[field] ?? '') === (told[field] ?? ''),
    );
  };
  return {
    agreed: rows.filter(isSame),
    contradicting: rows
      .filter((row) => !isSame(row))
      .map(({ row }) => ({ row, problem: 'Says something else of this person than an earlier row.' })),
  };
}

/** Inserts those that are not there yet. */
async function insertNew(model: typeof Representative | typeof RepresentativeArea, documents: object[]) {
  const { collection } = model as unknown as { collection: Collection };
  if (documents.length === 0) return;
  try {
    await collection.insertMany(documents as never[], { ordered: false, ignoreUndefined: true });
  } catch (error) {
    const { writeErrors } = error as { writeErrors?: { code: number } | { code: number }[] };
    const errors = [writeErrors ?? []].flat();
    if (errors.length === 0 || errors.some(({ code }) => code !== 11000)) throw error;
  }
}
type Collection = { insertMany(documents: never[], options: object): Promise<unknown> };
