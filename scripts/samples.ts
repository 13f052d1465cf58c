/** Sample petitions for an empty database. Every place, group and person in them is invented. */

type Language = 'en' | 'fr';

export interface SampleText {
  title: string;
  addressedTo: string;
  summary: string;
  /** Markdown. */
  body: string;
  imageAlt: string;
}

export interface SampleSupporter {
  name: string;
  /** ISO 3166-1 alpha-2. */
  country: string;
  region?: string;
  comment?: string;
}

export interface SamplePetition {
  slug: string;
  kind: 'petition' | 'linked';
  language: Language;
  texts: Partial<Record<Language, SampleText>>;
  /** `file` is relative to `public/`. */
  image?: { file: string; width: number; height: number };
  group: { name: string; url?: string; pressName?: string; pressEmail?: string; pressPhone?: string };
  goal: { kind: 'fixed'; number: number } | { kind: 'auto' };
  publishedAt: Date;
  opensAt?: Date;
  closesAt?: Date;
  timeZone: string;
  history: {
    outcome: 'delivered' | 'answered' | 'victory';
    at: Date;
    note: Partial<Record<Language, string>>;
  }[];
  ledger: { at: Date; who: string; source: string; number: number }[];
  hashtags: string[];
  donationUrl?: string;
  newsletterUrl?: string;
  /** How many confirmed signatures to make, the `supporters` among them. */
  signatures: number;
  supporters: SampleSupporter[];
}

export function samplePetitions(now: Date): SamplePetition[] {
  return [librarySaturdays(now), footbridge(now), kilnStreetGarden(now), lateBus(now)];
}

function librarySaturdays(now: Date): SamplePetition {
  return {
    slug: 'library-saturdays',
    kind: 'petition',
    language: 'en',
    texts: {
      en: {
        title: 'Open the Larkmere library on Saturdays again',
        addressedTo: 'Larkmere Town Council',
        summary:
          'Since January the library has been shut at weekends, just when most of us could use it. Six hours on a Saturday would put that right.',
        body: `On a wet Saturday the reading room on Harrow Lane used to be the fullest room in town. Children built towers out of picture books, somebody's grandfather read the paper aloud to nobody in particular, and the two computers by the window had a queue.

Since January the doors have stayed closed from Friday evening to Monday noon. The council says it saves money. It does: about as much in a year as resurfacing forty metres of road.

## What we ask

1. **Open the library from 10 to 4 every Saturday**, from the start of the next school term.
2. **Keep the children's hour**, which has had nowhere to go since the winter.
3. **Tell us the figures.** If money is short, show us where, and ask us before closing anything else.

## Why Saturdays

Most people who work cannot come on a weekday afternoon. A survey by the reading club found that *seven in ten* card holders had come mainly on Saturdays, and that almost half have not been back since.

> “I did my homework there because there are five of us in two rooms at home. Now I do it on the stairs.”

For half of our members the library is also the only place with a printer, a quiet table and a person who will help with a form.

## What happens with your signature

We hand the signatures to the council at its autumn sitting, those from this page and those on paper together. Volunteers have been collecting on paper at the market and at the bakery; that number is counted and shown apart.`,
        imageAlt: 'A small library at dusk with lit windows, rows of books inside, and a bicycle by the door',
      },
    },
    image: { file: 'images/samples/library.png', width: 1200, height: 630 },
    group: {
      name: 'Friends of the Harrow Lane Library',
      url: 'https://library.example.org/',
      pressName: 'Odile Marran',
      pressEmail: 'press@library.example.org',
      pressPhone: '+44 1632 960 118',
    },
    goal: { kind: 'fixed', number: 3000 },
    publishedAt: daysFrom(now, -38),
    closesAt: eveningOf(daysFrom(now, 26)),
    timeZone: 'Europe/London',
    history: [],
    ledger: [
      { at: daysFrom(now, -20), who: 'Odile Marran', source: 'the Saturday market', number: 1150 },
      { at: daysFrom(now, -6), who: 'Odile Marran', source: 'the bakery and the school gate', number: 650 },
    ],
    hashtags: ['OpenOnSaturday', 'Larkmere'],
    newsletterUrl: 'https://library.example.org/letter',
    signatures: 32,
    supporters: [
      {
        name: 'Imke Vadren',
        country: 'GB',
        region: 'Larkmere',
        comment: 'My two learned to read on that carpet. I would like the neighbours’ baby to have it too.',
      },
      { name: 'Tobias Fenn', country: 'GB', region: 'Larkmere' },
      {
        name: 'Rosalind Achterbek',
        country: 'GB',
        comment: 'I work Monday to Friday, like most people who pay for the library.',
      },
      {
        name: 'Samir Holloway-Neave',
        country: 'GB',
        region: 'Nether Coombe',
        comment:
          'A warm room, a table and nobody asking what you are going to buy. There is no other place like it.',
      },
      { name: 'Perpetua Lund', country: 'IE', comment: 'I moved away and still miss it.' },
      { name: 'Jory Tamsett', country: 'GB', region: 'Larkmere' },
    ],
  };
}

function footbridge(now: Date): SamplePetition {
  return {
    slug: 'otter-weir-footbridge',
    kind: 'petition',
    language: 'en',
    texts: {
      en: {
        title: 'Repair the footbridge at Otter Weir before winter',
        addressedTo: 'the Wend Valley District',
        summary:
          'A closed bridge has turned a six-minute walk to school into forty minutes along a road without a pavement.',
        body: `In March a survey found rot in two beams of the footbridge at Otter Weir, and the district closed it the same day. That was right. What is not right is that nothing has happened since.

Every morning a hundred and twenty children used to cross it. Now they go round by Tanner's Corner: **two kilometres and a half**, most of it beside lorries.

## What we ask

- **Replace the two beams this autumn.** The engineers' own report says three weeks of work.
- **Until then, a lit and swept path** on the meadow side, so that nobody has to walk on the road in the dark.
- **A date.** Any date. We have asked four times.

## What it costs

The report puts the repair at about the price of the new signs at the car park. The parents' association has offered to paint the railing, and means it.

We will bring the signatures to the district's open evening, in a wheelbarrow if need be.`,
        imageAlt:
          'A wooden footbridge over a green river, with hills behind it and a heron standing in the reeds',
      },
    },
    image: { file: 'images/samples/footbridge.png', width: 1200, height: 630 },
    group: {
      name: 'Otter Weir Walkers',
      url: 'https://walkers.example.org/',
      pressName: 'Bram Oskell',
      pressEmail: 'hello@walkers.example.org',
    },
    goal: { kind: 'auto' },
    publishedAt: daysFrom(now, -12),
    timeZone: 'Europe/London',
    history: [],
    ledger: [],
    hashtags: ['OtterWeir'],
    donationUrl: 'https://walkers.example.org/give',
    newsletterUrl: 'https://walkers.example.org/news',
    signatures: 180,
    supporters: [
      {
        name: 'Bram Oskell',
        country: 'GB',
        region: 'Wend Valley',
        comment:
          'I have crossed it every day for thirty-one years. I can wait three weeks, not three winters.',
      },
      {
        name: 'Linnea Corrow',
        country: 'GB',
        region: 'Wend Valley',
        comment:
          'My daughter is seven. She counts the lorries on the way to school. Yesterday it was nineteen.',
      },
      {
        name: 'Matthias Undergrove',
        country: 'DE',
        comment: 'The best walk of our holiday ended at a fence.',
      },
      { name: 'Wilhelmina Port', country: 'GB' },
      {
        name: 'Dara Quillfeather',
        country: 'GB',
        region: 'Tanner’s Corner',
        comment: 'The road is no place to walk.',
      },
      {
        name: 'Noor Elstead',
        country: 'GB',
        region: 'Wend Valley',
        comment: 'I deliver post on both sides of the river. Please.',
      },
      { name: 'Casimir Loy', country: 'FR' },
      {
        name: 'Henrike Stoll',
        country: 'GB',
        region: 'Upper Wend',
        comment: 'I use a wheelchair. The way round is not a way at all for me.',
      },
      { name: 'Absalom Tindle', country: 'GB', comment: 'I will bring my own paintbrush.' },
      { name: 'Yevgenia Brockhurst-Lamb', country: 'GB', region: 'Wend Valley' },
      {
        name: 'Ottoline Mayhew-Sart',
        country: 'GB',
        comment: 'Because the herons should not be the only ones who can cross.',
      },
      { name: 'Fitz Arrowby', country: 'GB', region: 'Wend Valley', comment: 'Give us a date.' },
    ],
  };
}

function kilnStreetGarden(now: Date): SamplePetition {
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

function lateBus(now: Date): SamplePetition {
  return {
    slug: 'late-bus-14',
    kind: 'petition',
    language: 'en',
    texts: {
      en: {
        title: 'Keep the number 14 running after seven in the evening',
        addressedTo: 'the Cinder Fells Bus Company',
        summary:
          'The last bus up the hill was to leave at ten past seven. Nurses, cooks and students asked for it to run until eleven.',
        body: `In the new timetable the last 14 was to leave the station at **19:10**. The late shift at the hospital ends at 21:00. Evening classes end at 21:30. The last train arrives at 22:20.

## What we asked

- Three more departures on weekdays: **20:10, 21:20 and 22:40**.
- One late bus on Saturdays and Sundays.
- A count of passengers after three months, made public, before anything is cut again.

We did not ask for empty buses to be driven up a hill. We asked to be counted.`,
        imageAlt: 'A yellow bus with lit windows climbing a hill road at night under a large moon',
      },
    },
    image: { file: 'images/samples/bus.png', width: 1200, height: 630 },
    group: {
      name: 'Up the Hill Together',
      pressName: 'Leopold Anstey',
      pressEmail: 'hill@example.org',
    },
    goal: { kind: 'fixed', number: 500 },
    publishedAt: daysFrom(now, -164),
    closesAt: eveningOf(daysFrom(now, -74)),
    timeZone: 'Europe/London',
    history: [
      {
        outcome: 'delivered',
        at: daysFrom(now, -69),
        note: {
          en: 'Eleven of us took the 18:40 down the hill and gave the signatures to the company’s director at the depot gate. She read the first page standing up.',
        },
      },
      {
        outcome: 'victory',
        at: daysFrom(now, -31),
        note: {
          en: 'The 20:10, 21:20 and 22:40 stay, on Saturdays too, for a year at first. Passengers will be counted and the figures published. Thank you, all of you: see you on the last bus.',
        },
      },
    ],
    ledger: [
      { at: daysFrom(now, -80), who: 'Leopold Anstey', source: 'lists in the hospital canteen', number: 215 },
    ],
    hashtags: ['Late14'],
    signatures: 412,
    supporters: [
      {
        name: 'Marguerite Ashdown-Pell',
        country: 'GB',
        region: 'Cinder Fells',
        comment:
          'I am a night nurse. The hill is lovely by day. It is not lovely at ten at night in the rain.',
      },
      { name: 'Kwesi Tarrant', country: 'GB', region: 'Cinder Fells' },
      {
        name: 'Ingrid Solberry',
        country: 'GB',
        comment: 'Evening classes are no use if you cannot get home from them.',
      },
      { name: 'Leopold Anstey', country: 'GB', region: 'Cinder Fells', comment: 'Count us, then decide.' },
    ],
  };
}

function daysFrom(now: Date, days: number): Date {
  return new Date(now.getTime() + days * 24 * 60 * 60 * 1000);
}

function eveningOf(day: Date): Date {
  const evening = new Date(day);
  evening.setUTCHours(21, 59, 0, 0);
  return evening;
}
