import { type Request, type Response, Router } from 'express';
import { listPublishedCampaigns, publicCampaignsWith } from '../campaigns/find.ts';
import { campaignCard, campaignHeadline } from '../campaigns/view.ts';
import { allowOnly, HttpError } from '../errors.ts';
import { letterContext } from '../letters/view.ts';
import { officialCards, officialView } from '../linked/view.ts';
import { translate } from '../locales.ts';
import { isOffered } from '../newsletter/offer.ts';
import { signatoriesOnPage } from '../open-letters/view.ts';
import { cachePublicly, inLanguage, type Kept, keepPage, languageOf, sendKept, showPage } from '../page.ts';
import type { Platform } from '../platform.ts';
import { type Looked, representativesView } from '../representatives/view.ts';
import { signatureFormView } from '../signatures/form-view.ts';
import type { Count } from '../tallies/tally.ts';
import { latestUpdates, missedView } from '../updates/missed.ts';
import { updatesView } from '../updates/view.ts';
import { findPublished, listPublished, readPublished } from './find.ts';
import type { Language, Petition } from './petition.ts';
import { withdrawalOf } from './phase.ts';
import { shareView } from './share.ts';
import { listVersions, versionOf } from './versions/version.ts';
import { lastChangeView } from './versions/view.ts';
import * as view from './view.ts';

/** A petition's page may be this old, in seconds. */
const pageAge = 10;

/** What the pages below one petition's address begin with. */
export type PetitionPage = { petition: Petition; count: Count; lang: Language; now: Date };

/**
 * Finds the petition of `:slug`. Where it was withdrawn or has another address now, sends the page that says so and
 * returns undefined. A form that was sent to an old address is taken: its page was open while the petition moved.
 */
export async function openPetition(request: Request, response: Response): Promise<PetitionPage | undefined> {
  const now = new Date();
  const slug = String(request.params.slug);
  const found = await findPublished(request.app.locals.platform as Platform, slug, now);
  if (!found) throw new HttpError(404);
  const { petition } = found;
  if (petition.slug !== slug && isRead(request)) {
    // Not for ever: the petition may get its old address back.
    cachePublicly(response, pageAge);
    response.redirect(301, request.originalUrl.replace(slug, petition.slug));
    return undefined;
  }
  const lang = languageOf(request, petition.language);
  const withdrawal = withdrawalOf(petition);
  if (!withdrawal) return { ...found, lang, now };

  const { title } = view.headlineView(petition, lang, now);
  showPage(request, response.status(410), 'petitions/gone', {
    lang,
    page: { title, noindex: true },
    petition: view.headlineView(petition, lang, now),
    withdrawn: { date: withdrawal.at, note: withdrawal.note?.[lang] },
  });
  return undefined;
}

const isRead = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD';

/** The petition's page with what was typed into its form, and what is wrong with it. */
export async function showPetition(
  platform: Platform,
  request: Request,
  response: Response,
  opened: PetitionPage,
  form: FormShown,
): Promise<void> {
  // A page that says we cannot answer must not need the database.
  const context = await petitionContext(platform, opened, form, response.statusCode !== 503);
  showPage(request, response, 'petitions/show', context);
}

type FormShown = Parameters<typeof signatureFormView>[3] & { representatives?: Looked };

/** The petition's page, with its form while it is open. */
async function petitionContext(
  platform: Platform,
  { petition, count, lang, now }: PetitionPage,
  form: FormShown,
  isWhole = true,
) {
  const shown = view.petitionView(petition, lang, now);
  return {
    lang,
    page: view.petitionMeta(petition, lang, platform.env.BASE_URL),
    petition: shown,
    scripts: { live: true, sign: shown.isOpen },
    progress: view.progressView(petition, count),
    textChange:
      versionOf(petition) > 1
        ? {
            at: lastChangeView(petition, await listVersions(petition), lang, now),
            url: view.petitionUrl(petition, lang, 'versions'),
          }
        : undefined,
    supporters: isWhole ? await view.supportersView(platform, petition, lang, now) : [],
    updates: isWhole ? await updatesView(petition, lang) : undefined,
    campaigns: isWhole
      ? (await publicCampaignsWith(petition._id, now)).map((campaign) =>
          campaignHeadline(campaign, lang, now),
        )
      : [],
    official: isWhole ? await officialView(petition, lang, now) : undefined,
    openLetter:
      isWhole && petition.kind === 'openLetter'
        ? await signatoriesOnPage(platform, petition, lang)
        : undefined,
    form: shown.isOpen ? signatureFormView(platform, petition, lang, form) : undefined,
    representatives: shown.isOpen
      ? await representativesView(petition, lang, form.typed, form.representatives, isWhole)
      : undefined,
    ...(petition.kind === 'letter' && (await letterContext(petition, count, lang, form.typed, isWhole))),
  };
}

/** Makes the page everybody sees; undefined where the petition is not there, has moved or was withdrawn. */
async function makePage(platform: Platform, request: Request): Promise<Kept | undefined> {
  const now = new Date();
  const slug = String(request.params.slug);
  const found = await readPublished(slug, now);
  if (found?.petition.slug !== slug || withdrawalOf(found.petition)) return undefined;
  const opened = { ...found, lang: languageOf(request, found.petition.language), now };
  const context = await petitionContext(platform, opened, { typed: { ref: refOf(request) } });
  return keepPage(request, 'petitions/show', context);
}

/** Where a signer comes from, as the address says. Anything else in a query changes nothing. */
const refOf = ({ query }: Request): string => (typeof query.ref === 'string' ? query.ref : '');
const pageKey = (request: Request): string =>
  JSON.stringify([request.params.slug, request.query.lang, refOf(request)]);

export function petitionRoutes(platform: Platform): Router {
  const router = Router();

  router.get('/', async (request, response) => {
    const now = new Date();
    const lang = languageOf(request);
    const petitions = await listPublished(now);
    const officials = await officialCards(
      petitions.map(({ petition }) => petition),
      lang,
      now,
    );
    const cards = petitions
      .filter(({ petition }) => !withdrawalOf(petition))
      .map(({ petition, count }) => ({
        ...view.cardView(petition, count, lang, now),
        linked: officials.get(petition._id.toHexString()),
        phase: count.public.phase,
      }));
    const inPhase = (phase: string) => cards.filter((card) => card.phase === phase);
    cachePublicly(response, pageAge);
    showPage(request, response, 'petitions/index', {
      lang,
      page: {
        title: translate(lang, 'site.petitions'),
        description: translate(lang, 'site.tagline'),
        canonical: platform.env.BASE_URL + inLanguage('/', lang),
        image: platform.env.BASE_URL + view.shareImage(),
        feed: platform.env.BASE_URL + inLanguage('/feed.xml', lang),
        alternates: view.alternates(platform.env.BASE_URL, ['en', 'fr'], (other) => inLanguage('/', other)),
      },
      campaigns: (await listPublishedCampaigns(now)).map(({ campaign, count, actions }) => ({
        ...campaignCard(campaign, count, lang, now),
        actions,
      })),
      newsletterUrl: (await isOffered()) ? inLanguage('/newsletter', lang) : undefined,
      open: inPhase('open'),
      upcoming: inPhase('upcoming'),
      finished: inPhase('closed'),
    });
  });

  router.get('/petitions/:slug', async (request, response) => {
    const page = await platform.recent.pages.get(pageKey(request), () => makePage(platform, request));
    if (page) {
      cachePublicly(response, pageAge);
      sendKept(request, response, page);
    } else await openPetition(request, response);
  });

  router.get('/petitions/:slug/check-your-email', async (request, response) => {
    const opened = await openPetition(request, response);
    if (opened)
      await showCheckYourEmail(platform, request, response, opened, { sent: request.query.sent === '1' });
  });

  router.get('/petitions/:slug/signed', async (request, response) => {
    const opened = await openPetition(request, response);
    if (!opened) return;
    const { petition, count, lang, now } = opened;
    showPage(request, response, 'petitions/signed', {
      lang,
      page: view.petitionMeta(petition, lang, platform.env.BASE_URL, 'signed'),
      petition: view.headlineView(petition, lang, now),
      progress: view.progressView(petition, count),
      official: await officialView(petition, lang, now),
      missed: missedView(petition, await latestUpdates(petition), now, lang),
      share: shareView(petition, lang, platform.env.BASE_URL),
      donationUrl: petition.donationUrl,
      newsletterUrl: petition.newsletterUrl,
      hasNewsletter: await isOffered(),
    });
  });

  router.all(
    ['/', '/petitions/:slug', '/petitions/:slug/check-your-email', '/petitions/:slug/signed'],
    allowOnly('GET', 'HEAD'),
  );
  return router;
}

/** Where a signer lands; `resend` is what the form for another mail says. */
export async function showCheckYourEmail(
  platform: Platform,
  request: Request,
  response: Response,
  { petition, count, lang, now }: PetitionPage,
  resend: { sent?: boolean; error?: string; email?: string },
): Promise<void> {
  showPage(request, response, 'petitions/check-your-email', {
    lang,
    page: view.petitionMeta(petition, lang, platform.env.BASE_URL, 'check-your-email'),
    petition: view.headlineView(petition, lang, now),
    progress: view.progressView(petition, count),
    official: await officialView(petition, lang, now),
    resend: {
      action: `/petitions/${petition.slug}/confirmations`,
      sent: resend.sent,
      errors: { email: resend.error },
      values: { email: resend.email ?? '' },
    },
    signAgainUrl: `${view.petitionUrl(petition, lang)}#sign`,
  });
}
