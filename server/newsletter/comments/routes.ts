import { type Request, type RequestHandler, type Response, Router } from 'express';
import { checkCaptcha } from '../../captcha/captcha.ts';
import { allowOnly, HttpError, statusOf, wantsJson } from '../../errors.ts';
import { inWords, translate } from '../../locales.ts';
import { formBody, formOf } from '../../middleware/form-body.ts';
import { addressOf, limitBy } from '../../middleware/rate-limits.ts';
import { alternates, cachePublicly, languageOf, showPage } from '../../page.ts';
import type { Language } from '../../petitions/petition.ts';
import type { Platform } from '../../platform.ts';
import type { FieldProblems } from '../../signatures/form.ts';
import { languagesIn } from '../../updates/publication.ts';
import { Issue, issueTextIn } from '../issues/issue.ts';
import { issueUrl, newsletterUrl } from '../issues/mail.ts';
import {
  commentFormView,
  commentsView,
  type FormShown,
  findPublishedIssue,
  issueView,
  problemMessages,
} from '../view.ts';
import { openComment } from './comment.ts';
import { type Confirmed, confirmComment, findComment, parseComment, writeComment } from './write.ts';

/** The newsletter's pages may be this old, in seconds. */
export const pageAge = 60;

/** Issues as the public reads them, and what readers write below. */
export function newsletterCommentRoutes(
  platform: Platform,
  limit: RequestHandler,
  keys: Parameters<typeof limitBy>[1],
): Router {
  const router = Router();
  router.use('/newsletter/comments/:token', limit);
  router.get('/newsletter/comments/:token', async (request, response) => {
    await showConfirmation(platform, request, response, await findComment(platform, request.params.token));
  });
  router.post('/newsletter/comments/:token', async (request, response) => {
    await showConfirmation(platform, request, response, await confirmComment(platform, request.params.token));
  });

  router.get('/newsletter/:slug', async (request, response) => {
    const issue = await issueOf(request);
    cachePublicly(response, pageAge);
    await showIssue(platform, request, response, issue, { typed: {} });
  });
  router.post(
    '/newsletter/:slug/comments',
    formBody(),
    limitBy(platform, keys, async (request, response, again) =>
      refuse(platform, request, response, await issueOf(request), {
        ...{ status: 429, problems: { form: 'tooMany' }, again },
      }),
    ),
    (request: Request, response: Response) => receiveComment(platform, request, response),
  );
  router.get('/newsletter/:slug/comments/received', async (request, response) => {
    const issue = await issueOf(request);
    const lang = languageOf(request);
    showPage(request, response, 'newsletter/comment-received', {
      ...{ lang, page: { title: translate(lang, 'newsletter.check.heading'), noindex: true } },
      issueUrl: issueUrl(issue, lang),
    });
  });

  router.all('/newsletter/comments/:token', allowOnly('GET', 'HEAD', 'POST'));
  router.all('/newsletter/:slug/comments', allowOnly('POST'));
  router.all(['/newsletter/:slug', '/newsletter/:slug/comments/received'], allowOnly('GET', 'HEAD'));
  return router;
}

async function issueOf({ params }: Request): Promise<Issue> {
  const slug = String(params.slug);
  const issue = /^\d{4}-\d{2}-\d{2}-[a-z0-9-]{1,80}$/.test(slug) && (await findPublishedIssue(slug));
  if (!issue) throw new HttpError(404);
  return issue;
}

async function receiveComment(platform: Platform, request: Request, response: Response): Promise<void> {
  const { env, log, metrics } = platform;
  const issue = await issueOf(request);
  const lang = languageOf(request);
  const parsed = parseComment(formOf(request));
  if (parsed.outcome === 'refused')
    return refuse(platform, request, response, issue, { status: 422, problems: parsed.problems });
  const captcha = await checkCaptcha(env, parsed.form['h-captcha-response'], addressOf(request), log);
  metrics.captchas.inc({ outcome: captcha });
  if (captcha !== 'passed')
    return refuse(platform, request, response, issue, {
      ...{ status: captcha === 'unavailable' ? 503 : 422, problems: { captcha } },
    });
  try {
    await writeComment(platform, issue, parsed.form, { page: issueUrl(issue, lang), lang });
  } catch (error) {
    if (statusOf(error) !== 503) throw error;
    return refuse(platform, request, response, issue, { status: 503, problems: { form: 'unavailable' } });
  }
  response.redirect(303, issueUrl(issue, lang, '/comments/received'));
}

const refuse = (
  platform: Platform,
  request: Request,
  response: Response,
  issue: Issue,
  refusal: Refusal,
): Promise<void> =>
  refuseForm(request, response, refusal, (form) => showIssue(platform, request, response, issue, form));

export type Refusal = { status: number; problems: FieldProblems; again?: Date | undefined };

/** Shows a page again with all that was typed, and what is wrong; problem details to programs. */
export async function refuseForm(
  request: Request,
  response: Response,
  { status, problems, again }: Refusal,
  showAgain: (form: FormShown) => Promise<void>,
): Promise<void> {
  const lang = languageOf(request);
  const now = new Date();
  if (status === 503) response.set('Retry-After', '30');
  response.status(status).set('Cache-Control', 'no-store');
  const form = { typed: formOf(request), problems, values: { inWords: inWords(lang, again ?? now, now) } };
  if (!wantsJson(request)) return showAgain(form);
  const title = translate(lang, 'newsletter.error.title');
  const problem = { type: 'about:blank', title, status, errors: problemMessages(lang, form) };
  response.type('application/problem+json').send(JSON.stringify(problem));
}

async function showIssue(
  platform: Platform,
  request: Request,
  response: Response,
  issue: Issue,
  form: FormShown,
): Promise<void> {
  const { env } = platform;
  const lang = languageOf(request, issueTextIn(issue, 'en').lang);
  const isWhole = response.statusCode !== 503;
  const { subject, preview } = issueTextIn(issue, lang);
  const address = (language: Language) => env.BASE_URL + issueUrl(issue, language);
  showPage(request, response, 'newsletter/issue', {
    lang,
    page: {
      ...{ title: subject, description: preview, type: 'article', canonical: address(lang) },
      alternates: alternates(env.BASE_URL, languagesIn(issue), (other) => issueUrl(issue, other)),
    },
    newsletterUrl: newsletterUrl(lang),
    issue: isWhole ? await issueView(platform, issue, lang) : { subject },
    comments: isWhole ? await commentsView(platform, issue, lang) : [],
    form: commentFormView(platform, issue, lang, form),
  });
}

async function showConfirmation(
  platform: Platform,
  request: Request,
  response: Response,
  found: Confirmed,
): Promise<void> {
  const comment = 'comment' in found ? found.comment : undefined;
  const lang = (comment?.language as Language | undefined) ?? languageOf(request);
  if (!comment) response.status(found.outcome === 'unknown' ? 404 : 410);
  const issue = comment && (await Issue.findById(comment.issue).lean<Issue>());
  const heading = comment ? `newsletter.comment.${found.outcome}.heading` : 'newsletter.problem.heading';
  showPage(request, response, 'newsletter/comment-confirm', {
    ...{ lang, page: { title: translate(lang, heading), noindex: true }, outcome: found.outcome },
    ...{ action: request.originalUrl, newsletterUrl: newsletterUrl(lang) },
    issue: issue && { subject: issueTextIn(issue, lang).subject, url: issueUrl(issue, lang) },
    comment: comment && {
      name: openComment(platform, comment, 'name'),
      comment: openComment(platform, comment, 'comment'),
      mayPrint: comment.mayPrint,
    },
  });
}
