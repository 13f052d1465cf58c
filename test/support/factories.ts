import { Types } from 'mongoose';
import { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';

let made = 0;

/** An open petition of its own, with whatever a test says otherwise. */
export async function makePetition(differences: Record<string, unknown> = {}): Promise<Petition> {
  made += 1;
  const petition = await Petition.create({
    slug: `petition-${made}-${process.pid}`,
    language: 'en',
    texts: {
      en: {
        title: `Keep the ${made}. bench by the pond`,
        addressedTo: 'Larkmere Town Council',
        summary: 'The bench by the pond is where people rest.',
        body: 'It should **stay**.',
      },
    },
    group: { name: 'Friends of the Pond', pressName: 'Ada Example', pressEmail: 'press@example.org' },
    goal: { kind: 'fixed', number: 100 },
    publishedAt: new Date(Date.now() - 86_400_000),
    ...differences,
  });
  return petition.toObject() as Petition;
}

let people = 0;

/** A form that is right in every field, for a person nobody else is. */
export function makeForm(differences: Record<string, string> = {}): Record<string, string> {
  people += 1;
  return {
    name: 'Robin Example',
    email: `robin-${people}-${process.pid}@example.org`,
    country: 'CA',
    ...differences,
  };
}

/** A signature that no form made and nobody is behind: for what only counts. */
export async function makeSignature(
  petition: { _id: Types.ObjectId },
  differences: Record<string, unknown> = {},
): Promise<Types.ObjectId> {
  const _id = new Types.ObjectId();
  const now = new Date();
  await Signature.create({
    ...{ _id, petition: petition._id, emailKey: `nobody:${_id}`, language: 'en', country: 'CA' },
    ...{ state: 'confirmed', createdAt: now, confirmedAt: now, recount: true, mail: { n: 0 } },
    ...differences,
  });
  return _id;
}
