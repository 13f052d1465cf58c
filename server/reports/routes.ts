import { type Request, type Response, Router } from 'express';
import { allowOnly, HttpError, sendError } from '../errors.ts';
import { translate } from '../locales.ts';
import { formBody, formOf } from '../middleware/form-body.ts';
import { blockOf, limitBy } from '../middleware/rate-limits.ts';
import { refusalCodes, showsComment } from '../moderation/review.ts';
import { showPage } from '../page.ts';
import { openPetition } from '../petitions/routes.ts';
import type { PetitionPage } from '../petitions/show.ts';
import { headlineView, petitionUrl } from '../petitions/view.ts';
import type { Platform } from '../platform.ts';
import type { Signature } from '../signatures/signature.ts';
import { openField } from '../signatures/view.ts';
import { reportForm } from './form.ts';
import { findReportable, reportItem } from './report.ts';

type Reported = PetitionPage & { signature: Signature; item: string };

/** How readers tell moderators of a name or a comment: no account, no cookie, nothing kept but that it was said. */
export function reportRoutes(platform: Platform): Router {
  const router = Router();
  const network = blockOf(platform);
  const limit = limitBy(platform, { reportPerBlock: network }, (request, response, again) =>
    sendError(request, response, 429, again),
  );

  router.get('/petitions/:slug/reports', async (request, response) => {
    const reported = await openReport(platform, request, response, request.query.item);
    if (reported) showForm(platform, request, response, reported);
  });

  router.post('/petitions/:slug/reports', formBody(), limit, async (request, response) => {
    const reported = await openReport(platform, request, response, formOf(request).item);
    if (!reported) return;
    const { petition, signature, lang } = reported;
    const { data } = reportForm.safeParse(formOf(request));
    if (!data) {
      showForm(platform, request, response.status(422), reported, translate(lang, 'report.error'));
      return;
    }
    await reportItem(petition, signature._id, { ...data, network: network(request) });
    response.redirect(303, petitionUrl(petition, lang, 'reports/received'));
  });

  router.get('/petitions/:slug/reports/received', async (request, response) => {
    const opened = await openPetition(request, response);
    if (!opened) return;
    const { petition, lang, now } = opened;
    showPage(request, response, 'reports/received', {
      lang,
      page: { title: translate(lang, 'report.done.heading'), noindex: true },
      width: 'narrow',
      petition: headlineView(petition, lang, now),
    });
  });

  router.all('/petitions/:slug/reports', allowOnly('GET', 'HEAD', 'POST'));
  router.all('/petitions/:slug/reports/received', allowOnly('GET', 'HEAD'));
  return router;
}

/** What the link is about; 404 for a link we did not make, and for what the page no longer shows. */
async function openReport(
  platform: Platform,
  request: Request,
  response: Response,
  item: unknown,
): Promise<Reported | undefined> {
  const opened = await openPetition(request, response);
  if (!opened) return undefined;
  const id = typeof item === 'string' ? platform.tokens.read('report', item) : undefined;
  const signature = id && (await findReportable(opened.petition, id));
  if (!signature) throw new HttpError(404);
  return { ...opened, signature, item: String(item) };
}

function showForm(
  platform: Platform,
  request: Request,
  response: Response,
  { petition, signature, item, lang, now }: Reported,
  error?: string,
): void {
  showPage(request, response, 'reports/form', {
    lang,
    page: { title: translate(lang, 'report.heading'), noindex: true },
    width: 'narrow',
    petition: headlineView(petition, lang, now),
    action: `/petitions/${petition.slug}/reports`,
    item,
    name: openField(platform, signature, 'name'),
    comment: showsComment(signature) ? openField(platform, signature, 'comment') : undefined,
    reasons: refusalCodes.map((code) => ({ code, label: translate(lang, `report.reason.${code}`) })),
    error,
  });
}
