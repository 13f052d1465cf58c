import { type Request, Router } from 'express';
import { feedLimits } from '../../../config/limits.ts';
import { allowOnly, HttpError } from '../../errors.ts';
import { type Feed, tagOf } from '../../feeds/atom.ts';
import { newsOf } from '../../feeds/feed.ts';
import { sendFeed } from '../../feeds/routes.ts';
import { translate } from '../../locales.ts';
import { cachePublicly, inLanguage, languageOf } from '../../page.ts';
import type { Platform } from '../../platform.ts';
import { type Campaign, campaignTextIn } from '../campaign.ts';
import { actionsOf, findPublishedCampaign } from '../find.ts';
import { campaignUrl } from '../view.ts';

/** A redirect may be this old, in seconds. */
const moveAge = 10;
const path = '/campaigns/:slug/feed.xml';

/** What is new on the petitions of a campaign. */
export function campaignFeedRoutes(platform: Platform): Router {
  const router = Router();
  router.get(path, async (request, response) => {
    const slug = String(request.params.slug);
    const found = await findPublishedCampaign(platform, slug, new Date());
    if (!found) throw new HttpError(404);
    const { campaign } = found;
    if (campaign.slug === slug) return sendFeed(request, response, await feedOf(platform, campaign, request));
    cachePublicly(response, moveAge);
    response.redirect(301, request.originalUrl.replace(slug, campaign.slug));
  });
  router.all(path, allowOnly('GET', 'HEAD'));
  return router;
}

async function feedOf(
  { env }: Pick<Platform, 'env'>,
  campaign: Campaign,
  request: Request,
  now = new Date(),
): Promise<Feed> {
  const lang = languageOf(request, campaign.language);
  const { title } = campaignTextIn(campaign, lang);
  const actions = await actionsOf(campaign, now);
  const news = await newsOf(
    env,
    actions.map(({ petition }) => petition),
    lang,
    now,
  );
  const entries = news
    .sort((a, b) => b.published.getTime() - a.published.getTime() || a.id.localeCompare(b.id))
    .slice(0, feedLimits.entries);
  const times = entries.map(({ updated }) => updated.getTime());
  return {
    id: tagOf(env.BASE_URL, `campaign:${campaign._id.toHexString()}`),
    title: translate(lang, 'campaign.feed', { title }),
    url: env.BASE_URL + campaignUrl(campaign, lang),
    self: env.BASE_URL + inLanguage(`/campaigns/${campaign.slug}/feed.xml`, lang, campaign.language),
    updated: times.length > 0 ? new Date(Math.max(...times)) : (campaign.publishedAt ?? now),
    ...{ entries, lang, author: env.SENDER_NAME },
  };
}
