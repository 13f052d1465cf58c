import { Router } from 'express';
import { allowOnly, HttpError } from '../errors.ts';
import { alternates, cachePublicly, showPage } from '../page.ts';
import { openPetition } from '../petitions/routes.ts';
import { headlineView, petitionMeta } from '../petitions/view.ts';
import type { Platform } from '../platform.ts';
import { updateUrl } from './mail.ts';
import { languagesIn } from './publication.ts';
import { findPublishedUpdate, updateView } from './view.ts';

/** An update's page may be this old, in seconds. */
const pageAge = 60;

/** Updates as the public reads them, each at an address that stays. */
export function updateRoutes({ env }: Platform): Router {
  const router = Router();
  router.get('/petitions/:slug/updates/:n', async (request, response) => {
    const opened = await openPetition(request, response);
    if (!opened) return;
    const { petition, lang, now } = opened;
    const number = String(request.params.n);
    const update = /^[1-9]\d{0,5}$/.test(number) && (await findPublishedUpdate(petition, Number(number)));
    if (!update) throw new HttpError(404);
    const view = updateView(petition, update, lang);
    cachePublicly(response, pageAge);
    showPage(request, response, 'updates/show', {
      lang,
      page: {
        ...petitionMeta(petition, lang, env.BASE_URL),
        title: view.title,
        canonical: env.BASE_URL + view.url,
        alternates: alternates(env.BASE_URL, languagesIn(update), (other) =>
          updateUrl(petition, update, other),
        ),
      },
      width: 'narrow',
      petition: headlineView(petition, lang, now),
      update: view,
    });
  });
  router.all('/petitions/:slug/updates/:n', allowOnly('GET', 'HEAD'));
  return router;
}
