import { signatoryLimits } from '../../config/limits.ts';
import { collator } from '../formats.ts';
import { formatDate, formatNumber, translate } from '../locales.ts';
import type { Language, Petition } from '../petitions/petition.ts';
import { petitionUrl } from '../petitions/view.ts';
import { placeName } from '../places.ts';
import type { Platform } from '../platform.ts';
import type { Count } from '../tallies/tally.ts';
import {
  countPeople,
  type Directory,
  findDirectory,
  findPeople,
  foldForSearch,
  type Limits,
  type Listed,
  readPeople,
} from './directory.ts';

/** What an address asks of the list. */
export type Wanted = { q: string; page: number; byCountry: boolean; print: boolean };
type Opened = { petition: Petition; count: Count; lang: Language; now: Date };

/** One page of everybody who is listed under an open letter. */
export async function signatoriesView(
  platform: Pick<Platform, 'vault' | 'recent'>,
  opened: Opened,
  wanted: Wanted,
  limits: Limits = signatoryLimits,
) {
  const { petition, count, lang, now } = opened;
  const directory = await findDirectory(platform, petition, limits);
  const { rows, page, pages, found } = wanted.print
    ? await printedRows(platform, petition, directory, wanted.page, limits)
    : await pagedRows(platform, petition, directory, wanted, lang, limits);
  const url = (change: Partial<Wanted>) => listUrl(petition, lang, { ...wanted, page: 1, ...change });
  const listed = directory.organisations.length + directory.titled.length + directory.people.length;
  return {
    ...wanted,
    sections: sectionsOf(rows, lang, wanted.byCountry),
    isEmpty: listed === 0,
    isFound: found > 0,
    found,
    ...{ page, pages, isPaged: pages > 1 },
    isLast: page === pages,
    isCut: directory.isCut && !wanted.print,
    cutAt: formatNumber(lang, limits.listed),
    ...(await unnamedView(petition, count, directory)),
    asOf: formatDate(lang, now, petition.timeZone ?? undefined, new Date(0)),
    urls: {
      action: `/petitions/${petition.slug}/signatories`,
      all: url({ q: '', byCountry: false, print: false }),
      byCountry: wanted.byCountry ? undefined : url({ byCountry: true }),
      inOrder: wanted.byCountry ? url({ byCountry: false }) : undefined,
      print: url({ q: '', print: true }),
      earlier: page > 1 ? url({ page: page - 1 }) : undefined,
      next: page < pages ? url({ page: page + 1 }) : undefined,
    },
  };
}

type Rows = { rows: Listed[]; page: number; pages: number; found: number };

async function pagedRows(
  platform: Pick<Platform, 'vault'>,
  petition: Petition,
  { organisations, titled, people, isCut }: Directory,
  { q, page, byCountry }: Wanted,
  lang: Language,
  { page: size }: Limits,
): Promise<Rows> {
  const words = foldForSearch(q).split(' ').filter(Boolean);
  const all = [...organisations, ...titled, ...people];
  const isNone = q !== '' && words.length === 0;
  const found = isNone ? [] : all.filter(({ folded }) => words.every((word) => folded.includes(word)));
  const isElsewhere = q && isCut && !found.some(({ section }) => section === 'person');
  if (isElsewhere) found.push(...(await findPeople(platform, petition, q, size)));
  if (byCountry) found.sort((a, b) => sectionOrder(a, b) || compareCountries(a, b, lang));
  const pages = Math.max(1, Math.ceil(found.length / size));
  const at = Math.min(page, pages);
  const rows = found.slice((at - 1) * size, at * size);
  return { rows, page: at, pages, found: found.length };
}

/** All of them, in parts: signatories whole in the first, then the people. */
async function printedRows(
  platform: Pick<Platform, 'vault'>,
  petition: Petition,
  { organisations, titled, people, isCut }: Directory,
  page: number,
  { printed }: Limits,
): Promise<Rows> {
  const number = isCut ? await countPeople(petition) : people.length;
  const pages = Math.max(1, Math.ceil(number / printed));
  const at = Math.min(page, pages);
  const from = (at - 1) * printed;
  const part =
    from + printed <= people.length || !isCut
      ? people.slice(from, from + printed)
      : await readPeople(platform, petition, from, printed);
  const first = at === 1 ? [...organisations, ...titled] : [];
  return { rows: [...first, ...part], page: at, pages, found: number };
}

/** How many people signed without being named: what is counted, without who is listed. */
async function unnamedView(petition: Petition, count: Count, { titled, people, isCut }: Directory) {
  const named = isCut ? await countPeople(petition) : people.length;
  return { unnamed: Math.max(0, (count.public.people ?? 0) - titled.length - named) };
}

const sections = ['organisation', 'titled', 'person'] as const;
const sectionOrder = (a: Listed, b: Listed): number =>
  sections.indexOf(a.section) - sections.indexOf(b.section);

const countryOf = ({ country }: Listed, lang: Language): string =>
  placeName(lang, country) ?? translate(lang, 'openLetter.list.noCountry');
const compareCountries = (a: Listed, b: Listed, lang: Language): number =>
  Number(!a.country) - Number(!b.country) || collator(lang).compare(countryOf(a, lang), countryOf(b, lang));

/** What a page shows of one. Where they are grouped by country it is not said of each. */
export const rowView = (
  { name, detail, country, region, section }: Listed,
  lang: Language,
  grouped = false,
) => ({
  name,
  detail,
  place: grouped ? undefined : placeName(lang, country, section === 'person' ? region : undefined),
});

function sectionsOf(rows: readonly Listed[], lang: Language, byCountry: boolean) {
  return sections.flatMap((section) => {
    const own = rows.filter((row) => row.section === section);
    if (own.length === 0) return [];
    const groups = byCountry
      ? [...Map.groupBy(own, (row) => countryOf(row, lang))].map(([name, listed]) => ({ name, listed }))
      : [{ name: undefined, listed: own }];
    return {
      isOrganisations: section === 'organisation',
      isTitled: section === 'titled',
      groups: groups.map(({ name, listed }) => ({
        name,
        rows: listed.map((row) => rowView(row, lang, byCountry)),
      })),
    };
  });
}

/** The address of a list: only what is not usual stands in it, always in the same order, so that caches serve all. */
export function listUrl(petition: Petition, lang: Language, { q, page, byCountry, print }: Wanted): string {
  const query = new URLSearchParams();
  if (q) query.set('q', q);
  if (byCountry) query.set('by', 'country');
  if (print) query.set('print', '1');
  if (page > 1) query.set('page', String(page));
  const base = petitionUrl(petition, lang, 'signatories');
  const rest = query.toString();
  return rest ? `${base}${base.includes('?') ? '&' : '?'}${rest}` : base;
}
