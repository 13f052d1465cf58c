import { type Request, type Response, Router } from 'express';
import { checkCaptcha } from '../captcha/captcha.ts';
import { allowOnly, sendError, statusOf } from '../errors.ts';
import { sendFeed } from '../feeds/routes.ts';
import { translate } from '../locales.ts';
import { formBody, formOf } from '../middleware/form-body.ts';
import { addressOf, blockOf, limitBy } from '../middleware/rate-limits.ts';
import { alternates, cachePublicly, inLanguage, languageOf, showPage } from '../page.ts';
import type { Language } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { newsletterCommentRoutes, pageAge, type Refusal, refuseForm } from './comments/routes.ts';
import { confirmSubscription, findSubscription, type Subscription } from './confirm.ts';
import { wordingOf } from './consent.ts';
import { parseSubscription } from './form.ts';
import { newsletterFeed } from './issues/feed.ts';
import { newsletterUrl } from './issues/mail.ts';
import { newsletterReaderRoutes } from './reader/routes.ts';
import { subscribe } from './subscribe.ts';
import { type FormShown, issuesView, subscriptionFormView } from './view.ts';

/** The newsletter as the public knows it: joining it, reading it, writing below it, leaving it. */
export function newsletterRoutes(platform: Platform): Router {
  const router = Router();
  const { env, vault } = platform;
  const emailKeyOf = (request: Request) => vault.emailKeyOf(formOf(request).email ?? '');
  const keys = { newsletterPerBlock: blockOf(platform), newsletterPerAddress: emailKeyOf };

  router.get('/newsletter', async (request, response) => {
    cachePublicly(response, pageAge);
    const from = request.query.from === 'signed' ? 'signed' : '';
    await showNewsletter(platform, request, response, { typed: { from } });
  });
  router.post(
    '/newsletter/subscriptions',
    formBody(),
    limitBy(platform, keys, (request, response, again) =>
      refuse(platform, request, response, { status: 429, problems: { form: 'tooMany' }, again }),
    ),
    (request: Request, response: Response) => receiveSubscription(platform, request, response),
  );
  for (const page of ['check-your-email', 'subscribed'] as const)
    router.get(`/newsletter/${page}`, (request, response) => {
      const lang = languageOf(request);
      const title = translate(lang, `newsletter.${page === 'subscribed' ? 'subscribed' : 'check'}.heading`);
      showPage(request, response, `newsletter/${page}`, {
        ...{ lang, page: { title, noindex: true }, newsletterUrl: newsletterUrl(lang) },
      });
    });
  router.get('/newsletter/feed.xml', async (request, response) => {
    sendFeed(request, response, await newsletterFeed(platform, languageOf(request)));
  });

  const limit = limitBy(platform, { linkPerBlock: blockOf(platform) }, (request, response, again) =>
    sendError(request, response, 429, again),
  );
  router.use('/newsletter/confirm/:token', limit);
  router.get('/newsletter/confirm/:token', async (request, response) => {
    showSubscription(env, request, response, await findSubscription(platform, request.params.token));
  });
  router.post('/newsletter/confirm/:token', async (request, response) => {
    showSubscription(env, request, response, await confirmSubscription(platform, request.params.token));
  });
  router.use(newsletterReaderRoutes(platform, limit));
  router.use(newsletterCommentRoutes(platform, limit, keys));

  router.all(
    ['/newsletter', '/newsletter/check-your-email', '/newsletter/subscribed', '/newsletter/feed.xml'],
    allowOnly('GET', 'HEAD'),
  );
  router.all('/newsletter/subscriptions', allowOnly('POST'));
  router.all('/newsletter/confirm/:token', allowOnly('GET', 'HEAD', 'POST'));
  return router;
}

async function receiveSubscription(platform: Platform, request: Request, response: Response): Promise<void> {
  const { env, log, metrics } = platform;
  const lang = languageOf(request);
  const typed = formOf(request);
  const parsed = parseSubscription(typed, wordingOf(env, 'newsletter.consent', lang).version);
  if (parsed.outcome === 'refused')
    return refuse(platform, request, response, { status: 422, problems: parsed.problems });
  const captcha = await checkCaptcha(env, parsed.form['h-captcha-response'], addressOf(request), log);
  metrics.captchas.inc({ outcome: captcha });
  if (captcha !== 'passed')
    return refuse(platform, request, response, {
      ...{ status: captcha === 'unavailable' ? 503 : 422, problems: { captcha } },
    });
  try {
    const page = parsed.form.from === 'signed' ? '/newsletter?from=signed' : '/newsletter';
    await subscribe(platform, parsed.form, { page: inLanguage(page, lang), lang });
  } catch (error) {
    if (statusOf(error) !== 503) throw error;
    log.error({ err: error, requestId: request.id }, 'a subscription could not be stored');
    return refuse(platform, request, response, { status: 503, problems: { form: 'unavailable' } });
  }
  response.redirect(303, inLanguage('/newsletter/check-your-email', lang));
}

const refuse = (platform: Platform, request: Request, response: Response, refusal: Refusal): Promise<void> =>
  refuseForm(request, response, refusal, (form) => showNewsletter(platform, request, response, form));

async function showNewsletter(
  platform: Platform,
  request: Request,
  response: Response,
  form: FormShown,
): Promise<void> {
  const { env } = platform;
  const lang = languageOf(request);
  showPage(request, response, 'newsletter/index', {
    lang,
    page: {
      title: translate(lang, 'newsletter.heading'),
      description: translate(lang, 'newsletter.lead', { sender: env.SENDER_NAME }),
      canonical: env.BASE_URL + newsletterUrl(lang),
      feed: env.BASE_URL + inLanguage('/newsletter/feed.xml', lang),
      alternates: alternates(env.BASE_URL, ['en', 'fr'], newsletterUrl),
    },
    form: subscriptionFormView(platform, lang, form),
    // A page that says we cannot answer must not need the database.
    issues: response.statusCode === 503 ? [] : await issuesView(lang),
  });
}

function showSubscription(
  env: Platform['env'],
  request: Request,
  response: Response,
  found: Subscription,
): void {
  const lang = 'subscriber' in found ? (found.subscriber.language as Language) : languageOf(request);
  if (found.outcome === 'subscribed') {
    response.redirect(303, inLanguage('/newsletter/subscribed', lang));
    return;
  }
  const isConfirmable = found.outcome === 'confirmable';
  if (!isConfirmable) response.status(found.outcome === 'unknown' ? 404 : 410);
  const title = translate(lang, isConfirmable ? 'newsletter.confirm.heading' : 'newsletter.problem.heading');
  showPage(request, response, 'newsletter/confirm', {
    ...{ lang, page: { title, noindex: true }, outcome: found.outcome, newsletterUrl: newsletterUrl(lang) },
    action: request.originalUrl,
    consentWording: wordingOf(env, 'newsletter.consent', lang).wording,
  });
}
