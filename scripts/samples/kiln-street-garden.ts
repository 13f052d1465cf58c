import { daysFrom, eveningOf, type SamplePetition } from './sample.ts';

export function kilnStreetGarden(now: Date): SamplePetition {
  return {
    slug: 'kiln-street-garden',
    kind: 'petition',
    language: 'en',
    texts: {
      en: {
        title: 'Leave room for the garden on Kiln Street',
        addressedTo: 'the Mayor of Port-Aubrel',
        summary:
          'Forty families grow food where the old brickworks stood. The new plan for the site has homes and parking, and no garden. There is room for all but some of the parking.',
        body: `Nine years ago the yard behind the brickworks was rubble. Today it has sixty-two beds, eleven fruit trees, a beehive and a bench that somebody is always sitting on.

The town wants to build there, and we want that too: people need homes. But the plan drawn up this spring puts **forty-four parking spaces** exactly where the beds are.

## What we ask

1. **Move the parking under the new building**, as the town did at the station.
2. **Keep 900 square metres of garden** in the middle of the yard, open to all who move in.
3. **Let the gardeners and the future neighbours sit at the table** when the plan is revised.

## A garden is not a decoration

Last year it gave two tonnes of vegetables, a third of them to the food bank on Rope Walk. In the hot weeks of July it was four degrees cooler than the street. And it is the one place where people from both sides of the tracks know each other's names.

Come and see: the gate is open on Sundays from ten.`,
        imageAlt: 'Raised garden beds with sunflowers and cabbages in front of a row of coloured houses',
      },
      fr: {
        title: 'Gardons une place pour le jardin de la rue du Four',
        addressedTo: 'Madame la maire de Port-Aubrel',
        summary:
          'Quarante familles cultivent l’ancienne briqueterie. Le nouveau projet prévoit des logements et un parking, mais pas de jardin. Il y a de la place pour tout, sauf pour tant de voitures.',
        body: `Il y a neuf ans, la cour derrière la briqueterie n’était que gravats. On y trouve aujourd’hui soixante-deux carrés de terre, onze arbres fruitiers, une ruche et un banc où il y a toujours quelqu’un.

La ville veut y construire, et nous aussi : il faut des logements. Mais le plan présenté au printemps place **quarante-quatre places de parking** exactement là où sont les cultures.

## Ce que nous demandons

1. **Mettre le parking sous le nouvel immeuble**, comme la ville l’a fait à la gare.
2. **Garder 900 mètres carrés de jardin** au milieu de la cour, ouverts à celles et ceux qui viendront y habiter.
3. **Faire place aux jardiniers et aux futurs voisins** autour de la table quand le plan sera revu.

## Un jardin n’est pas un décor

L’an dernier, il a donné deux tonnes de légumes, dont un tiers pour la banque alimentaire de la rue des Cordiers. Pendant les semaines chaudes de juillet, il y faisait quatre degrés de moins que dans la rue. Et c’est le seul endroit où les gens des deux côtés de la voie ferrée se connaissent par leur prénom.

Venez voir : le portail est ouvert le dimanche à partir de dix heures.`,
        imageAlt:
          'Des carrés de potager avec des tournesols et des choux devant une rangée de maisons colorées',
      },
    },
    image: { file: 'images/samples/garden.png', width: 1200, height: 630 },
    group: {
      name: 'Le Jardin du Four',
      url: 'https://jardin.example.org/',
      pressName: 'Amélie Tressan',
      pressEmail: 'presse@jardin.example.org',
    },
    goal: { kind: 'fixed', number: 500 },
    publishedAt: daysFrom(now, -19),
    closesAt: eveningOf(daysFrom(now, 47)),
    timeZone: 'Europe/Paris',
    history: [],
    ledger: [],
    hashtags: ['JardinDuFour'],
    signatures: 96,
    supporters: [
      {
        name: 'Amélie Tressan',
        country: 'FR',
        region: 'Port-Aubrel',
        comment: 'Mes tomates ont plus d’amis que moi. Je tiens aux deux.',
      },
      { name: 'Corentin Vaubrey', country: 'FR', region: 'Port-Aubrel' },
      {
        name: 'Saskia Doornvelt',
        country: 'BE',
        comment: 'Homes and gardens are not opposites. Build both, and hide the cars.',
      },
      {
        name: 'Idriss Calmont',
        country: 'FR',
        comment: 'Ma grand-mère y passe tous ses après-midi. C’est son salon d’été.',
      },
      {
        name: 'Philippa Rowntree-Osk',
        country: 'GB',
        comment: 'I came for a Sunday and stayed for the plums.',
      },
    ],
  };
}
