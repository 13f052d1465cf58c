import { daysFrom, eveningOf, type SamplePetition } from './sample.ts';

export function librarySaturdays(now: Date): SamplePetition {
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
