import { renderMarkdown } from '../petitions/markdown.ts';
import type { Language, Petition } from '../petitions/petition.ts';
import { petitionUrl } from '../petitions/view.ts';
import type { Platform } from '../platform.ts';
import { isPublic, type Update, updateTextIn } from './update.ts';

type Worded = Pick<Update, 'kind' | 'texts'> & { petition: Petition; update: Update };

/** The mail of an update: its subject and what its template is given beside the frame. */
export function updateMailView(
  { env }: Pick<Platform, 'env'>,
  { petition, update, kind, texts }: Worded,
  lang: Language,
) {
  const text = updateTextIn({ texts }, petition, lang);
  return {
    subject: text.title,
    context: {
      update: {
        title: text.title,
        lang: text.lang,
        html: renderMarkdown(text.body),
        text: text.body,
        isVictory: kind === 'victory',
        url: isPublic(update) ? env.BASE_URL + updateUrl(petition, update, lang) : undefined,
      },
    },
  };
}

export const updateUrl = (petition: Petition, { n }: Pick<Update, 'n'>, lang: Language): string =>
  petitionUrl(petition, lang, `updates/${n}`);
