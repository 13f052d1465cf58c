import { imageUrl } from '../images/image.ts';
import { renderMarkdown } from '../petitions/markdown.ts';
import type { Language, Petition } from '../petitions/petition.ts';
import { petitionUrl } from '../petitions/view.ts';
import type { Platform } from '../platform.ts';
import { isPublic } from './publication.ts';
import { type Update, updateTextIn } from './update.ts';

type Worded = Pick<Update, 'kind' | 'texts' | 'image'> & { petition: Petition; update: Update };

/** The mail of an update: its subject and what its template is given beside the frame. */
export function updateMailView(
  { env }: Pick<Platform, 'env'>,
  { petition, update, kind, texts, image }: Worded,
  lang: Language,
) {
  const text = updateTextIn({ texts }, petition, lang);
  return {
    subject: text.title,
    context: {
      update: {
        title: text.title,
        lang: text.lang,
        html: dressed(renderMarkdown(text.body)),
        text: text.body,
        image: image?.upload ? { url: env.BASE_URL + imageUrl(image.upload), alt: text.imageAlt } : undefined,
        isVictory: kind === 'victory',
        url: isPublic(update) ? env.BASE_URL + updateUrl(petition, update, lang) : undefined,
      },
    },
  };
}

/** Mail programs know no style sheet: what a page gives these elements stands on each. */
const dress: Readonly<Record<string, string>> = {
  h2: 'margin:24px 0 8px;font-size:18px;line-height:1.3',
  h3: 'margin:24px 0 8px;font-size:17px;line-height:1.3',
  h4: 'margin:24px 0 8px;font-size:17px;line-height:1.3',
  p: 'margin:0 0 16px',
  blockquote: 'margin:0 0 16px;padding:0 0 0 16px;border-left:3px solid #1f3fbf',
  a: 'color:#1f3fbf',
};

/** A text's HTML with the styles that mail needs. */
export const dressed = (html: string): string =>
  html.replaceAll(/<(\w+)(?=[ >])/g, (tag, name: string) => {
    const style = dress[name];
    return style ? `${tag}${name === 'a' ? '' : ' dir="auto"'} style="${style}"` : tag;
  });

export const updateUrl = (petition: Petition, { n }: Pick<Update, 'n'>, lang: Language): string =>
  petitionUrl(petition, lang, `updates/${n}`);
