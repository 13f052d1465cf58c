import { Router } from 'express';
import type { Email } from 'postal-mime';
import { HttpError } from '../errors.ts';
import { formatDate, formatTime, translate } from '../locales.ts';
import { languageOf, showPage } from '../page.ts';
import type { Language } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { listMails, outboxFolder, readMail } from './outbox.ts';

/** Mail that was written instead of sent, to read in development. Never mounted in production. */
export function outboxRoutes({ env }: Pick<Platform, 'env'>): Router {
  const router = Router();
  const folder = outboxFolder(env.DATA_DIR);
  const find = async (id: string) => {
    const found = await readMail(folder, id);
    if (!found) throw new HttpError(404);
    return found;
  };

  router.get('/dev/outbox', async (request, response) => {
    const lang = languageOf(request);
    const mails = await listMails(folder);
    showPage(request, response, 'dev/outbox', {
      lang,
      page: { title: translate(lang, 'outbox.heading'), noindex: true },
      mails: mails.map(({ id, at, mail }) => ({
        url: `/dev/outbox/${id}`,
        to: recipients(mail),
        subject: mail.subject,
        at: moment(lang, at),
      })),
    });
  });

  router.get('/dev/outbox/:id', async (request, response) => {
    const lang = languageOf(request);
    const { mail, at } = await find(request.params.id);
    showPage(request, response, 'dev/mail', {
      lang,
      page: { title: mail.subject ?? '', noindex: true },
      mail: {
        from: mail.from?.address,
        to: recipients(mail),
        subject: mail.subject,
        at: moment(lang, at),
        text: mail.text,
        headers: mail.headers.map(({ originalKey, value }) => ({ name: originalKey, value })),
        links: [...new Set(mail.text?.match(/https?:\/\/\S+/g) ?? [])],
      },
      htmlUrl: mail.html ? `/dev/outbox/${request.params.id}/html` : undefined,
    });
  });

  // Shown in a frame of the page above; its links open outside, where the button of the page they lead to works.
  router.get('/dev/outbox/:id/html', async (request, response) => {
    const { mail } = await find(request.params.id);
    const html = (mail.html ?? '').replace('<head>', '<head><base target="_blank">');
    response.set(
      'Content-Security-Policy',
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups allow-popups-to-escape-sandbox",
    );
    response.set('Cache-Control', 'no-store').type('html').send(html);
  });

  return router;
}

const recipients = (mail: Email): string => (mail.to ?? []).map(({ address }) => address).join(', ');
const moment = (lang: Language, at: Date): string => `${formatDate(lang, at)}, ${formatTime(lang, at)}`;
