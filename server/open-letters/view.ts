import { signatoryLimits } from '../../config/limits.ts';
import type { Language, Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { findDirectory, type Listed } from './directory.ts';
import { listUrl, rowView } from './list-view.ts';

/** Who has signed, as an open letter's own page tells it: the first of each list, and the way to all. */
export async function signatoriesOnPage(
  platform: Pick<Platform, 'vault' | 'recent'>,
  petition: Petition,
  lang: Language,
) {
  const { organisations, titled, people } = await findDirectory(platform, petition);
  const few = (all: Listed[]) => ({
    rows: all.slice(0, signatoryLimits.shown).map((row) => rowView(row, lang)),
    more: Math.max(0, all.length - signatoryLimits.shown),
  });
  const url = listUrl(petition, lang, { q: '', page: 1, byCountry: false, print: false });
  const isEmpty = organisations.length + titled.length + people.length === 0;
  return { organisations: few(organisations), titled: few(titled), isEmpty, url };
}
