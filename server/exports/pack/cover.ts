import { formatDate, formatNumber, translate, translateFor } from '../../locales.ts';
import { type Language, type Petition, textIn } from '../../petitions/petition.ts';
import { placeName } from '../../places.ts';
import { readCount, Tally } from '../../tallies/tally.ts';
import type { Cover } from './document.ts';

/** What a delivery pack opens with: for whom, how many, when, and where they live. */
export async function coverOf(petition: Petition, lang: Language, now: Date): Promise<Cover> {
  const text = textIn(petition, lang);
  const tally = await Tally.findById(petition._id, { regions: 1 }).lean<{
    regions: Record<string, number>;
  }>();
  const { confirmed, offline, public: shown } = await readCount(petition, now);
  const n = (value: number) => formatNumber(lang, value);
  const say = (key: string, values = {}) => translateFor(lang, petition.kind, key, values);
  const places = Object.entries(tally?.regions ?? {})
    .filter(([, number]) => number > 0)
    .sort((a, b) => b[1] - a[1])
    .map(([key, number]): [string, string] => [placeOf(key, lang), n(number)]);
  const group = petition.group?.name;
  return {
    title: text.title,
    addressedTo: translate(lang, 'pack.to', { addressedTo: text.addressedTo }),
    group: group ? translate(lang, 'pack.from', { group }) : undefined,
    count: {
      number: n(shown.count),
      words: say('pack.signatures', { count: shown.count }),
      date: translate(lang, 'pack.asOf', { date: dateWithYear(lang, now, petition.timeZone) }),
    },
    parts: [
      ...(petition.kind === 'openLetter'
        ? ([
            [translate(lang, 'openLetter.pack.organisations'), n(shown.organisations ?? 0)],
            [translate(lang, 'openLetter.pack.people'), n(shown.people ?? 0)],
          ] as [string, string][])
        : []),
      [say('pack.online'), n(confirmed)],
      ...(offline === 0
        ? []
        : ([
            [translate(lang, 'pack.offline'), n(offline)],
            [translate(lang, 'pack.total'), n(shown.count)],
          ] as [string, string][])),
    ],
    regions: places.length > 0 ? [[say('pack.regions'), ''], ...places] : [],
  };
}

/** On paper the year is always said. */
const dateWithYear = (lang: Language, date: Date, timeZone: string | null | undefined): string =>
  formatDate(lang, date, timeZone ?? undefined, new Date(0));

function placeOf(key: string, lang: Language): string {
  const [country = '', region] = key.split('-');
  if (!/^[A-Z]{2}$/.test(country)) return translate(lang, 'pack.unknown');
  const whole = placeName(lang, country) ?? country;
  return region ? `${whole}, ${placeName(lang, country, region)}` : whole;
}
