import { type Request, type Response, Router } from 'express';
import { letterLimits } from '../../config/limits.ts';
import { allowOnly, HttpError, statusOf } from '../errors.ts';
import { inWords } from '../locales.ts';
import { formBody, formOf } from '../middleware/form-body.ts';
import { blockOf, limitBy } from '../middleware/rate-limits.ts';
import { phaseOf } from '../petitions/phase.ts';
import { openPetition, showPetition } from '../petitions/routes.ts';
import type { PetitionPage } from '../petitions/show.ts';
import { petitionUrl } from '../petitions/view.ts';
import type { Platform } from '../platform.ts';
import { findByCode, findByName } from './find.ts';
import { createProviders, type Providers, wantedBy } from './providers.ts';
import type { Wanted } from './representative.ts';
import type { Looked } from './view.ts';

/**
 * Finding one's representatives while filling in the form: it is sent here as it stands, and comes back with them in it.
 * The postal code is in no address, and nothing about the search is kept with a person.
 */
export function representativeRoutes(platform: Platform): Router {
  const router = Router();
  const providers = createProviders(platform);
  const path = '/petitions/:slug/representatives';

  router.post(
    path,
    formBody(letterLimits.formBytes),
    limitBy(platform, { representativesPerBlock: blockOf(platform) }, async (request, response, again) => {
      const asking = await openLetter(request, response.status(429));
      const { lang, now } = asking?.opened ?? {};
      if (asking && lang && now)
        await show(platform, request, response, asking.opened, { tooMany: inWords(lang, again, now) });
    }),
    async (request, response) => {
      const asking = await openLetter(request, response);
      if (asking) await find(platform, providers, request, response, asking);
    },
  );

  // Whoever reloads what they were shown, or shares its address, gets the petition.
  router.get(path, async (request, response) => {
    const opened = await openPetition(request, response);
    if (opened)
      response.set('Cache-Control', 'no-store').redirect(303, petitionUrl(opened.petition, opened.lang));
  });

  router.all(path, allowOnly('GET', 'HEAD', 'POST'));
  return router;
}

type Asking = { opened: PetitionPage; wanted: Wanted };

/** The letter of `:slug` and whom it asks for; undefined where the answer was sent. */
async function openLetter(request: Request, response: Response): Promise<Asking | undefined> {
  const opened = await openPetition(request, response);
  if (!opened) return undefined;
  const { petition, lang, now } = opened;
  const wanted = wantedBy(petition);
  if (!wanted) throw new HttpError(404);
  if (phaseOf(petition, now) === 'open') return { opened, wanted };
  response.redirect(303, petitionUrl(petition, lang));
  return undefined;
}

async function find(
  platform: Platform,
  providers: Providers,
  request: Request,
  response: Response,
  { opened, wanted }: Asking,
): Promise<void> {
  const typed = formOf(request);
  try {
    const found =
      typed.find === 'name'
        ? await findByName(providers, wanted, typed.lookupName ?? '')
        : await findByCode(providers, wanted, typed.lookupCode ?? typed.postalCode ?? '');
    if (found.outcome === 'malformed' || found.outcome === 'missing') response.status(422);
    await show(platform, request, response, opened, { found });
  } catch (error) {
    if (statusOf(error) !== 503) throw error;
    platform.log.error({ err: error, requestId: request.id }, 'representatives could not be read');
    response.status(503).set('Retry-After', '30');
    await show(platform, request, response, opened, { found: { outcome: 'unavailable' } });
  }
}

const show = (
  platform: Platform,
  request: Request,
  response: Response,
  opened: PetitionPage,
  representatives: Looked,
): Promise<void> =>
  showPetition(platform, request, response.set('Cache-Control', 'no-store'), opened, {
    typed: formOf(request),
    representatives,
  });
