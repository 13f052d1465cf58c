import { readFile, rm } from 'node:fs/promises';
import type { z } from 'zod';
import { NotText, rewriteAsUtf8 } from './encoding.ts';
import { BrokenCsv, type CsvRecord, findDelimiter, isBlank, readRecords } from './records.ts';

type Refused = {
  outcome: 'refused';
  problem: 'empty' | 'noColumns' | 'notText' | 'broken' | 'tooMany';
  row?: number;
};
export type SmallSheet<Row> = { outcome: 'read'; rows: Row[] } | Refused;
/** A row as the file or the preview's form has it: what stands in each column that is known. */
export type TypedRow<Field extends string> = { row: number; typed: Partial<Record<Field, string>> };

/** How the columns of a sheet are called, in small letters without accents, and which it cannot do without. */
type Columns<Field extends string> = {
  names: Readonly<Record<Field, RegExp>>;
  needed: readonly Field[];
  /** How many rows it may have. */
  most: number;
};

/** Small letters without accents, as names of columns are compared. */
export const folded = (text: string): string =>
  text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().trim();

/** Reads a sheet that was just sent and is small enough to be shown whole, and deletes the file. */
export async function readSmallSheet<Field extends string>(
  sent: string,
  columns: Columns<Field>,
): Promise<SmallSheet<TypedRow<Field>>> {
  const path = `${sent}.utf8`;
  try {
    await rewriteAsUtf8(sent, path);
    if ((await readFile(path, 'utf8')).trim() === '') return { outcome: 'refused', problem: 'empty' };
    const limit = columns.most + 2;
    return rowsOf(await readRecords(path, await findDelimiter(path), { limit }), columns);
  } catch (error) {
    if (error instanceof NotText) return { outcome: 'refused', problem: 'notText' };
    if (error instanceof BrokenCsv) return { outcome: 'refused', problem: 'broken', row: error.row };
    throw error;
  } finally {
    await Promise.all([rm(sent, { force: true }), rm(path, { force: true })]);
  }
}

function rowsOf<Field extends string>(
  [header, ...records]: CsvRecord[],
  { names, needed, most }: Columns<Field>,
): SmallSheet<TypedRow<Field>> {
  const titles = (header?.cells ?? []).map(folded);
  const fields = Object.keys(names) as Field[];
  const places = fields
    .map((field) => ({ field, at: titles.findIndex((title) => names[field].test(title)) }))
    .filter(({ at }) => at >= 0);
  if (!needed.every((field) => places.some((place) => place.field === field)))
    return { outcome: 'refused', problem: 'noColumns' };
  const filled = records.filter((record) => !isBlank(record));
  if (filled.length === 0) return { outcome: 'refused', problem: 'empty' };
  // One more than there may be was read: what came after it was not looked at.
  if (records.length > most) return { outcome: 'refused', problem: 'tooMany' };
  const rows = filled.map(({ cells, row }) => ({
    row,
    typed: Object.fromEntries(places.map(({ field, at }) => [field, (cells[at] ?? '').trim()])) as Partial<
      Record<Field, string>
    >,
  }));
  return { outcome: 'read', rows };
}

/** The rows of a preview as its form sends them back; undefined for anything else. */
export function rowsSent<Rows>(schema: z.ZodType<Rows>, sent: string | undefined): Rows | undefined {
  try {
    return schema.safeParse(JSON.parse(sent ?? '')).data;
  } catch {
    return undefined;
  }
}
