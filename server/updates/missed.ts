import { feedLimits } from '../../config/limits.ts';
import { formatDate } from '../locales.ts';
import type { Language, Petition } from '../petitions/petition.ts';
import { updateUrl } from './mail.ts';
import { Update, updateTextIn } from './update.ts';

/** The latest updates on a petition's page. */
export const latestUpdates = ({ _id }: Pick<Petition, '_id'>): Promise<Update[]> =>
  Update.find({ petition: _id, publishedAt: { $ne: null }, hiddenAt: null })
    .sort({ publishedAt: -1, n: -1 })
    .limit(feedLimits.missed)
    .lean<Update[]>();

/** Those that somebody who came at a moment has missed: what was on the page by then. */
export const missedView = (
  petition: Petition,
  updates: readonly Update[],
  came: Date,
  lang: Language,
  baseUrl = '',
) =>
  updates
    .filter(({ publishedAt }) => publishedAt && publishedAt <= came)
    .map((update) => {
      const { title, lang: spoken } = updateTextIn(update, petition, lang);
      return {
        ...{ title, lang: spoken, url: baseUrl + updateUrl(petition, update, lang) },
        isVictory: update.kind === 'victory',
        date: update.publishedAt ? formatDate(lang, update.publishedAt) : undefined,
      };
    });
