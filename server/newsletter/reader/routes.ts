import { type Request, type RequestHandler, type Response, Router } from 'express';
import { allowOnly, HttpError } from '../../errors.ts';
import { formatDate, translate } from '../../locales.ts';
import { languageOf, showPage } from '../../page.ts';
import type { Language } from '../../petitions/petition.ts';
import type { Platform } from '../../platform.ts';
import { readId } from '../../record-id.ts';
import { findSubscriber } from '../confirm.ts';
import { newsletterUrl } from '../issues/mail.ts';
import { eraseReader, leaveNewsletter, removeComment } from '../leave.ts';
import { findOwnData, type OwnData, ownView } from '../own.ts';

/** What a reader can do from the links in any mail of the newsletter. GET changes nothing. */
export function newsletterReaderRoutes(platform: Platform, limit: RequestHandler): Router {
  const router = Router();
  const own = async (request: Request): Promise<OwnData> => {
    const found = await findOwnData(platform, String(request.params.token));
    if (!found) throw new HttpError(404);
    return found;
  };
  const back = (request: Request, response: Response, done: string) =>
    response.redirect(303, `/newsletter/own/${request.params.token}?done=${done}`);

  router.use(['/newsletter/own/:token', '/newsletter/unsubscribe/:token'], limit);
  router.get('/newsletter/own/:token', async (request, response) => {
    showOwnData(platform, request, response, await own(request));
  });
  router.post('/newsletter/own/:token/download', async (request, response) => {
    const data = ownView(platform, await own(request));
    response.set('Cache-Control', 'no-store').attachment('my-newsletter.json').json(data);
  });
  router.post('/newsletter/own/:token/unsubscription', async (request, response) => {
    await leaveNewsletter((await own(request)).emailKey);
    back(request, response, 'left');
  });
  router.post('/newsletter/own/:token/comments/:comment/removal', async (request, response) => {
    const { emailKey } = await own(request);
    const id = readId(request.params.comment);
    if (!id) throw new HttpError(404);
    await removeComment(emailKey, id);
    // Who only wrote this one has nothing here any more.
    if (await findOwnData(platform, String(request.params.token))) return back(request, response, 'removed');
    showErased(request, response, languageOf(request));
  });
  router.post('/newsletter/own/:token/erasure', async (request, response) => {
    const { emailKey, language } = await own(request);
    await eraseReader(emailKey);
    showErased(request, response, language);
  });

  router.get('/newsletter/unsubscribe/:token', async (request, response) => {
    showUnsubscribe(request, response, (await leaver(platform, request)).lang, false);
  });
  // RFC 8058: mail programs post here with no cookie and follow no redirect.
  router.post('/newsletter/unsubscribe/:token', async (request, response) => {
    const { lang, emailKey } = await leaver(platform, request);
    if (emailKey) await leaveNewsletter(emailKey);
    showUnsubscribe(request, response, lang, true);
  });

  router.all('/newsletter/own/:token', allowOnly('GET', 'HEAD'));
  router.all('/newsletter/own/:token/{*rest}', allowOnly('POST'));
  router.all('/newsletter/unsubscribe/:token', allowOnly('GET', 'HEAD', 'POST'));
  return router;
}

/** Whose link it is. One we never made is 404; one whose subscriber is gone has nothing to stop. */
async function leaver(
  platform: Platform,
  request: Request,
): Promise<{ lang: Language; emailKey?: string | undefined }> {
  const found = await findSubscriber(platform, 'leave', String(request.params.token));
  if (found === undefined) throw new HttpError(404);
  return {
    lang: (found?.language as Language | undefined) ?? languageOf(request),
    emailKey: found?.emailKey,
  };
}

function showUnsubscribe(request: Request, response: Response, lang: Language, done: boolean): void {
  const title = translate(lang, done ? 'newsletter.left.heading' : 'newsletter.leave.button');
  showPage(request, response, 'newsletter/unsubscribe', {
    ...{ lang, page: { title, noindex: true }, action: request.originalUrl, done },
    newsletterUrl: newsletterUrl(lang),
  });
}

function showErased(request: Request, response: Response, lang: Language): void {
  const title = translate(lang, 'erased.heading');
  showPage(request, response, 'newsletter/erased', {
    ...{ lang, page: { title, noindex: true }, newsletterUrl: newsletterUrl(lang) },
  });
}

function showOwnData(platform: Platform, request: Request, response: Response, data: OwnData): void {
  const lang = data.language;
  const base = `/newsletter/own/${request.params.token}`;
  const { subscription, comments } = ownView(platform, data);
  const date = (at: Date | null | undefined) => (at ? formatDate(lang, at) : undefined);
  showPage(request, response, 'newsletter/own', {
    ...{ lang, page: { title: translate(lang, 'newsletter.own.heading'), noindex: true }, base },
    subscription: subscription && {
      ...subscription,
      stateName: translate(lang, `newsletter.own.states.${subscription.state}`),
      isLeft: subscription.state === 'unsubscribed',
      languageName: translate(lang, `newsletter.languages.${subscription.language}`),
      dates: {
        asked: date(subscription.askedAt),
        subscribed: date(subscription.subscribedAt),
        unsubscribed: date(subscription.unsubscribedAt),
      },
    },
    comments: comments.map((comment) => ({
      ...comment,
      written: date(comment.writtenAt),
      status: statusOf(comment, lang),
    })),
    done: ['left', 'removed'].find((done) => done === request.query.done),
  });
}

function statusOf(
  { state, shows, reason }: ReturnType<typeof ownView>['comments'][number],
  lang: Language,
): string {
  if (state === 'pending') return translate(lang, 'newsletter.own.comment.pending');
  if (!shows) return translate(lang, 'newsletter.own.comment.waiting');
  if (shows === 'all') return translate(lang, 'newsletter.own.comment.shown');
  const why = translate(lang, `report.reason.${reason ?? 'other'}`);
  return translate(lang, 'newsletter.own.comment.refused', { reason: why });
}
