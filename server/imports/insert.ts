import { Types } from 'mongoose';
import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { historyWith } from '../signatures/history.ts';
import { knownRegion } from '../signatures/sign.ts';
import { placeOf, type SealedField, Signature } from '../signatures/signature.ts';
import { domainOf } from '../signers/address.ts';
import type { Task } from '../tasks/task.ts';
import { whichWereTakenBack } from './result/undo.ts';
import type { Person } from './row.ts';

type RowOf = { row: number; person: Person };
/** What became of each row. */
type Outcome = 'imported' | 'onPetition' | 'inFile';
export type Inserted = { row: number; outcome: Outcome }[];
type PaperSignature = ReturnType<typeof signatureOf>;

/**
 * Stores people who signed on paper, each once: the unique index is the duplicate rule, as for everybody who signs. Who
 * is there from an import that was taken back comes back with what this file says. May run twice: a row that this task
 * stored before is `imported` again, and stored once.
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
    { emailKey: 1, importedIn: 1, importedRow: 1, state: 1, changedIn: 1 },
  ).lean<Signature[]>();
  const takenBack = await whichWereTakenBack(there);
  const byKey = new Map(there.map((signature) => [signature.emailKey, signature]));
  const outcomes = new Map<number, Outcome>();
  for (const index of refused) {
    const document = documents[index];
    const existing = document && byKey.get(document.emailKey);
    const comesBack =
      existing && takenBack.delete(existing._id.toHexString()) && (await comeBack(existing, document));
    if (comesBack) Object.assign(existing, { importedIn: task._id, importedRow: document.importedRow });
    const isOurs = existing?.importedIn?.equals(task._id) ?? false;
    const isThisRow = existing?.importedRow === document?.importedRow;
    outcomes.set(index, !isOurs ? 'onPetition' : isThisRow ? 'imported' : 'inFile');
  }
  return rows.map(({ row }, index) => ({ row, outcome: outcomes.get(index) ?? 'imported' }));
}

/** A signature that was taken back stands again, as the file has it now. False where somebody was faster. */
async function comeBack({ _id, changedIn }: Signature, document: PaperSignature): Promise<boolean> {
  const { _id: _new, petition, emailKey, history, counted, countedIn, mail, ...said } = document;
  const [happening] = history;
  const details = Object.entries(said).map(([field, value]) => [field, { $literal: value ?? null }]);
  const { modifiedCount } = await Signature.updateOne(
    { _id, state: 'withdrawn', changedIn },
    [
      { $set: { ...Object.fromEntries(details), history: happening && historyWith(happening) } },
      { $unset: ['withdrawnAt'] },
    ],
    { updatePipeline: true },
  );
  return modifiedCount === 1;
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
  const happening = { at: now, from: null, to: 'confirmed', by: 'organizer', organizer, task } as const;
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
    ...{ createdAt: signedAt, confirmedAt: signedAt, importedIn: task, changedIn: task, importedRow: row },
    ...{ history: [happening], counted: null, countedIn: 0, recount: true, mail: { n: 0 } },
  };
}
