import { daysFrom, eveningOf, type SamplePetition } from './sample.ts';

export function lateBus(now: Date): SamplePetition {
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
