import { type Request, type Response, Router } from 'express';
import { checkCaptcha } from '../captcha/captcha.ts';
import { sendError, statusOf, wantsJson } from '../errors.ts';
import { inWords, translate } from '../locales.ts';
import { type FormBody, formBody } from '../middleware/form-body.ts';
import { blockOf, limitBy } from '../middleware/rate-limits.ts';
import { inLanguage, languageOf, showPage } from '../page.ts';
import type { Language } from '../petitions/petition.ts';
import { openPetition, showCheckYourEmail, showPetition } from '../petitions/routes.ts';
import { headlineView, petitionMeta, petitionUrl } from '../petitions/view.ts';
import type { Platform } from '../platform.ts';
import { parseAddress } from '../signers/address.ts';
import { type Confirmation, confirmSignature, findConfirmation } from './confirm.ts';
import { type FieldProblems, parseSignatureForm } from './form.ts';
import { errorMessages } from './form-view.ts';
import { requestMailAgain, requestNewLinks, signPetition } from './sign.ts';
import { signatureView } from './view.ts';

const notOpen = { draft: 404, upcoming: 409, closed: 410 } as const;

export function signatureRoutes(platform: Platform): Router {
  const router = Router();
  const emailKeyOf = (request: Request) => platform.vault.emailKeyOf(bodyOf(request).email ?? '');
  const refuseSigning = (request: Request, response: Response, again: Date) =>
    refuse(platform, request, response, 429, { form: 'tooMany' }, again);
  const refuseLink = (request: Request, response: Response, again: Date) =>
    sendError(request, response, 429, again);

  router.post(
    '/petitions/:slug/signatures',
    formBody(),
    limitBy(platform, 'signPerBlock', blockOf, refuseSigning),
    limitBy(platform, 'signPerAddress', emailKeyOf, refuseSigning),
    limitBy(platform, 'signPerPetition', ({ params }) => String(params.slug), refuseSigning),
    (request, response) => receiveSignature(platform, request, response),
  );

  router.post(
    '/petitions/:slug/confirmations',
    formBody(),
    limitBy(platform, 'resendPerBlock', blockOf, refuseLink),
    limitBy(platform, 'resendPerAddress', emailKeyOf, refuseLink),
    (request, response) => mailAgain(platform, request, response),
  );

  router.use('/confirm/:token', limitBy(platform, 'linkPerBlock', blockOf, refuseLink));
  router.get('/confirm/:token', async (request, response) => {
    showConfirmation(platform, request, response, await findConfirmation(platform, request.params.token));
  });
  router.post('/confirm/:token', async (request, response) => {
    showConfirmation(platform, request, response, await confirmSignature(platform, request.params.token));
  });

  router.get('/confirmations', (request, response) => {
    showNewLink(request, response, { sent: request.query.sent === '1' });
  });
  router.post(
    '/confirmations',
    formBody(),
    limitBy(platform, 'resendPerBlock', blockOf, refuseLink),
    limitBy(platform, 'resendPerAddress', emailKeyOf, refuseLink),
    (request, response) => mailNewLinks(platform, request, response),
  );

  router.all(
    ['/petitions/:slug/signatures', '/petitions/:slug/confirmations', '/confirm/:token', '/confirmations'],
    (request, response) => sendError(request, response, 405),
  );
  return router;
}

const bodyOf = (request: Request): FormBody => request.body as FormBody;

async function receiveSignature(platform: Platform, request: Request, response: Response): Promise<void> {
  const opened = await openPetition(request, response);
  if (!opened) return;
  const { petition, lang, now, count } = opened;
  const { phase } = count.public;
  if (phase !== 'open') return refuse(platform, request, response, notOpen[phase], { form: 'closed' });

  const parsed = parseSignatureForm(bodyOf(request));
  if (parsed.outcome === 'refused') return refuse(platform, request, response, 422, parsed.problems);

  const ip = request.ip ?? '';
  const captcha = await checkCaptcha(platform.env, parsed.form['h-captcha-response'], ip, platform.log);
  if (captcha !== 'passed') {
    return refuse(platform, request, response, captcha === 'unavailable' ? 503 : 422, { captcha });
  }

  try {
    await signPetition(platform, petition, parsed.form, {
      ip,
      page: petitionUrl(petition, lang),
      language: lang,
      now,
    });
  } catch (error) {
    if (statusOf(error) !== 503) throw error;
    platform.log.error({ err: error, requestId: request.id }, 'a signature could not be stored');
    return refuse(platform, request, response, 503, { form: 'unavailable' });
  }
  response.redirect(303, petitionUrl(petition, lang, 'check-your-email'));
}

/** Shows the page again with all that was typed, and what is wrong; problem details to programs. */
async function refuse(
  platform: Platform,
  request: Request,
  response: Response,
  status: number,
  problems: FieldProblems,
  again?: Date,
): Promise<void> {
  const opened = await openPetition(request, response);
  if (!opened) return;
  const { lang, now } = opened;
  if (status === 503) response.set('Retry-After', '30');
  const values = { inWords: inWords(lang, again ?? now, now) };
  response.status(status).set('Cache-Control', 'no-store');
  if (wantsJson(request)) return sendProblem(response, status, errorMessages(lang, problems, values));
  await showPetition(platform, request, response, opened, { typed: bodyOf(request), problems, values });
}

function sendProblem(response: Response, status: number, errors: object): void {
  const problem = { type: 'about:blank', title: 'The signature was not taken', status, errors };
  response.type('application/problem+json').send(JSON.stringify(problem));
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
  const { email = '' } = bodyOf(request);
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

function showConfirmation(
  platform: Platform,
  request: Request,
  response: Response,
  confirmation: Confirmation,
): void {
  const now = new Date();
  if (!('signature' in confirmation)) {
    const status = confirmation.outcome === 'unknown' ? 404 : 410;
    showNewLink(request, response.status(status), {}, confirmation.outcome);
    return;
  }
  const { petition, signature, outcome } = confirmation;
  const lang = signature.language as Language;
  if (outcome === 'confirmed') {
    response.redirect(303, petitionUrl(petition, lang, 'signed'));
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
      signature: signatureView(platform, signature),
    });
    return;
  }
  showPage(request, response.status(410), 'signatures/confirm-problem', { ...context, reason: outcome });
}
