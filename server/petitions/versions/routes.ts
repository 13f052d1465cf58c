import { Router } from 'express';
import { allowOnly } from '../../errors.ts';
import { translate } from '../../locales.ts';
import { cachePublicly, showPage } from '../../page.ts';
import type { Platform } from '../../platform.ts';
import { openPetition } from '../routes.ts';
import { headlineView, petitionMeta } from '../view.ts';
import { listVersions } from './version.ts';
import { changesView } from './view.ts';

/** What was changed in a petition's text since people began to sign it. */
export function versionRoutes(platform: Platform): Router {
  const router = Router();
  router.get('/petitions/:slug/versions', async (request, response) => {
    const opened = await openPetition(request, response);
    if (!opened) return;
    const { petition, lang, now } = opened;
    const meta = petitionMeta(petition, lang, platform.env.BASE_URL, 'versions');
    cachePublicly(response, 10);
    showPage(request, response, 'petitions/versions', {
      lang,
      page: { ...meta, title: `${translate(lang, 'versions.heading')}: ${meta.title}` },
      petition: headlineView(petition, lang, now),
      changes: changesView(petition, await listVersions(petition), lang, now),
    });
  });
  router.all('/petitions/:slug/versions', allowOnly('GET', 'HEAD'));
  return router;
}
