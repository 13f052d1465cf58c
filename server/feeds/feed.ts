import { feedLimits } from '../../config/limits.ts';
import { imageUrl } from '../images/image.ts';
import { translate } from '../locales.ts';
import { inLanguage } from '../page.ts';
import { renderMarkdown } from '../petitions/markdown.ts';
import { type Language, Petition, textIn } from '../petitions/petition.ts';
import { phaseOf, withdrawalOf } from '../petitions/phase.ts';
import { petitionUrl } from '../petitions/view.ts';
import { updateUrl } from '../updates/mail.ts';
import { Update, updateTextIn } from '../updates/update.ts';
import { type Feed, type FeedEntry, tagOf } from './atom.ts';

type Site = { BASE_URL: string; SENDER_NAME: string };

/** News of one petition: its updates and what came of it. */
export async function petitionFeed(env: Site, petition: Petition, lang: Language, now: Date): Promise<Feed> {
  const { title } = textIn(petition, lang);
  return {
    id: tagOf(env.BASE_URL, `petition:${petition._id.toHexString()}`),
    title: translate(lang, 'feed.petition', { title }),
    url: env.BASE_URL + petitionUrl(petition, lang),
    self: env.BASE_URL + petitionUrl(petition, lang, 'feed.xml'),
    author: petition.group?.name ?? env.SENDER_NAME,
    ...{ lang, ...latest(await newsOf(env, [petition], lang, now), petition.publishedAt ?? now) },
  };
}

/** News of every petition that the public knows of. */
export async function siteFeed(env: Site, lang: Language, now: Date): Promise<Feed> {
  const petitions = await Petition.find({ publishedAt: { $lte: now } }).lean<Petition[]>();
  const from = petitions.map(({ publishedAt }) => publishedAt?.getTime() ?? 0);
  const oldest = new Date(from.length > 0 ? Math.max(...from) : Date.UTC(2026, 0));
  return {
    id: tagOf(env.BASE_URL, 'site'),
    title: `${env.SENDER_NAME}: ${translate(lang, 'feed.site')}`,
    url: env.BASE_URL + inLanguage('/', lang),
    self: env.BASE_URL + inLanguage('/feed.xml', lang),
    author: env.SENDER_NAME,
    ...{ lang, ...latest(await newsOf(env, petitions, lang, now), oldest) },
  };
}

function latest(all: FeedEntry[], otherwise: Date): Pick<Feed, 'entries' | 'updated'> {
  const entries = all
    .sort((a, b) => b.published.getTime() - a.published.getTime() || a.id.localeCompare(b.id))
    .slice(0, feedLimits.entries);
  const times = entries.map(({ updated }) => updated.getTime());
  return { entries, updated: times.length > 0 ? new Date(Math.max(...times)) : otherwise };
}

/**
 * What a feed of these petitions says, in no order: updates and victories that are on their pages, and outcomes.
 * Drafts and petitions that were withdrawn say nothing.
 */
export async function newsOf(
  env: Pick<Site, 'BASE_URL'>,
  petitions: readonly Petition[],
  lang: Language,
  now: Date,
): Promise<FeedEntry[]> {
  const shown = petitions.filter((petition) => phaseOf(petition, now) !== 'draft' && !withdrawalOf(petition));
  const updates = await Update.find({
    petition: { $in: shown.map(({ _id }) => _id) },
    ...{ publishedAt: { $ne: null, $lte: now }, hiddenAt: null },
  })
    .sort({ publishedAt: -1 })
    .limit(feedLimits.entries)
    .lean<Update[]>();
  const told = updates.flatMap((update) => {
    const petition = shown.find(({ _id }) => _id.equals(update.petition));
    return petition ? [updateEntry(env, petition, update, lang)] : [];
  });
  return [...told, ...shown.flatMap((petition) => outcomeEntries(env, petition, lang, now))];
}

function updateEntry(
  { BASE_URL }: Pick<Site, 'BASE_URL'>,
  petition: Petition,
  update: Update,
  lang: Language,
): FeedEntry {
  const text = updateTextIn(update, petition, lang);
  const published = update.publishedAt ?? update.createdAt;
  const { changedAt, image } = update;
  return {
    id: tagOf(BASE_URL, `update:${update._id.toHexString()}`),
    title: text.title,
    url: BASE_URL + updateUrl(petition, update, lang),
    published,
    updated: changedAt && changedAt > published ? changedAt : published,
    html: renderMarkdown(text.body),
    author: petition.group?.name,
    category: update.kind,
    lang: text.lang,
    image: image?.upload ? { url: BASE_URL + imageUrl(image.upload), alt: text.imageAlt } : undefined,
  };
}

/** What came of it; corrections of a count are no news. */
function outcomeEntries(
  { BASE_URL }: Pick<Site, 'BASE_URL'>,
  petition: Petition,
  lang: Language,
  now: Date,
): FeedEntry[] {
  const { title } = textIn(petition, lang);
  return petition.history
    .filter(({ outcome, at }) => outcome !== 'corrected' && at <= now)
    .map(({ outcome, at, note }) => ({
      id: tagOf(
        BASE_URL,
        `petition:${petition._id.toHexString()}:${outcome}:${at.toISOString().slice(0, 10)}`,
      ),
      title: translate(lang, 'feed.outcome', { outcome: translate(lang, `outcome.${outcome}`), title }),
      url: `${BASE_URL}${petitionUrl(petition, lang)}`,
      ...{ published: at, updated: at, category: outcome, author: petition.group?.name },
      html: renderMarkdown(note?.[lang] ?? note?.en ?? note?.fr ?? ''),
    }));
}
