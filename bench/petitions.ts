import { samplePetitions } from '../scripts/samples/petitions.ts';
import { Petition } from '../server/petitions/petition.ts';

/** An open petition of usual length without signatures. */
export async function makePetition(slug: string): Promise<Petition> {
  const [sample] = samplePetitions(new Date());
  if (!sample) throw new Error('There is no sample to make a petition like');
  const { signatures: _, supporters: __, closesAt: ___, ...like } = sample;
  const petition = await Petition.create({
    ...like,
    ...{ slug, publishedAt: new Date(Date.now() - 29 * 86_400_000), ledger: [], history: [] },
    ...{ timeZone: 'UTC', goal: { kind: 'auto' } },
  });
  return petition.toObject() as Petition;
}
