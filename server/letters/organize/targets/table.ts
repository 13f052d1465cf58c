import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { letterLimits } from '../../../../config/limits.ts';
import { NotText, rewriteAsUtf8 } from '../../../imports/encoding.ts';
import { BrokenCsv, type CsvRecord, findDelimiter, isBlank, readRecords } from '../../../imports/records.ts';
import type { Petition } from '../../../petitions/petition.ts';
import { Target } from '../../target.ts';
import { readTarget, type TargetForm } from '../form.ts';

const fields = ['name', 'title', 'address', 'language', 'salutation'] as const;
type Field = (typeof fields)[number];

/** How columns are called in sheets people have, in small letters without accents. */
const usualNames: Readonly<Record<Field, RegExp>> = {
  name: /^(full )?name$|^nom( complet)?$/,
  title: /^title$|^titre$|^office$|^fonction$|^role$/,
  address: /^address$|^e.?mail|^courriel|^adresse/,
  language: /^lang/,
  salutation: /^salutation$|^greeting$|^appel$|^formule/,
};

export type Row = { row: number; typed: Record<string, string>; target?: TargetForm; problem?: string };
export type Sheet =
  | { outcome: 'read'; rows: Row[] }
  | { outcome: 'refused'; problem: 'empty' | 'noColumns' | 'notText' | 'broken' | 'tooMany'; row?: number };

/** Reads a file of targets that was just sent, and deletes it. */
export async function readSheet(petition: Petition, sent: string): Promise<Sheet> {
  const path = `${sent}.utf8`;
  try {
    const { bytes } = await rewriteAsUtf8(sent, path);
    if (bytes === 0 || (await readFile(path, 'utf8')).trim() === '')
      return { outcome: 'refused', problem: 'empty' };
    const limit = letterLimits.targets + 2;
    const records = await readRecords(path, await findDelimiter(path), { limit });
    return rowsOf(petition, records);
  } catch (error) {
    if (error instanceof NotText) return { outcome: 'refused', problem: 'notText' };
    if (error instanceof BrokenCsv) return { outcome: 'refused', problem: 'broken', row: error.row };
    throw error;
  } finally {
    await Promise.all([rm(sent, { force: true }), rm(path, { force: true })]);
  }
}

async function rowsOf(petition: Petition, [header, ...records]: CsvRecord[]): Promise<Sheet> {
  const columns = columnsOf(header?.cells ?? []);
  if (columns.name === undefined || columns.address === undefined)
    return { outcome: 'refused', problem: 'noColumns' };
  const filled = records.filter((record) => !isBlank(record));
  if (filled.length === 0) return { outcome: 'refused', problem: 'empty' };
  if (records.length > letterLimits.targets) return { outcome: 'refused', problem: 'tooMany' };
  const typed = filled.map(({ cells, row }) => ({ row, typed: typedOf(cells, columns) }));
  return { outcome: 'read', rows: await judge(petition, typed) };
}

function columnsOf(header: readonly string[]): Partial<Record<Field, number>> {
  const names = header.map((name) => name.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().trim());
  const found = fields.map(
    (field) => [field, names.findIndex((name) => usualNames[field].test(name))] as const,
  );
  return Object.fromEntries(found.filter(([, index]) => index >= 0));
}

const typedOf = (cells: readonly string[], columns: Partial<Record<Field, number>>) =>
  Object.fromEntries(Object.entries(columns).map(([field, index]) => [field, (cells[index] ?? '').trim()]));

/** What each row holds, or why it is left out: not readable, twice in the file, or on the list already. */
async function judge(petition: Petition, rows: readonly Pick<Row, 'row' | 'typed'>[]): Promise<Row[]> {
  const listed = await Target.find({ petition: petition._id, isListed: true }, { mailbox: 1 }).lean();
  const there = new Set(listed.map(({ mailbox }) => mailbox));
  const seen = new Map<string, number>();
  return rows.map(({ row, typed }) => {
    const read = readTarget(petition, typed);
    if (read.outcome === 'refused') return { row, typed, problem: Object.values(read.problems).join(' ') };
    const { target } = read;
    const before = seen.get(target.mailbox);
    seen.set(target.mailbox, before ?? row);
    if (before) return { row, typed, problem: `The same address as in row ${before}.` };
    if (there.has(target.mailbox)) return { row, typed, problem: 'This address is on the list already.' };
    return { row, typed, target };
  });
}

const cell = z.string().max(1_000);
const kept = z
  .array(z.object({ row: z.number().int(), typed: z.partialRecord(z.enum(fields), cell) }))
  .max(letterLimits.targets);

/** The rows of a preview as its form sends them back; judged again, because lists change. Undefined for anything else. */
export async function readRows(petition: Petition, sent: string | undefined): Promise<Row[] | undefined> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(sent ?? '');
  } catch {
    return undefined;
  }
  const rows = kept.safeParse(parsed);
  return rows.success ? judge(petition, rows.data as Pick<Row, 'row' | 'typed'>[]) : undefined;
}

export const rowsToSend = (rows: readonly Row[]): string =>
  JSON.stringify(rows.filter(({ target }) => target).map(({ row, typed }) => ({ row, typed })));
