import { Types } from 'mongoose';
import { z } from 'zod';
import { mailWork, newsletterLimits } from '../../../../config/limits.ts';
import { record } from '../../../audit/entry.ts';
import {
  folded,
  readSmallSheet,
  rowsSent,
  type SmallSheet,
  type TypedRow,
} from '../../../imports/small-sheet.ts';
import { type Language, languages } from '../../../petitions/petition.ts';
import type { Platform } from '../../../platform.ts';
import { plainName } from '../../../signatures/form.ts';
import { type Address, parseAddress } from '../../../signers/address.ts';
import { Suppression } from '../../../signers/suppression.ts';
import { placeOf, Subscriber } from '../../subscriber.ts';

const fields = ['email', 'name', 'language'] as const;
type Field = (typeof fields)[number];
/** How columns are called in sheets people have, in small letters without accents. */
const usualNames: Readonly<Record<Field, RegExp>> = {
  email: /^e.?mail|^courriel|^address|^adresse/,
  name: /^(full )?name$|^nom( complet)?$/,
  language: /^lang/,
};

type Invited = { address: Address; name: string; language: Language };
type Typed = TypedRow<Field>;
export type Row = Typed & { invited?: Invited; problem?: string };
type Sheet = SmallSheet<Row>;

type Vaulted = Pick<Platform, 'vault'>;

/** Reads a list that was just sent, and deletes the file. */
export async function readSheet(platform: Vaulted, sent: string): Promise<Sheet> {
  const sheet = await readSmallSheet(sent, {
    ...{ names: usualNames, needed: ['email'], most: newsletterLimits.rows },
  });
  return sheet.outcome === 'read' ? { ...sheet, rows: await judge(platform, sheet.rows) } : sheet;
}

const languageNames: Readonly<Record<string, Language>> = {
  ...{ '': 'en', en: 'en', english: 'en', anglais: 'en', fr: 'fr', french: 'fr', francais: 'fr' },
};

function readCells({ email = '', name = '', language: spoken = '' }: Typed['typed']): Invited | string {
  const address = parseAddress(email);
  if (!address) return 'The e-mail address does not look like one.';
  if (name && !plainName.safeParse(name).success)
    return 'The name is too long, or has characters or web addresses that do not belong there.';
  const language = languageNames[folded(spoken)];
  if (!language) return `The language is none of ${languages.join(', ')}.`;
  return { address, name, language };
}

/** Whom each row invites, or why nobody: not readable, twice in the file, known already, or asked for no mail. */
async function judge({ vault }: Vaulted, rows: readonly Typed[]): Promise<Row[]> {
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
  .array(z.object({ row: z.number().int(), typed: z.partialRecord(z.enum(fields), cell) }))
  .max(newsletterLimits.rows);

/** The rows of a preview, judged again, because lists change. Undefined for anything else. */
export async function readRows(platform: Vaulted, sent: string | undefined): Promise<Row[] | undefined> {
  const rows = rowsSent(kept, sent);
  return rows && judge(platform, rows);
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
