import { Types } from 'mongoose';
import type { Env } from '../config/env.ts';
import { Petition } from '../server/petitions/petition.ts';
import { placeOf, type SealedField, Signature } from '../server/signatures/signature.ts';
import { createVault } from '../server/signers/vault.ts';
import { seedCampaign } from './samples/campaign.ts';
import { seedLetter } from './samples/letter.ts';
import { seedNewsletter } from './samples/newsletter.ts';
import { officialSample, seedOfficial } from './samples/official.ts';
import { seedOpenLetter } from './samples/open-letter.ts';
import { samplePetitions } from './samples/petitions.ts';
import { seedRepresentatives } from './samples/representatives.ts';

type Sample = ReturnType<typeof samplePetitions>[number];
const day = 86_400_000;

/** Fills a database without petitions with samples; returns how many. Needs a connection. */
export async function seedSamples(
  env: Pick<Env, 'ENCRYPTION_KEYS' | 'LOOKUP_KEY'>,
  now = new Date(),
): Promise<number> {
  if (await Petition.exists({})) return 0;
  const samples = [...samplePetitions(now), officialSample(now)];
  for (const { signatures, supporters, ...petition } of samples) {
    const { _id } = await Petition.create(petition);
    const made = sampleSignatures(env, _id, { signatures, supporters, petition }, now);
    if (made.length > 0) await Signature.insertMany(made, { lean: true });
  }
  await seedLetter(env, now);
  await seedOfficial(now);
  await seedOpenLetter(env, now);
  await seedCampaign(now);
  await seedRepresentatives(now);
  await seedNewsletter(env, now);
  return Petition.countDocuments();
}

/** Confirmed signatures of people who do not exist, spread over the petition's time; the tally counts them like any. */
function sampleSignatures(
  env: Pick<Env, 'ENCRYPTION_KEYS' | 'LOOKUP_KEY'>,
  petition: Types.ObjectId,
  sample: Pick<Sample, 'signatures' | 'supporters'> & {
    petition: Pick<Sample, 'publishedAt' | 'language' | 'closesAt'>;
  },
  now: Date,
) {
  const vault = createVault(env.ENCRYPTION_KEYS, env.LOOKUP_KEY);
  const { publishedAt, language, closesAt } = sample.petition;
  const end = Math.min(now.getTime(), closesAt?.getTime() ?? Number.POSITIVE_INFINITY);
  const span = Math.max(day / 24, end - publishedAt.getTime());
  return Array.from({ length: sample.signatures }, (_, n) => {
    // The oldest first, as ids are; the newest have the names.
    const index = sample.signatures - 1 - n;
    const supporter = sample.supporters[index];
    const email = `sample-${index + 1}@example.org`;
    const mailbox = { petition, emailKey: vault.emailKey(email) };
    const seal = (field: SealedField, text: string | undefined) =>
      text && vault.seal(text, placeOf(mailbox, field));
    const at = new Date(end - (span * (index + 0.5)) / sample.signatures);
    return {
      ...{
        _id: new Types.ObjectId(),
        ...mailbox,
        state: 'confirmed',
        language,
        recount: true,
        counted: null,
        countedIn: 0,
      },
      sealed: {
        email: seal('email', email),
        name: seal('name', supporter?.name ?? `Sample ${index + 1}`),
        comment: seal('comment', supporter?.comment),
        region: seal('region', supporter?.region),
      },
      nameKey: vault.nameKey(supporter?.name ?? `Sample ${index + 1}`),
      domainKey: vault.domainKey('example.org'),
      country: supporter?.country ?? 'CA',
      showName: Boolean(supporter),
      ...{
        hasComment: Boolean(supporter?.comment),
        updates: false,
        consent: [],
        createdAt: at,
        confirmedAt: at,
      },
      mail: { n: 0 },
    };
  });
}
