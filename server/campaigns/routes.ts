import { type Request, type Response, Router } from 'express';
import { allowOnly, HttpError } from '../errors.ts';
import { officialCards } from '../linked/view.ts';
import { cachePublicly, type Kept, keepPage, languageAsked, languageOf, sendRecent } from '../page.ts';
import type { Language } from '../petitions/petition.ts';
import { cardView } from '../petitions/view.ts';
import type { Platform } from '../platform.ts';
import type { LiveCounts } from '../tallies/live.ts';
import { sendCount, streamCount } from '../tallies/routes.ts';
import type { Campaign } from './campaign.ts';
import { type CampaignCount, readCampaignCount } from './count.ts';
import { actionsOf, type CampaignWithCount, findPublishedCampaign, readPublishedCampaign } from './find.ts';
import { campaignMeta, campaignShare, campaignView, peopleView } from './view.ts';

/** A campaign's page may be this old, in seconds. */
const pageAge = 10;

/** What the public sees of campaigns: the page, how many people take part, and the stream of that. */
export function campaignRoutes(platform: Platform, live: LiveCounts): Router {
  const router = Router();
  const path = '/campaigns/:slug';

  router.get(path, async (request, response) => {
    const key = ['campaign', request.params.slug, languageAsked(request)];
    const isSent = await sendRecent(request, response, { key, seconds: pageAge }, () =>
      makePage(platform, request),
    );
    if (!isSent) await redirectOrFail(platform, request, response);
  });

  router.get(`${path}/count.json`, async (request, response) => {
    const { count } = await findOr404(platform, request.params.slug);
    sendCount(response, count.public);
  });

  router.get(`${path}/events`, async (request, response) => {
    const { campaign } = await findOr404(platform, request.params.slug);
    await streamCount(platform, live, request, response, {
      id: campaign._id.toHexString(),
      read: async () => (await readCampaignCount(campaign)).public,
    });
  });

  router.all([path, `${path}/count.json`, `${path}/events`], allowOnly('GET', 'HEAD'));
  return router;
}

async function findOr404(platform: Platform, slug: string): Promise<CampaignWithCount> {
  const found = await findPublishedCampaign(platform, slug, new Date());
  if (!found) throw new HttpError(404);
  return found;
}

/** Where the page is not: at another address now, or nowhere. */
async function redirectOrFail(platform: Platform, request: Request, response: Response): Promise<void> {
  const slug = String(request.params.slug);
  const { campaign } = await findOr404(platform, slug);
  // Not for ever: the campaign may get its old address back.
  cachePublicly(response, pageAge);
  response.redirect(301, request.originalUrl.replace(slug, campaign.slug));
}

async function makePage(platform: Platform, request: Request): Promise<Kept | undefined> {
  const now = new Date();
  const slug = String(request.params.slug);
  const found = await readPublishedCampaign(slug, now);
  if (found?.campaign.slug !== slug) return undefined;
  const lang = languageOf(request, found.campaign.language);
  return keepPage(request, 'campaigns/show', await campaignContext(platform, found, lang, now));
}

/** The campaign's page; `isPreview` before anybody else may see it. */
export async function campaignContext(
  platform: Pick<Platform, 'env'>,
  { campaign, count }: { campaign: Campaign; count: CampaignCount },
  lang: Language,
  now: Date,
  isPreview = false,
) {
  const { BASE_URL } = platform.env;
  const actions = await actionsOf(campaign, now);
  const officials = await officialCards(
    actions.map(({ petition }) => petition),
    lang,
    now,
  );
  return {
    lang,
    page: { ...campaignMeta(campaign, lang, BASE_URL), noindex: isPreview },
    isPreview,
    campaign: campaignView(campaign, lang, now),
    people: peopleView(campaign, count),
    actions: actions.map(({ petition, count: signed }) => ({
      ...cardView(petition, signed, lang, now),
      linked: officials.get(petition._id.toHexString()),
    })),
    share: campaignShare(campaign, lang, BASE_URL),
  };
}
