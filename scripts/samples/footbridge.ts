import { daysFrom, type SamplePetition } from './sample.ts';

export function footbridge(now: Date): SamplePetition {
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
