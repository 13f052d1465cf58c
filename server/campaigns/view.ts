import { imageLimits } from '../../config/limits.ts';
import { imageUrl } from '../images/image.ts';
import { formatDate, translate } from '../locales.ts';
import { alternates, inLanguage, type PageMeta, shareImage } from '../page.ts';
import { renderMarkdown } from '../petitions/markdown.ts';
import type { Language } from '../petitions/petition.ts';
import { phaseOf } from '../petitions/phase.ts';
import { shareLinks } from '../petitions/share.ts';
import { assetUrl } from '../views.ts';
import { type Campaign, campaignLanguages, campaignTextIn } from './campaign.ts';
import type { CampaignCount } from './count.ts';

export const campaignUrl = (campaign: Pick<Campaign, 'slug' | 'language'>, lang: Language): string =>
  inLanguage(`/campaigns/${campaign.slug}`, lang, campaign.language);

function imageOf({ image }: Pick<Campaign, 'image'>, alt: string) {
  const { width, height } = imageLimits;
  if (image?.upload)
    return { url: imageUrl(image.upload), webp: imageUrl(image.upload, 'webp'), alt, width, height };
  return image?.file
    ? { url: assetUrl(image.file), webp: undefined, alt, width: image.width, height: image.height }
    : undefined;
}

/** When it begins or ends, where that says something: a whole sentence. */
function datesInWords(campaign: Campaign, lang: Language, now: Date): string | undefined {
  const { opensAt, closesAt, timeZone } = campaign;
  const say = (key: string, date: Date) =>
    translate(lang, `campaign.dates.${key}`, { date: formatDate(lang, date, timeZone ?? 'UTC', now) });
  const phase = phaseOf(campaign, now);
  if (opensAt && (phase === 'upcoming' || opensAt > now)) return say('from', opensAt);
  if (!closesAt) return undefined;
  return say(closesAt <= now ? 'ended' : 'until', closesAt);
}

/** A campaign's headline, for its page, lists and the pages of its petitions. */
export function campaignHeadline(campaign: Campaign, lang: Language, now: Date) {
  const text = campaignTextIn(campaign, lang);
  return {
    id: campaign._id.toHexString(),
    url: campaignUrl(campaign, lang),
    lang: campaign.texts?.[lang] ? lang : campaign.language,
    title: text.title,
    summary: text.summary,
    image: imageOf(campaign, text.imageAlt),
    dates: datesInWords(campaign, lang, now),
    hashtags: campaign.hashtags,
  };
}

/** A campaign as its own page shows it. */
export const campaignView = (campaign: Campaign, lang: Language, now: Date) => ({
  ...campaignHeadline(campaign, lang, now),
  html: renderMarkdown(campaignTextIn(campaign, lang).body),
});

/** A campaign among others. */
export const campaignCard = (campaign: Campaign, count: CampaignCount, lang: Language, now: Date) => ({
  ...campaignHeadline(campaign, lang, now),
  people: count.people,
  actions: campaign.petitions.length,
});

/** How many people, what is on paper, and every time the number was corrected. */
export const peopleView = ({ slug }: Campaign, count: CampaignCount) => ({
  count: count.people,
  goal: count.public.goal,
  offline: count.offline,
  countUrl: `/campaigns/${slug}/count.json`,
  eventsUrl: count.public.phase === 'draft' ? undefined : `/campaigns/${slug}/events`,
  corrections: count.corrections.flatMap(({ at, was, is }) =>
    at && was !== is ? [{ date: at, was: was ?? 0, is: is ?? 0 }] : [],
  ),
});

/** What a shared link of the campaign shows. */
export function campaignMeta(campaign: Campaign, lang: Language, baseUrl: string): PageMeta {
  const text = campaignTextIn(campaign, lang);
  const image = imageOf(campaign, text.imageAlt);
  return {
    title: text.title,
    description: text.summary,
    canonical: baseUrl + campaignUrl(campaign, lang),
    feed: baseUrl + inLanguage(`/campaigns/${campaign.slug}/feed.xml`, lang, campaign.language),
    image: baseUrl + (image?.url ?? shareImage()),
    imageAlt: image?.alt ?? '',
    type: 'article',
    alternates: alternates(baseUrl, campaignLanguages(campaign), (other) => campaignUrl(campaign, other)),
  };
}

/** Links that open each network with the campaign's address, a sentence and its hashtags filled in. */
export function campaignShare(campaign: Campaign, lang: Language, baseUrl: string) {
  const { title } = campaignTextIn(campaign, lang);
  const url = campaignUrl(campaign, lang);
  const says = translate(lang, 'campaign.share', { title });
  const address = () => new URL(url, baseUrl).href;
  return shareLinks(lang, { title, says, hashtags: campaign.hashtags, address, url }, baseUrl);
}
