import { Types } from 'mongoose';
import type { Env } from '../../config/env.ts';
import { newSignatory } from '../../server/open-letters/sign.ts';
import type { SignatoryDetails } from '../../server/open-letters/signatory.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { placeOf, type SealedField, Signature } from '../../server/signatures/signature.ts';
import { createVault, type Vault } from '../../server/signers/vault.ts';

const day = 86_400_000;

const texts = {
  en: {
    title: 'Let the river Wend have its floodplain back',
    addressedTo: 'the ministers for water and for housing',
    summary:
      'Organisations and people who know rivers ask two ministers to stop building where the Wend has always flooded.',
    body: `Dear ministers,

We write as people who work on rivers, live beside one, or pay for what happens when they are forgotten.

Three times in ten years the Wend has stood in the streets of Larkmere. Each time it was called a once-in-a-century flood. **Upstream, two more housing estates are planned on the meadows that held the water back.**

We ask you

1. to approve no building on the floodplain between Alderford and the sea,
2. to give the meadows back to the river where nobody lives, and
3. to pay fairly those farmers whose land it will use.

Sincerely,`,
    imageAlt: '',
  },
  fr: {
    title: 'Rendons à la Wend sa plaine inondable',
    addressedTo: 'les ministres de l’eau et du logement',
    summary:
      'Des organisations et des personnes qui connaissent les rivières demandent à deux ministres de ne plus bâtir là où la Wend a toujours débordé.',
    body: `Mesdames et Messieurs les ministres,

Nous travaillons sur les rivières, nous vivons au bord de l’une d’elles, ou nous payons quand on les oublie.

Trois fois en dix ans, la Wend a envahi les rues de Larkmere. **En amont, deux lotissements de plus sont prévus sur les prés qui retenaient l’eau.**

Nous vous demandons

1. de n’autoriser aucune construction dans la plaine inondable entre Alderford et la mer,
2. de rendre les prés à la rivière là où personne n’habite, et
3. d’indemniser justement les exploitants dont elle prendra les terres.

Avec nos salutations,`,
    imageAlt: '',
  },
};

type Who = {
  name: string;
  country: string;
  details?: SignatoryDetails;
  isApproved?: boolean;
  isNamed?: boolean;
};

const organisation = (organisation: string, country: string, isApproved = true): Who => {
  const host = organisation
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  const website = `https://www.${host}.example.org`;
  const details = { kind: 'organisation', organisation, website, role: 'Secretary' } as const;
  return { name: 'Sample Secretary', country, details, isApproved };
};
const titled = (
  name: string,
  title: string,
  affiliation: string,
  country: string,
  isApproved = true,
): Who => ({
  ...{ name, country, isApproved, details: { kind: 'titled', title, affiliation } },
});

const signatories: Who[] = [
  organisation('Wend Rivers Trust', 'GB'),
  organisation('Larkmere Flood Wardens', 'GB'),
  organisation('Alderford Allotment Society', 'GB'),
  organisation('Society of Hydrologists', 'CA'),
  organisation('Les Amis de la Wend', 'FR'),
  organisation('Meadow and Marsh', 'IE'),
  organisation('Insurers for Open Water', 'GB'),
  organisation('Lower Wend Farmers', 'GB'),
  organisation('International Network for Living Rivers and Estuaries', 'BE'),
  organisation('The Wend Rivers Trust, Inc.', 'GB', false),
  organisation('Kingfisher Canoe Club', 'GB', false),
  titled('Prof. Idony Marsh', 'Professor of hydrology', 'University of Larkmere', 'GB'),
  titled('Tancred Osei-Byrne', 'Former chief engineer', 'Wend Valley Drainage Board', 'GB'),
  titled('Solveig Dahl', 'Author of “What the Water Wants”', '', 'NO'),
  titled('The Rt Revd Ambrose Pike', 'Bishop', 'Alderford', 'GB'),
  titled('Maud Quillfeather', 'Olympic rower', '', 'CA', false),
];

const people = [
  ...['Perpetua Finch', 'Corin Ashby', 'Hollis Wren', 'Yusuf Alderson', 'Thea Brook', 'Ines Calloway'],
  ...['Oskar Lindqvist', 'Rosalind Tarn', 'Bram Fenwick', 'Lucía Ortega', 'Noor Haddad', 'Elke Sommer'],
];

/** An open letter that organisations, people with a title and others have signed. All of them are invented. */
export async function seedOpenLetter(
  env: Pick<Env, 'ENCRYPTION_KEYS' | 'LOOKUP_KEY'>,
  now: Date,
): Promise<void> {
  const { _id } = await Petition.create({
    ...{ slug: 'open-letter-floodplain', kind: 'openLetter', language: 'en', texts },
    ...{ goal: { kind: 'auto' }, hashtags: ['RoomForTheWend'], timeZone: 'Europe/London' },
    group: { name: 'Wend Rivers Trust', pressEmail: 'press@wend.example.org' },
    publishedAt: new Date(now.getTime() - 9 * day),
  });
  const others = Array.from({ length: 60 }, (_, n): Who => {
    const name = people[n] ?? `Sample ${n + 1}`;
    return { name, country: n % 5 === 4 ? 'FR' : 'GB', isNamed: n < people.length };
  });
  const vault = createVault(env.ENCRYPTION_KEYS, env.LOOKUP_KEY);
  const made = [...signatories, ...others].map((who, n) => signatureOf(vault, _id, who, n, now));
  await Signature.insertMany(made, { lean: true });
}

function signatureOf(vault: Vault, petition: Types.ObjectId, who: Who, n: number, now: Date) {
  const { name, country, details, isApproved, isNamed = false } = who;
  const email = `signatory-${n + 1}@example.org`;
  const mailbox = { petition, emailKey: vault.emailKey(email) };
  const seal = (field: SealedField, text: string) => vault.seal(text, placeOf(mailbox, field));
  const at = new Date(now.getTime() - ((n + 1) * 8 * day) / 80);
  const counts = !details || isApproved;
  return {
    ...{
      _id: new Types.ObjectId(),
      ...mailbox,
      state: counts ? 'confirmed' : 'held',
      language: 'en',
      country,
    },
    sealed: {
      ...{ email: seal('email', email), name: seal('name', name) },
      ...(details && { signatory: seal('signatory', JSON.stringify(details)) }),
    },
    ...{ nameKey: vault.nameKey(name), domainKey: vault.domainKey('example.org') },
    showName: details ? details.kind === 'titled' : isNamed,
    ...(details && { signatory: standing(vault, details, isApproved ? at : undefined) }),
    ...(details && isApproved && { review: { settled: true, shows: 'all', at, reports: 0 } }),
    ...{ recount: true, counted: null, countedIn: 0, hasComment: false, updates: false, consent: [] },
    ...{ createdAt: at, confirmedAt: at, mail: { n: 0 } },
  };
}

/** As approving would have left it. */
function standing(vault: Vault, details: SignatoryDetails, approvedAt: Date | undefined) {
  const { kind, keys } = newSignatory({ vault }, details);
  const isOrganisation = details.kind === 'organisation';
  return {
    ...{ kind, ...(keys && { keys }), ...(approvedAt && { approvedAt }) },
    ...(approvedAt && isOrganisation && { seats: keys, name: details.organisation }),
  };
}
