import { listPublishedCampaigns } from '../campaigns/find.ts';
import { campaignCard } from '../campaigns/view.ts';
import { officialCards } from '../linked/view.ts';
import { translate } from '../locales.ts';
import { isOffered } from '../newsletter/offer.ts';
import { alternates, inLanguage, shareImage } from '../page.ts';
import type { Platform } from '../platform.ts';
import { listPublished } from './find.ts';
import type { Language } from './petition.ts';
import { withdrawalOf } from './phase.ts';
import { cardView } from './view.ts';

/** The first page: every campaign, and every petition by its phase. */
export async function homeContext({ env }: Pick<Platform, 'env'>, lang: Language, now: Date) {
  const cards = await petitionCards(lang, now);
  const inPhase = (phase: string) => cards.filter((card) => card.phase === phase);
  return {
    lang,
    page: {
      title: translate(lang, 'site.petitions'),
      description: translate(lang, 'site.tagline'),
      canonical: env.BASE_URL + inLanguage('/', lang),
      image: env.BASE_URL + shareImage(),
      feed: env.BASE_URL + inLanguage('/feed.xml', lang),
      alternates: alternates(env.BASE_URL, ['en', 'fr'], (other) => inLanguage('/', other)),
    },
    campaigns: (await listPublishedCampaigns(now)).map(({ campaign, count, actions }) => ({
      ...campaignCard(campaign, count, lang, now),
      actions,
    })),
    newsletterUrl: (await isOffered()) ? inLanguage('/newsletter', lang) : undefined,
    open: inPhase('open'),
    upcoming: inPhase('upcoming'),
    finished: inPhase('closed'),
  };
}

async function petitionCards(lang: Language, now: Date) {
  const petitions = await listPublished(now);
  const officials = await officialCards(
    petitions.map(({ petition }) => petition),
    lang,
    now,
  );
  return petitions
    .filter(({ petition }) => !withdrawalOf(petition))
    .map(({ petition, count }) => ({
      ...cardView(petition, count, lang, now),
      linked: officials.get(petition._id.toHexString()),
      phase: count.public.phase,
    }));
}
