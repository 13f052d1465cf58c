import { Types } from 'mongoose';
import { placeOf, type SealedField, Signature } from '../../server/signatures/signature.ts';
import { createVault } from '../../server/signers/vault.ts';
import type { World } from './world.ts';

type Person = Partial<Record<'name' | 'email' | 'postalCode' | 'comment', string>>;
let made = 0;

/** Signatures of people who do not exist, as signing and confirming would have left them. Returns their ids. */
export async function makeSignatures(
  { env }: Pick<World, 'env'>,
  petition: { _id: Types.ObjectId },
  people: readonly (Person & Record<string, unknown>)[],
): Promise<Types.ObjectId[]> {
  const vault = createVault(env.ENCRYPTION_KEYS, env.LOOKUP_KEY);
  const documents = people.map(({ name, email, postalCode, comment, ...differences }) => {
    made += 1;
    const address = email ?? `person-${made}-${process.pid}@example.org`;
    const mailbox = { petition: petition._id, emailKey: vault.emailKey(address) };
    const seal = (field: SealedField, text: string | undefined) =>
      text === undefined ? undefined : vault.seal(text, placeOf(mailbox, field));
    const now = new Date();
    return {
      ...{ _id: new Types.ObjectId(), ...mailbox, state: 'confirmed', language: 'en', country: 'CA' },
      sealed: {
        email: seal('email', address),
        name: seal('name', name ?? `Person ${made}`),
        postalCode: seal('postalCode', postalCode),
        comment: seal('comment', comment),
      },
      nameKey: vault.nameKey(name ?? `Person ${made}`),
      domainKey: vault.domainKey(address.slice(address.lastIndexOf('@') + 1)),
      ...{ hasComment: Boolean(comment), showName: false, updates: false, consent: [], history: [] },
      ...{ createdAt: now, confirmedAt: now, recount: true, counted: null, countedIn: 0 },
      mail: { n: 1, kind: 'confirm', requestedAt: now },
      ...differences,
    };
  });
  await Signature.insertMany(documents, { lean: true });
  return documents.map(({ _id }) => _id);
}

/** As many as wanted, all alike. */
export const many = (n: number, person: Person & Record<string, unknown> = {}) =>
  Array.from({ length: n }, () => person);
