import type { Petition } from '../../server/petitions/petition.ts';
import { createVault } from '../../server/signers/vault.ts';
import { makeSignatures } from './signatures.ts';
import type { World } from './world.ts';

let people = 0;

type Person = { name?: string; comment?: string; email?: string } & Record<string, unknown>;

/** A signer who agreed to everything: the name in public, perhaps with a comment, and updates by mail. */
export async function makeSigner(
  world: Pick<World, 'env'>,
  petition: Pick<Petition, '_id'>,
  { name = 'Robin Example', comment, email, ...differences }: Person = {},
) {
  people += 1;
  const { ENCRYPTION_KEYS, LOOKUP_KEY } = world.env;
  const address = email ?? `signer-${people}-${process.pid}@example.org`;
  const person = { name, comment, email: address, showName: true, updates: true, ...differences };
  const [_id] = await makeSignatures(world, petition, [person]);
  if (!_id) throw new Error('The signature was not stored');
  const emailKey = createVault(ENCRYPTION_KEYS, LOOKUP_KEY).emailKey(address);
  return { _id, id: _id.toHexString(), email: address, emailKey, name, comment };
}

export async function makeSigners(
  world: Pick<World, 'env'>,
  petition: Pick<Petition, '_id'>,
  number: number,
) {
  const signers: Awaited<ReturnType<typeof makeSigner>>[] = [];
  while (signers.length < number) signers.push(await makeSigner(world, petition));
  return signers;
}
