import { Types } from 'mongoose';
import type { Env } from '../../config/env.ts';
import { Letter, letterId } from '../../server/letters/letter.ts';
import { Target } from '../../server/letters/target.ts';
import { ownShare } from '../../server/letters/words.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { placeOf, type SealedField, Signature } from '../../server/signatures/signature.ts';
import { createVault } from '../../server/signers/vault.ts';

const day = 86_400_000;

const suggested = {
  en: `I am writing to ask you to keep the ferry between Larkmere and the island running through the winter.

For those of us who live on one side and work, learn or see a doctor on the other, there is no other way across. A timetable with two crossings a day would be enough.

Please tell me what you will do, and when the district will decide.`,
  fr: `Je vous écris pour vous demander de maintenir le traversier entre Larkmere et l’île pendant l’hiver.

Pour celles et ceux qui vivent d’un côté et travaillent, étudient ou voient un médecin de l’autre, il n’y a pas d’autre passage. Deux traversées par jour suffiraient.

Dites-moi, s’il vous plaît, ce que vous ferez, et quand le district décidera.`,
};

const texts = {
  en: {
    title: 'Write to the ferry commissioners: keep the winter crossing',
    addressedTo: 'the Wend Valley ferry commissioners',
    summary:
      'Three people decide this month whether the island ferry runs in winter. Two minutes of yours reach each of them.',
    body: `The winter ferry is to be stopped **to save two crossings a day**. Three commissioners decide at the end of the month, and each of them reads what comes by mail.

## How it works

1. Say in your own words why the crossing matters to you. A sentence is enough.
2. Confirm from the mail we send you.
3. Each commissioner gets a letter of its own, from you, and can answer you.`,
    imageAlt: '',
  },
  fr: {
    title: 'Écrivez aux commissaires du traversier : gardez la traversée d’hiver',
    addressedTo: 'les commissaires du traversier de la vallée de la Wend',
    summary:
      'Trois personnes décident ce mois-ci si le traversier circule en hiver. Deux minutes suffisent pour leur écrire.',
    body: `Le traversier d’hiver doit être supprimé **pour économiser deux traversées par jour**. Trois commissaires décident à la fin du mois, et lisent ce qui leur arrive par courriel.

## Comment faire

1. Dites avec vos mots pourquoi cette traversée compte pour vous. Une phrase suffit.
2. Confirmez depuis le courriel que nous vous envoyons.
3. Chaque commissaire reçoit une lettre de vous, et peut vous répondre.`,
    imageAlt: '',
  },
};

const commissioners = [
  {
    name: 'Leontine Abara',
    title: 'Chair of the ferry commission',
    language: 'en',
    salutation: 'Dear Madam Chair,',
  },
  {
    name: 'Gaspard Thibodeau-Wray',
    title: 'Commissioner for the island',
    language: 'fr',
    salutation: undefined,
  },
  { name: 'Mirren Oakhanger', title: 'Commissioner for the mainland', language: 'en', salutation: undefined },
];

const writers = [
  ['Sunniva Dell', 'My mother is ninety and her doctor is across the water. '],
  ['Ode Farrant', 'I teach on the island, and in January I would have no way to my class. '],
  ['Ferran Holm', 'We have run the bakery on the quay for thirty years. '],
  ['Idris Pell', ''],
] as const;

/** A letter to decision makers that people have written already. Every person in it is invented. */
export async function seedLetter(env: Pick<Env, 'ENCRYPTION_KEYS' | 'LOOKUP_KEY'>, now: Date): Promise<void> {
  const petition = await Petition.create({
    ...{ slug: 'winter-ferry', kind: 'letter', language: 'en', texts, goal: { kind: 'fixed', number: 250 } },
    group: { name: 'The Larkmere Ferry Friends', pressEmail: 'press@ferry.example.org' },
    publishedAt: new Date(now.getTime() - 6 * day),
    timeZone: 'Europe/London',
    letter: {
      texts: {
        en: {
          subject: 'The winter ferry',
          points: 'There is no other way across.\nTwo crossings a day are enough.\nLast winter it was full.',
          text: suggested.en,
        },
        fr: {
          subject: 'Le traversier d’hiver',
          points: 'Il n’y a pas d’autre passage.\nDeux traversées par jour suffisent.',
          text: suggested.fr,
        },
      },
    },
    hashtags: ['WinterFerry'],
  });
  const targets = await Target.insertMany(
    commissioners.map((commissioner, n) => {
      const address = `commissioner-${n + 1}@ferry.example.org`;
      const counts = { sent: writers.length, bounced: 0, refused: 0, unclear: 0 };
      return {
        ...{ petition: petition._id, ...commissioner, address, mailbox: address },
        ...{ isListed: true, createdAt: petition.publishedAt, counts },
      };
    }),
  );
  const ids = targets.map(({ _id }) => _id);
  const signatures = writers.map((writer, n) => writtenBy(env, petition._id, ids, writer, n, now));
  await Signature.insertMany(signatures, { lean: true });
  const letters = signatures.flatMap(({ _id: signature, confirmedAt: at }) =>
    ids.map((target) => ({
      ...{ _id: letterId(signature, target), petition: petition._id, signature, target, state: 'sent' },
      ...{ createdAt: at, dueAt: at, at, attempts: 1 },
    })),
  );
  await Letter.insertMany(letters, { lean: true });
}

function writtenBy(
  env: Pick<Env, 'ENCRYPTION_KEYS' | 'LOOKUP_KEY'>,
  petition: Types.ObjectId,
  targets: Types.ObjectId[],
  [name, own]: (typeof writers)[number],
  n: number,
  now: Date,
) {
  const vault = createVault(env.ENCRYPTION_KEYS, env.LOOKUP_KEY);
  const email = `writer-${n + 1}@example.org`;
  const mailbox = { petition, emailKey: vault.emailKey(email) };
  const seal = (field: SealedField, text: string) => vault.seal(text, placeOf(mailbox, field));
  const text = own + suggested.en;
  const at = new Date(now.getTime() - (n + 1) * day);
  return {
    ...{ _id: new Types.ObjectId(), ...mailbox, state: 'confirmed', language: 'en', country: 'GB' },
    sealed: {
      ...{ email: seal('email', email), name: seal('name', name) },
      letter: seal('letter', JSON.stringify({ subject: 'The winter ferry', text })),
    },
    ...{ nameKey: vault.nameKey(name), domainKey: vault.domainKey('example.org'), showName: n < 3 },
    letter: { targets, own: ownShare(text, suggested.en) },
    ...{ recount: true, counted: null, countedIn: 0, hasComment: false, updates: false, consent: [] },
    ...{ createdAt: at, confirmedAt: at, mail: { n: 0 } },
  };
}
