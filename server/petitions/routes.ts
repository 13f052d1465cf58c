import { type Request, type Response, Router } from 'express';
import { allowOnly, HttpError } from '../errors.ts';
import { officialView } from '../linked/view.ts';
import { isOffered } from '../newsletter/offer.ts';
import {
  cachePublicly,
  type Kept,
  keepPage,
  languageAsked,
  languageOf,
  sendRecent,
  showPage,
} from '../page.ts';
import type { Platform } from '../platform.ts';
import { linkRef } from '../signatures/form.ts';
import { latestUpdates, missedView } from '../updates/missed.ts';
import { findPublished, readPublished } from './find.ts';
import { homeContext } from './home.ts';
import { withdrawalOf } from './phase.ts';
import { shareView } from './share.ts';
import { type FormShown, type PetitionPage, petitionContext } from './show.ts';
import * as view from './view.ts';

/** A petition's page may be this old, in seconds. */
const pageAge = 10;

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

/** Which link brought the visitor, as far as a signature keeps it. Anything else in a query changes nothing. */
const refOf = ({ query }: Request): string => linkRef.parse(query.ref) ?? '';

export function petitionRoutes(platform: Platform): Router {
  const router = Router();

  router.get('/', async (request, response) => {
    const lang = languageOf(request);
    const key = { key: ['home', lang], seconds: pageAge };
    await sendRecent(request, response, key, async () =>
      keepPage(request, 'petitions/index', await homeContext(platform, lang, new Date())),
    );
  });

  router.get('/petitions/:slug', async (request, response) => {
    const key = ['petition', request.params.slug, languageAsked(request), refOf(request)];
    const isSent = await sendRecent(request, response, { key, seconds: pageAge }, () =>
      makePage(platform, request),
    );
    if (!isSent) await openPetition(request, response);
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
