import { readFile, rm } from 'node:fs/promises';
import { Types } from 'mongoose';
import { z } from 'zod';
import { mailWork, newsletterLimits } from '../../../../config/limits.ts';
import { record } from '../../../audit/entry.ts';
import { NotText, rewriteAsUtf8 } from '../../../imports/encoding.ts';
import { BrokenCsv, type CsvRecord, findDelimiter, isBlank, readRecords } from '../../../imports/records.ts';
import { type Language, languages } from '../../../petitions/petition.ts';
import type { Platform } from '../../../platform.ts';
import { plainName } from '../../../signatures/form.ts';
import { type Address, parseAddress } from '../../../signers/address.ts';
import { Suppression } from '../../../signers/suppression.ts';
import { placeOf, Subscriber } from '../../subscriber.ts';

const fields = ['email', 'name', 'language'] as const;
type Field = (typeof fields)[number];
type Cells = { email: string; name: string; language: string };

/** How columns are called in sheets people have, in small letters without accents. */
const usualNames: Readonly<Record<Field, RegExp>> = {
  email: /^e.?mail|^courriel|^address|^adresse/,
  name: /^(full )?name$|^nom( complet)?$/,
  language: /^lang/,
};

type Invited = { address: Address; name: string; language: Language };
export type Row = { row: number; typed: Cells; invited?: Invited; problem?: string };
export type Sheet =
  | { outcome: 'read'; rows: Row[] }
  | { outcome: 'refused'; problem: 'empty' | 'noColumns' | 'notText' | 'broken' | 'tooMany'; row?: number };

type Vaulted = Pick<Platform, 'vault'>;

/** Reads a list that was just sent, and deletes the file. */
export async function readSheet(platform: Vaulted, sent: string): Promise<Sheet> {
  const path = `${sent}.utf8`;
  try {
    await rewriteAsUtf8(sent, path);
    if ((await readFile(path, 'utf8')).trim() === '') return { outcome: 'refused', problem: 'empty' };
    const limit = newsletterLimits.rows + 2;
    const [header, ...records] = await readRecords(path, await findDelimiter(path), { limit });
    return rowsOf(platform, header, records);
  } catch (error) {
    if (error instanceof NotText) return { outcome: 'refused', problem: 'notText' };
    if (error instanceof BrokenCsv) return { outcome: 'refused', problem: 'broken', row: error.row };
    throw error;
  } finally {
    await Promise.all([rm(sent, { force: true }), rm(path, { force: true })]);
  }
}

async function rowsOf(
  platform: Vaulted,
  header: CsvRecord | undefined,
  records: readonly CsvRecord[],
): Promise<Sheet> {
  const names = (header?.cells ?? []).map((name) =>
    name.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().trim(),
  );
  const column = (field: Field) => names.findIndex((name) => usualNames[field].test(name));
  if (column('email') < 0) return { outcome: 'refused', problem: 'noColumns' };
  const filled = records.filter((record) => !isBlank(record));
  if (filled.length === 0) return { outcome: 'refused', problem: 'empty' };
  if (filled.length > newsletterLimits.rows) return { outcome: 'refused', problem: 'tooMany' };
  const typed = filled.map(({ cells, row }) => {
    const cell = (field: Field) => (cells[column(field)] ?? '').trim();
    return { row, typed: { email: cell('email'), name: cell('name'), language: cell('language') } };
  });
  return { outcome: 'read', rows: await judge(platform, typed) };
}

const languageNames: Readonly<Record<string, Language>> = {
  ...{ '': 'en', en: 'en', english: 'en', anglais: 'en', fr: 'fr', french: 'fr', francais: 'fr' },
};

function readCells(typed: Cells): Invited | string {
  const address = parseAddress(typed.email);
  if (!address) return 'The e-mail address does not look like one.';
  if (typed.name && !plainName.safeParse(typed.name).success)
    return 'The name is too long, or has characters or web addresses that do not belong there.';
  const language = languageNames[typed.language.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()];
  if (!language) return `The language is none of ${languages.join(', ')}.`;
  return { address, name: typed.name, language };
}

/** Whom each row invites, or why nobody: not readable, twice in the file, known already, or asked for no mail. */
async function judge({ vault }: Vaulted, rows: readonly { row: number; typed: Cells }[]): Promise<Row[]> {
  const read = rows.map(({ row, typed }) => ({ row, typed, found: readCells(typed) }));
  const keys = read.flatMap(({ found }) =>
    typeof found === 'string' ? [] : vault.emailKey(found.address.canonical),
  );
  const [known, suppressed] = await Promise.all([
    Subscriber.find({ emailKey: { $in: keys } }, { emailKey: 1 }).lean(),
    Suppression.find({ _id: { $in: keys } }, { _id: 1 }).lean(),
  ]);
  const closed = new Set([...known.map(({ emailKey }) => emailKey), ...suppressed.map(({ _id }) => _id)]);
  const seen = new Map<string, number>();
  return read.map(({ row, typed, found }) => {
    if (typeof found === 'string') return { row, typed, problem: found };
    const emailKey = vault.emailKey(found.address.canonical);
    const before = seen.get(emailKey);
    seen.set(emailKey, before ?? row);
    if (before) return { row, typed, problem: `The same mailbox as in row ${before}.` };
    if (closed.has(emailKey))
      return {
        row,
        typed,
        problem: 'Was asked before, is on the list, or wants no mail: not invited again.',
      };
    return { row, typed, invited: found };
  });
}

const cell = z.string().max(1_000);
const kept = z
  .array(z.object({ row: z.number().int(), typed: z.object({ email: cell, name: cell, language: cell }) }))
  .max(newsletterLimits.rows);

/** The rows of a preview as its form sends them back; judged again, because lists change. Undefined for anything else. */
export async function readRows(platform: Vaulted, sent: string | undefined): Promise<Row[] | undefined> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(sent ?? '');
  } catch {
    return undefined;
  }
  const rows = kept.safeParse(parsed);
  return rows.success ? judge(platform, rows.data) : undefined;
}

export const rowsToSend = (rows: readonly Row[]): string =>
  JSON.stringify(rows.filter(({ invited }) => invited).map(({ row, typed }) => ({ row, typed })));

/**
 * Asks people from a list whether they want the newsletter: none of them is on it before they have agreed themselves. A
 * sweep mails them, a few at a time. Returns how many are asked; whoever is known meanwhile is left alone.
 */
export async function inviteReaders(
  { vault }: Vaulted,
  rows: readonly Row[],
  { organizer, why }: { organizer: Types.ObjectId; why: string },
  now = new Date(),
): Promise<number> {
  const dueAt = new Date(now.getTime() - mailWork.sweepAfter * 1000);
  const invited = rows.flatMap((row) => row.invited ?? []);
  const documents = invited.map(({ address, name, language }) => {
    const emailKey = vault.emailKey(address.canonical);
    return {
      ...{ _id: new Types.ObjectId(), emailKey, language, state: 'pending', source: 'import', consent: [] },
      sealed: {
        email: vault.seal(address.address, placeOf(emailKey, 'email')),
        ...(name && { name: vault.seal(name, placeOf(emailKey, 'name')) }),
      },
      ...{ createdAt: now, mail: { kind: 'invitation', n: 1, requestedAt: now, dueAt } },
    };
  });
  const added = documents.length > 0 ? await insertNew(documents) : 0;
  const details = { invited: added, leftOut: rows.length - added };
  await record({ organizer, action: 'newsletter.invite', details, why });
  return added;
}

/** Inserts those that are not there yet. */
async function insertNew(documents: object[]): Promise<number> {
  try {
    await Subscriber.collection.insertMany(documents as never[], { ordered: false });
    return documents.length;
  } catch (error) {
    const { writeErrors } = error as { writeErrors?: { code: number } | { code: number }[] };
    const errors = [writeErrors ?? []].flat();
    if (errors.length === 0 || errors.some(({ code }) => code !== 11000)) throw error;
    return documents.length - errors.length;
  }
}
