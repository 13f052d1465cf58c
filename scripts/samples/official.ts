import { Official, OfficialCount } from '../../server/linked/official.ts';
import { Petition } from '../../server/petitions/petition.ts';
import type { SamplePetition } from './sample.ts';

const day = 86_400_000;
const slug = 'raised-bog';

/** A page that leads to an official petition. The parliament, the member and the bog are invented. */
export function officialSample(now: Date): SamplePetition {
  return {
    slug,
    kind: 'linked',
    language: 'en',
    texts: {
      en: {
        title: 'Sign the official petition to protect the Ashmoor bog',
        addressedTo: 'the Assembly of the Wend Valley',
        summary:
          'The bog stores more carbon than every forest in the valley. A member of the Assembly sponsors a petition to protect it by law: it counts only on the Assembly’s own page.',
        body: `Ashmoor is nine thousand years old and four metres deep. The permit to drain its southern half runs out **this autumn**, and may be renewed without a debate.

## What the petition asks

- No new permits to drain or cut peat at Ashmoor.
- A plan to fill the old ditches, with the farmers beside them at the table.

Every official signature counts: from 500 on the Assembly has to answer.`,
        imageAlt: '',
      },
      fr: {
        title: 'Signez la pétition officielle pour protéger la tourbière d’Ashmoor',
        addressedTo: 'l’Assemblée de la vallée de la Wend',
        summary:
          'La tourbière retient plus de carbone que toutes les forêts de la vallée. Une députée parraine une pétition pour la protéger par la loi : elle ne compte que sur la page de l’Assemblée.',
        body: `Ashmoor a neuf mille ans et quatre mètres de profondeur. Le permis d’en assécher la moitié sud expire **cet automne**, et pourrait être renouvelé sans débat.

## Ce que demande la pétition

- Plus aucun permis d’assèchement ou d’extraction de tourbe à Ashmoor.
- Un plan pour combler les anciens fossés, avec les agriculteurs voisins.

Chaque signature officielle compte : à partir de 500, l’Assemblée doit répondre.`,
        imageAlt: '',
      },
    },
    group: { name: 'Friends of Ashmoor', url: 'https://ashmoor.example.org/' },
    goal: { kind: 'fixed', number: 3000 },
    publishedAt: new Date(now.getTime() - 25 * day),
    timeZone: 'Europe/London',
    history: [],
    ledger: [],
    hashtags: ['Ashmoor'],
    signatures: 41,
    supporters: [
      { name: 'Ulrike Penhallow', country: 'GB', comment: 'I learned to walk on that boardwalk.' },
    ],
  };
}

/** What its page says of the official petition, with three counts of it. */
export async function seedOfficial(now: Date): Promise<void> {
  const petition = await Petition.findOne({ slug }).orFail().lean<Petition>();
  const dayFrom = (days: number) => new Date(now.getTime() + days * day).toISOString().slice(0, 10);
  await Official.create({
    _id: petition._id,
    urls: { en: 'https://assembly.example.org/petitions/214' },
    ...{ number: '214', sponsor: 'Honora Tallis, member for Ashmoor', thresholds: [500] },
    ...{ opensOn: dayFrom(-25), closesOn: dayFrom(31) },
  });
  for (const [count, days] of [
    [310, -19],
    [1_120, -10],
    [1_800, -2],
  ] as const)
    await OfficialCount.create({
      ...{ _id: `sample-${count}`, petition: petition._id, count, day: dayFrom(days), recordedAt: now },
    });
}
