import { type Request, Router } from 'express';
import { signatoryLimits } from '../../config/limits.ts';
import { allowOnly, HttpError } from '../errors.ts';
import { translate } from '../locales.ts';
import { cachePublicly, showPage } from '../page.ts';
import { openPetition } from '../petitions/routes.ts';
import { headlineView, petitionMeta, progressView } from '../petitions/view.ts';
import type { Platform } from '../platform.ts';
import { signatoriesView, type Wanted } from './list-view.ts';

/** How old the list may be in somebody's cache, in seconds. */
const listAge = 10;

/** Who has signed an open letter: all of them, to be searched, grouped and printed. */
export function openLetterRoutes(platform: Platform): Router {
  const router = Router();
  router.get('/petitions/:slug/signatories', async (request, response) => {
    const opened = await openPetition(request, response);
    if (!opened) return;
    const { petition, count, lang, now } = opened;
    if (petition.kind !== 'openLetter') throw new HttpError(404);
    const wanted = wantedOf(request);
    const list = await signatoriesView(platform, opened, wanted);
    const meta = petitionMeta(petition, lang, platform.env.BASE_URL, 'signatories');
    const heading = translate(lang, 'openLetter.list.page') + translate(lang, 'mail.colon');
    cachePublicly(response, listAge);
    showPage(request, response, wanted.print ? 'open-letters/print' : 'open-letters/signatories', {
      lang,
      page: { ...meta, title: `${heading} ${meta.title}` },
      petition: headlineView(petition, lang, now),
      progress: progressView(petition, count),
      list,
    });
  });
  router.all('/petitions/:slug/signatories', allowOnly('GET', 'HEAD'));
  return router;
}

/** What the address asks for; whatever it cannot mean is left out. */
function wantedOf({ query }: Request): Wanted {
  const text = (name: string) => (typeof query[name] === 'string' ? query[name] : '');
  const page = Number(text('page'));
  return {
    q: [...text('q').trim()].slice(0, signatoryLimits.query).join(''),
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
    byCountry: text('by') === 'country',
    print: text('print') === '1',
  };
}
