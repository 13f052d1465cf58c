import { Types } from 'mongoose';
import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { knownRegion } from '../signatures/sign.ts';
import { placeOf, type SealedField, Signature } from '../signatures/signature.ts';
import { domainOf } from '../signers/address.ts';
import type { Task } from '../tasks/task.ts';
import type { Person } from './row.ts';

export type RowOf = { row: number; person: Person };
/** What became of each row. */
export type Inserted = { row: number; outcome: 'imported' | 'onPetition' | 'inFile' }[];

/**
 * Stores people who signed on paper, each once: the unique index is the duplicate rule, as for everybody who signs.
 * May run twice: a row that this task stored before is `imported` again, and stored once.
 */
export async function insertSignatures(
  { vault }: Pick<Platform, 'vault'>,
  petition: Petition,
  task: Pick<Task, '_id' | 'organizer'>,
  rows: readonly RowOf[],
  now: Date,
): Promise<Inserted> {
  const documents = rows.map((row) => signatureOf({ vault }, petition, task, row, now));
  const refused = await insertMany(documents);
  const keys = refused.map((index) => documents[index]?.emailKey ?? '');
  const there = await Signature.find(
    { petition: petition._id, emailKey: { $in: keys } },
    { emailKey: 1, importedIn: 1, importedRow: 1 },
  ).lean<Signature[]>();
  const byKey = new Map(there.map((signature) => [signature.emailKey, signature]));
  const isRefused = new Set(refused);
  return rows.map(({ row }, index) => {
    const existing = isRefused.has(index) ? byKey.get(documents[index]?.emailKey ?? '') : undefined;
    if (!isRefused.has(index)) return { row, outcome: 'imported' };
    const isOurs = existing?.importedIn?.equals(task._id) ?? false;
    if (!isOurs) return { row, outcome: 'onPetition' };
    return { row, outcome: existing?.importedRow === row ? 'imported' : 'inFile' };
  });
}

/** The places in the list of those that were there already. */
async function insertMany(documents: object[]): Promise<number[]> {
  if (documents.length === 0) return [];
  try {
    await Signature.insertMany(documents, { ordered: false, lean: true });
    return [];
  } catch (error) {
    const { writeErrors } = error as { writeErrors?: { code: number; index: number }[] };
    if (!writeErrors?.length || writeErrors.some(({ code }) => code !== 11000)) throw error;
    return writeErrors.map(({ index }) => index);
  }
}

function signatureOf(
  { vault }: Pick<Platform, 'vault'>,
  petition: Petition,
  { _id: task, organizer }: Pick<Task, '_id' | 'organizer'>,
  { row, person }: RowOf,
  now: Date,
) {
  const { name, email, country, postalCode, comment, signedAt = now } = person;
  const emailKey = email ? vault.emailKey(email.canonical) : vault.paperKey(name, postalCode);
  const mailbox = { petition: petition._id, emailKey };
  const seal = (field: SealedField, text: string | undefined) =>
    text ? vault.seal(text, placeOf(mailbox, field)) : undefined;
  const region = knownRegion(country, person.region);
  const happening = { at: now, from: null, to: 'confirmed', by: 'organizer', organizer, task };
  return {
    ...{ _id: new Types.ObjectId(), ...mailbox, state: 'confirmed', language: petition.language },
    sealed: {
      email: seal('email', email?.address),
      name: seal('name', name),
      postalCode: seal('postalCode', postalCode),
      region: region ? undefined : seal('region', person.region),
      comment: seal('comment', comment),
    },
    nameKey: vault.nameKey(name),
    ...(email && { domainKey: vault.domainKey(domainOf(email.canonical)) }),
    ...{ country, region, source: 'paper', hasComment: comment !== '', showName: false, updates: false },
    consent: [{ to: 'signing', wording: 'Signed on paper.', version: 'paper', at: signedAt, page: 'paper' }],
    ...{ createdAt: signedAt, confirmedAt: signedAt, importedIn: task, importedRow: row },
    ...{ history: [happening], counted: null, countedIn: 0, recount: true, mail: { n: 0 } },
  };
}
