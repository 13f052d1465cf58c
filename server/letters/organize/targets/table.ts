import { z } from 'zod';
import { letterLimits } from '../../../../config/limits.ts';
import { readSmallSheet, rowsSent, type SmallSheet, type TypedRow } from '../../../imports/small-sheet.ts';
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

type Typed = TypedRow<Field>;
export type Row = Typed & { target?: TargetForm; problem?: string };
export type Sheet = SmallSheet<Row>;

/** Reads a file of targets that was just sent, and deletes it. */
export async function readSheet(petition: Petition, sent: string): Promise<Sheet> {
  const sheet = await readSmallSheet(sent, {
    ...{ names: usualNames, needed: ['name', 'address'], most: letterLimits.targets },
  });
  return sheet.outcome === 'read' ? { ...sheet, rows: await judge(petition, sheet.rows) } : sheet;
}

/** What each row holds, or why it is left out: not readable, twice in the file, or on the list already. */
async function judge(petition: Petition, rows: readonly Typed[]): Promise<Row[]> {
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

/** The rows of a preview, judged again, because lists change. Undefined for anything else. */
export async function readRows(petition: Petition, sent: string | undefined): Promise<Row[] | undefined> {
  const rows = rowsSent(kept, sent);
  return rows && judge(petition, rows);
}

export const rowsToSend = (rows: readonly Row[]): string =>
  JSON.stringify(rows.filter(({ target }) => target).map(({ row, typed }) => ({ row, typed })));
