import { type Request, type Response, Router } from 'express';
import { allowOnly, sendError } from '../errors.ts';
import { ownLetterView } from '../letters/view.ts';
import { translate } from '../locales.ts';
import { formBody, formOf } from '../middleware/form-body.ts';
import { blockOf, limitBy } from '../middleware/rate-limits.ts';
import { inLanguage, languageOf, seeOther, showPage } from '../page.ts';
import type { Language } from '../petitions/petition.ts';
import { openPetition, showCheckYourEmail } from '../petitions/routes.ts';
import { headlineView, petitionMeta, petitionUrl } from '../petitions/view.ts';
import type { Platform } from '../platform.ts';
import { requestMailAgain, requestNewLinks } from '../signatures/again.ts';
import { errorMessages } from '../signatures/form-view.ts';
import { signatureView } from '../signatures/view.ts';
import { parseAddress } from '../signers/address.ts';
import { latestUpdates, missedView } from '../updates/missed.ts';
import { type Confirmation, confirmSignature, findConfirmation } from './confirm.ts';

/** Confirming a signature, and asking for the mail once more. GET and HEAD change nothing: mail scanners follow every link. */
export function confirmationRoutes(platform: Platform): Router {
  const router = Router();
  const tooMany = (request: Request, response: Response, again: Date) =>
    sendError(request, response, 429, again);
  const emailKeyOf = (request: Request) => platform.vault.emailKeyOf(formOf(request).email ?? '');
  const resendLimits = [
    formBody(),
    limitBy(platform, { resendPerBlock: blockOf(platform), resendPerAddress: emailKeyOf }, tooMany),
  ];

  router.use('/confirm/:token', limitBy(platform, { linkPerBlock: blockOf(platform) }, tooMany));
  router.get('/confirm/:token', async (request, response) => {
    await showConfirmation(
      platform,
      request,
      response,
      await findConfirmation(platform, request.params.token),
    );
  });
  router.post('/confirm/:token', async (request, response) => {
    const confirmation = await confirmSignature(platform, request.params.token);
    platform.metrics.confirmations.inc({ outcome: confirmation.outcome });
    await showConfirmation(platform, request, response, confirmation);
  });

  router.post('/petitions/:slug/confirmations', ...resendLimits, (request: Request, response: Response) =>
    mailAgain(platform, request, response),
  );
  router.get('/confirmations', (request, response) => {
    showNewLink(request, response, { sent: request.query.sent === '1' });
  });
  router.post('/confirmations', ...resendLimits, (request: Request, response: Response) =>
    mailNewLinks(platform, request, response),
  );

  router.all('/petitions/:slug/confirmations', allowOnly('POST'));
  router.all(['/confirm/:token', '/confirmations'], allowOnly('GET', 'HEAD', 'POST'));
  return router;
}

async function mailAgain(platform: Platform, request: Request, response: Response): Promise<void> {
  const opened = await openPetition(request, response);
  if (!opened) return;
  const { petition, lang, now } = opened;
  const typed = readEmail(request, lang);
  if (typed.error) return showCheckYourEmail(platform, request, response.status(422), opened, typed);
  await requestMailAgain(platform, petition, typed.canonical, now);
  response.redirect(303, withQuery(petitionUrl(petition, lang, 'check-your-email'), 'sent=1'));
}

async function mailNewLinks(platform: Platform, request: Request, response: Response): Promise<void> {
  const lang = languageOf(request);
  const typed = readEmail(request, lang);
  if (typed.error) return showNewLink(request, response.status(422), typed);
  await requestNewLinks(platform, typed.canonical);
  response.redirect(303, withQuery(inLanguage('/confirmations', lang), 'sent=1'));
}

const withQuery = (path: string, query: string): string => `${path}${path.includes('?') ? '&' : '?'}${query}`;

/** The address in a form that has no other field. */
function readEmail(request: Request, lang: Language): { email: string; canonical: string; error?: string } {
  const { email = '' } = formOf(request);
  const address = parseAddress(email);
  if (address) return { email, canonical: address.canonical };
  const { email: error } = errorMessages(lang, { email: email.trim() ? 'malformed' : 'missing' });
  return { email, canonical: '', error };
}

/** A link that leads nowhere, and the way to a new one. */
function showNewLink(
  request: Request,
  response: Response,
  resend: { sent?: boolean; error?: string; email?: string },
  reason?: 'unknown' | 'expired',
): void {
  const lang = languageOf(request);
  const heading = reason ? `confirmProblem.${reason}.heading` : 'confirmProblem.resend';
  showPage(request, response, 'signatures/confirm-problem', {
    lang,
    page: { title: translate(lang, heading), noindex: true },
    reason: reason ?? 'resend',
    resend: {
      action: '/confirmations',
      sent: resend.sent,
      errors: { email: resend.error },
      values: { email: resend.email ?? '' },
    },
  });
}

async function showConfirmation(
  platform: Platform,
  request: Request,
  response: Response,
  confirmation: Confirmation,
): Promise<void> {
  const now = new Date();
  if (!('signature' in confirmation)) {
    const status = confirmation.outcome === 'unknown' ? 404 : 410;
    showNewLink(request, response.status(status), {}, confirmation.outcome);
    return;
  }
  const { petition, signature, outcome } = confirmation;
  const lang = signature.language as Language;
  if (outcome === 'confirmed') {
    seeOther(response, petitionUrl(petition, lang, 'signed'));
    return;
  }

  const context = {
    lang,
    page: petitionMeta(petition, lang, platform.env.BASE_URL, 'confirm'),
    petition: headlineView(petition, lang, now),
  };
  if (outcome === 'confirmable') {
    const action = request.originalUrl;
    showPage(request, response, 'signatures/confirm', {
      ...context,
      action,
      missed: missedView(petition, await latestUpdates(petition), signature.createdAt, lang),
      signature: signatureView(platform, signature),
      letter: await ownLetterView(platform, petition, signature),
    });
    return;
  }
  showPage(request, response.status(410), 'signatures/confirm-problem', { ...context, reason: outcome });
}
