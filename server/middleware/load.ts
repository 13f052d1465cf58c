import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Request, RequestHandler, Response } from 'express';
import { overloadWork } from '../../config/limits.ts';
import { sendError, wantsJson } from '../errors.ts';
import { translate } from '../locales.ts';
import { languageOf, showPage } from '../page.ts';
import { formBody, formOf } from './form-body.ts';

export type Load = ReturnType<typeof watchLoad>;

/** How often the event loop is looked at, and how finely it is timed, in milliseconds. */
const lookEvery = 200;
const resolution = 10;

/** How much this process has to do: how late its event loop runs, and how many requests are under way. */
export function watchLoad() {
  const delays = monitorEventLoopDelay({ resolution });
  delays.enable();
  let delay = 0;
  let depth = 0;
  const looking = setInterval(() => {
    delay = Math.max(0, delays.mean / 1e6 - resolution);
    delays.reset();
  }, lookEvery);
  looking.unref();

  return {
    /** How late the event loop ran on average when it was last looked at, in milliseconds. */
    get delay(): number {
      return delay;
    },
    /** Requests under way, without those that are only answered from memory. */
    get depth(): number {
      return depth;
    },
    /** A late event loop alone says only that the machine is busy. */
    get isTooHigh(): boolean {
      return depth >= overloadWork.depth || (depth >= overloadWork.some && delay > overloadWork.delay);
    },
    /** Counts a request until its response is through, or its connection gone. */
    count(response: Response): void {
      depth += 1;
      response.once('close', () => {
        depth -= 1;
      });
    },
    close(): void {
      clearInterval(looking);
      delays.disable();
    },
  };
}

/**
 * Turns a request away at once where this process has more to do than it can: those it took stay quick. What stands
 * before this in app.ts is never turned away: pages kept in memory, counts, streams, files.
 */
export function turnAwayWhenFull(load: Load, turnedAway: () => void): RequestHandler {
  const readForm = formBody();
  return (request, response, next) => {
    if (!load.isTooHigh) {
      load.count(response);
      return next();
    }
    turnedAway();
    if (request.method !== 'POST' || isOrganizers(request) || wantsJson(request))
      return sendError(request, response, 503);
    readForm(request, response, (error?: unknown) => (error ? next(error) : keepForm(request, response)));
  };
}

/** Their forms are taken from our own pages only; a page that repeats what anybody sent would open a way around that. */
const isOrganizers = ({ path }: Request): boolean => path.startsWith('/organize');

/** A page that holds what was typed and sends it again at the press of a button. */
function keepForm(request: Request, response: Response): void {
  const lang = languageOf(request);
  response.status(503).set('Retry-After', String(overloadWork.again));
  showPage(request, response, 'errors/busy', {
    lang,
    page: { title: translate(lang, 'error.busy.heading'), noindex: true },
    action: request.originalUrl,
    fields: Object.entries(formOf(request)).map(([name, value]) => ({ name, value })),
  });
}
