import { Campaign } from '../../server/campaigns/campaign.ts';
import { Petition } from '../../server/petitions/petition.ts';

const day = 86_400_000;

/** A campaign over the sample petitions. Every place in it is invented. */
const sampleCampaign = (now: Date) => ({
  slug: 'a-town-for-everyone',
  language: 'en' as const,
  texts: {
    en: {
      title: 'A town for everyone',
      summary:
        'A library that opens when people are free, a bridge that children can cross, a garden to sit in. Small things decide whether a town is for everyone.',
      body: `It began with a queue. On the first wet Saturday of the year people stood before the closed library on Harrow Lane and got talking: about the bus that no longer comes after nine, about the bridge that has been shut since March, about the garden that is to be a car park.

Nobody had planned a campaign. But whoever cannot get to work, to school or to a warm room is often **the same person**, and the answer is always the same: there is no money for small things.

## What we ask together

- that the places everybody uses stay open,
- that everybody can get to them,
- and that we are asked *before* something is closed.

Each action below goes to those who can decide it. Join the ones that are yours; you are counted here once, however many they are.`,
      imageAlt: 'A small library at dusk with lit windows, rows of books inside, and a bicycle by the door',
    },
    fr: {
      title: 'Une ville pour toutes et tous',
      summary:
        'Une bibliothèque ouverte quand on a le temps, un pont que les enfants peuvent traverser, un jardin où s’asseoir. Les petites choses décident si une ville est pour tout le monde.',
      body: `Tout a commencé par une file d’attente. Le premier samedi pluvieux de l’année, devant la bibliothèque fermée de Harrow Lane, on s’est mis à parler : du bus qui ne passe plus après neuf heures, du pont fermé depuis mars, du jardin qui doit devenir un stationnement.

Personne n’avait prévu de campagne. Mais qui ne peut se rendre au travail, à l’école ou dans une salle chauffée est souvent **la même personne**, et la réponse est toujours la même : il n’y a pas d’argent pour les petites choses.

## Ce que nous demandons ensemble

- que les lieux de tous les jours restent ouverts,
- que tout le monde puisse s’y rendre,
- et qu’on nous consulte *avant* de fermer.

Chaque action ci-dessous s’adresse à qui peut décider. Participez à celles qui sont les vôtres ; vous n’êtes compté ici qu’une fois.`,
      imageAlt: 'Une petite bibliothèque au crépuscule, fenêtres éclairées, et un vélo devant la porte',
    },
  },
  image: { file: 'images/samples/library.png', width: 1200, height: 630 },
  hashtags: ['TownForEveryone', 'Larkmere'],
  publishedAt: new Date(now.getTime() - 20 * day),
  closesAt: new Date(now.getTime() + 60 * day),
  timeZone: 'Europe/London',
});

/** Makes it over whatever petitions there are; the tallies count its people like any. */
export async function seedCampaign(now: Date): Promise<void> {
  const petitions = await Petition.find({ publishedAt: { $lte: now } }, { _id: 1 })
    .sort({ closesAt: -1, _id: 1 })
    .lean();
  await Campaign.create({
    ...sampleCampaign(now),
    petitions: petitions.map(({ _id }) => _id),
    wasPublic: true,
  });
}
