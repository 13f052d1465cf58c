import { Types } from 'mongoose';
import type { Petition } from '../../server/petitions/petition.ts';
import { placeOf, Signature } from '../../server/signatures/signature.ts';
import { createVault } from '../../server/signers/vault.ts';
import type { World } from './world.ts';

let people = 0;

type Person = { name?: string; comment?: string; email?: string } & Record<string, unknown>;

/** A confirmed signature with somebody behind it, as if they had signed and confirmed: name, address, perhaps a comment. */
export async function makeSigner(
  { env }: Pick<World, 'env'>,
  petition: Pick<Petition, '_id'>,
  { name = 'Robin Example', comment, email, ...differences }: Person = {},
) {
  people += 1;
  const vault = createVault(env.ENCRYPTION_KEYS, env.LOOKUP_KEY);
  const address = email ?? `signer-${people}-${process.pid}@example.org`;
  const emailKey = vault.emailKeyOf(address) ?? '';
  const _id = new Types.ObjectId();
  const place = { petition: petition._id, emailKey };
  const seal = (field: 'name' | 'email' | 'comment', text?: string) =>
    text ? vault.seal(text, placeOf(place, field)) : undefined;
  const now = new Date();
  await Signature.create({
    ...{ _id, ...place, state: 'confirmed', language: 'en', country: 'CA', recount: true, mail: { n: 0 } },
    ...{ createdAt: now, confirmedAt: now, showName: true, hasComment: Boolean(comment), updates: true },
    sealed: { email: seal('email', address), name: seal('name', name), comment: seal('comment', comment) },
    ...differences,
  });
  return { _id, id: _id.toHexString(), email: address, emailKey, name, comment };
}
