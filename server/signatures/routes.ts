import { type Request, type RequestHandler, type Response, Router } from 'express';
import { letterLimits } from '../../config/limits.ts';
import { checkCaptcha } from '../captcha/captcha.ts';
import { allowOnly, statusOf, wantsJson } from '../errors.ts';
import { readLetter, withLetter } from '../letters/form.ts';
import { inWords } from '../locales.ts';
import { formBody, formOf } from '../middleware/form-body.ts';
import { addressOf, blockOf, limitBy } from '../middleware/rate-limits.ts';
import { readSignatory, withSignatory } from '../open-letters/form.ts';
import { seeOther } from '../page.ts';
import type { Language, Petition } from '../petitions/petition.ts';
import { phaseOf } from '../petitions/phase.ts';
import { openPetition, showPetition } from '../petitions/routes.ts';
import type { PetitionPage } from '../petitions/show.ts';
import { petitionUrl } from '../petitions/view.ts';
import type { Platform } from '../platform.ts';
import { type FieldProblems, parseSignatureForm, type Typed } from './form.ts';
import { errorMessages } from './form-view.ts';
import { signPetition } from './sign.ts';

const notOpen = { draft: 404, upcoming: 409, closed: 410 } as const;

/** `admit` turns a signature away where this process has too much to do. */
export function signatureRoutes(platform: Platform, admit: RequestHandler): Router {
  const router = Router();
  const [usualBody, letterBody] = [formBody(), formBody(letterLimits.formBytes)];
  const emailKeyOf = (request: Request) => platform.vault.emailKeyOf(formOf(request).email ?? '');
  const refuseSigning = async (request: Request, response: Response, again: Date) => {
    const opened = await openPetition(request, response);
    if (opened) await refuse(platform, request, response, opened, 429, { form: 'tooMany' }, again);
  };

  router.post(
    '/petitions/:slug/signatures',
    admit,
    // The form of a letter says so in its address: it may weigh more.
    (request, response, next) =>
      (request.query.kind === 'letter' ? letterBody : usualBody)(request, response, next),
    limitBy(
      platform,
      {
        signPerBlock: blockOf(platform),
        signPerAddress: emailKeyOf,
        signPerPetition: ({ params }) => String(params.slug),
      },
      refuseSigning,
    ),
    (request, response) => receiveSignature(platform, request, response),
  );

  router.all('/petitions/:slug/signatures', allowOnly('POST'));
  return router;
}

async function receiveSignature(platform: Platform, request: Request, response: Response): Promise<void> {
  const { metrics } = platform;
  const opened = await openPetition(request, response);
  if (!opened) return;
  const { petition, lang, now } = opened;
  const phase = phaseOf(petition, now);
  if (phase !== 'open') {
    const form = phase === 'closed' ? 'closed' : 'notOpen';
    metrics.signatures.inc({ outcome: phase });
    return refuse(platform, request, response, opened, notOpen[phase], { form });
  }

  const parsed = await readForm(platform, formOf(request), petition, lang).catch(noneWhileAway);
  if (!parsed) return refuse(platform, request, response, opened, 503, { form: 'unavailable' });
  if (parsed.outcome === 'refused') {
    metrics.signatures.inc({ outcome: 'refused' });
    return refuse(platform, request, response, opened, 422, parsed.problems);
  }

  const ip = addressOf(request);
  const captcha = await checkCaptcha(platform.env, parsed.form['h-captcha-response'], ip, platform.log);
  metrics.captchas.inc({ outcome: captcha });
  if (captcha !== 'passed') {
    metrics.signatures.inc({ outcome: 'captcha' });
    return refuse(platform, request, response, opened, captcha === 'unavailable' ? 503 : 422, { captcha });
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
    metrics.signatures.inc({ outcome: 'unavailable' });
    return refuse(platform, request, response, opened, 503, { form: 'unavailable' });
  }
  metrics.signatures.inc({ outcome: 'taken' });
  seeOther(response, petitionUrl(petition, lang, 'check-your-email'));
}

/** What the form says; of a letter, with the letter in it. */
async function readForm(platform: Platform, typed: Typed, petition: Petition, lang: Language) {
  const parsed = parseSignatureForm(typed, petition, lang);
  if (petition.kind === 'openLetter') return withSignatory(parsed, readSignatory(typed));
  return petition.kind === 'letter'
    ? withLetter(parsed, await readLetter(platform, petition, typed, lang))
    : parsed;
}

const noneWhileAway = (error: unknown): undefined => {
  if (statusOf(error) !== 503) throw error;
};

/** Shows the page again with all that was typed, and what is wrong; problem details to programs. */
async function refuse(
  platform: Platform,
  request: Request,
  response: Response,
  opened: PetitionPage,
  status: number,
  problems: FieldProblems,
  again?: Date,
): Promise<void> {
  const { petition, lang, now } = opened;
  if (status === 503) response.set('Retry-After', '30');
  const values = { inWords: inWords(lang, again ?? now, now) };
  response.status(status).set('Cache-Control', 'no-store');
  if (wantsJson(request))
    return sendProblem(response, status, errorMessages(lang, problems, values, petition.kind));
  await showPetition(platform, request, response, opened, { typed: formOf(request), problems, values });
}

function sendProblem(response: Response, status: number, errors: object): void {
  const problem = { type: 'about:blank', title: 'The signature was not taken', status, errors };
  response.type('application/problem+json').send(JSON.stringify(problem));
}
