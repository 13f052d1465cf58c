import { imageLimits } from '../../config/limits.ts';
import { imageUrl } from '../images/image.ts';
import { formatDate } from '../locales.ts';
import { renderMarkdown } from '../petitions/markdown.ts';
import type { Language, Petition } from '../petitions/petition.ts';
import { updateUrl } from './mail.ts';
import { Update, updateTextIn } from './update.ts';

/** How many updates a petition's page links to. */
const listed = 20;

/** What the public may read of a petition's updates, the newest first. */
const published = ({ _id }: Pick<Petition, '_id'>) =>
  ({ petition: _id, publishedAt: { $ne: null }, hiddenAt: null }) as const;

/** An update as the public reads it. */
export function updateView(petition: Petition, update: Update, lang: Language) {
  const text = updateTextIn(update, petition, lang);
  const { publishedAt, changedAt, kind, image } = update;
  const isChanged = publishedAt && changedAt && changedAt > publishedAt;
  return {
    url: updateUrl(petition, update, lang),
    title: text.title,
    lang: text.lang,
    html: renderMarkdown(text.body),
    image: image?.upload ? pictureView(image.upload, text.imageAlt) : undefined,
    isVictory: kind === 'victory',
    date: publishedAt ? formatDate(lang, publishedAt) : undefined,
    changedOn: isChanged ? formatDate(lang, changedAt) : undefined,
  };
}

const pictureView = (upload: string, alt: string) => ({
  ...{ url: imageUrl(upload), webp: imageUrl(upload, 'webp'), alt },
  ...{ width: imageLimits.width, height: imageLimits.height },
});

/** The updates on a petition's page: the newest in full, the others by title and date. */
export async function updatesView(petition: Petition, lang: Language) {
  const updates = await Update.find(published(petition))
    .sort({ publishedAt: -1, n: -1 })
    .limit(listed)
    .lean<Update[]>();
  const [newest, ...earlier] = updates.map((update) => updateView(petition, update, lang));
  return newest && { newest, earlier };
}

export const findPublishedUpdate = (petition: Petition, n: number): Promise<Update | null> =>
  Update.findOne({ ...published(petition), n }).lean<Update>();
