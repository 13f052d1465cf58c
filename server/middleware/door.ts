import { randomUUID } from 'node:crypto';
import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Express, Request, Response } from 'express';
import { overloadWork } from '../../config/limits.ts';
import { translate } from '../locales.ts';
import { type Locals, renderPage } from '../page.ts';
import { languages } from '../petitions/petition.ts';
import { againAfter, type Load } from './load.ts';
import { securityHeaders } from './security.ts';
import { endSlowBodies } from './slow-bodies.ts';

const route = '/petitions/:slug/signatures';
const isSignature = /^\/petitions\/[^/?]+\/signatures(?:\?|$)/;

/** Stands in the page until the texts do. */
const textsPlace = 'the-texts-stand-here';

/** An answer that is the same for everybody, and all its headers but those of one request. */
type Constant = { headers: string[]; text: string };

/**
 * Stands before the application. Where this process has more to do than it can, signatures are turned away here, before
 * Express and without reading them, which costs a tenth: turning many away must not take the time of those who were let
 * in. The first of each second still get the application's page, which holds what they typed.
 */
export function doorBefore(
  app: Express,
  load: Load,
  stopping: AbortSignal,
  forms: number = overloadWork.forms,
): RequestListener {
  const { metrics, log } = (app.locals as Locals).platform;
  const [page, problem] = [busyPage(app.locals as Locals), busyProblem(app.locals as Locals)];
  const mayKeepForm = perSecond(forms);
  const endIfSlow = endSlowBodies();

  return (request, response) => {
    const { method, url = '', headers } = request;
    const isTurnedAway = load.isTooHigh && method === 'POST' && isSignature.test(url) && !stopping.aborted;
    const isProgram = !/html|\*\/\*/.test(headers.accept ?? '*/*');
    if (!isTurnedAway || (!isProgram && mayKeepForm())) return app(request, response);

    const begun = performance.now();
    const id = randomUUID();
    // Nearly always what they sent came with its headers.
    process.nextTick(() => {
      if (!request.complete) endIfSlow(request as Request, response as Response, () => undefined);
    });
    const answer = isProgram ? problem : page;
    response.writeHead(503, [...answer.headers, 'Retry-After', againAfter(), 'X-Request-Id', id]);
    response.end(answer.text);
    const ms = performance.now() - begun;
    metrics.turnedAway.inc();
    metrics.requests.observe({ method, route, status: 503 }, ms / 1_000);
    log.warn({ requestId: id, ms: Math.round(ms) }, `POST ${route} 503`);
  };
}

/** In all languages: which one it is stands in the form, and that is not read. */
function busyPage(locals: Locals): Constant {
  const page = { title: translate('en', 'error.busy.heading'), noindex: true };
  const around = renderPage(locals, 'errors/full', { lang: 'en', page, texts: textsPlace }).split(textsPlace);
  const texts = languages.map((lang) =>
    renderPage(locals, 'errors/full-text', { lang, page, again: overloadWork }),
  );
  return constant(locals, 'text/html; charset=utf-8', around.join(texts.join('')));
}

const busyProblem = (locals: Locals): Constant =>
  constant(
    locals,
    'application/problem+json; charset=utf-8',
    JSON.stringify({
      ...{ type: 'about:blank', title: translate('en', 'error.busy.heading'), status: 503 },
      detail: translate('en', 'error.503.message'),
    }),
  );

function constant({ platform }: Locals, type: string, text: string): Constant {
  const bare = new ServerResponse(new IncomingMessage(new Socket()));
  securityHeaders(platform.env)(bare.req as Request, bare as Response, () => undefined);
  bare.setHeader('Cache-Control', 'no-store');
  bare.setHeader('Content-Type', type);
  bare.setHeader('Content-Length', Buffer.byteLength(text));
  const headers = Object.entries(bare.getHeaders()).flatMap(([name, value]) => [name, String(value)]);
  return { headers, text };
}

/** Says yes so many times a second. */
function perSecond(most: number): () => boolean {
  let [second, said] = [0, 0];
  return () => {
    const now = Math.floor(performance.now() / 1_000);
    if (now !== second) [second, said] = [now, 0];
    said += 1;
    return said <= most;
  };
}
