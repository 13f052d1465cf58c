import type { Request, RequestHandler, Response } from 'express';
import { overloadWork } from '../../config/limits.ts';
import { sendError, wantsJson } from '../errors.ts';
import { translate } from '../locales.ts';
import { type Locals, languageOf, renderPage } from '../page.ts';
import type { Language } from '../petitions/petition.ts';
import { formBody, formOf } from './form-body.ts';

export type Load = Omit<ReturnType<typeof watchLoad>, 'close'>;

/** How often the event loop is timed, and over about how long its lateness is averaged, in milliseconds. */
const lookEvery = 10;
const averagedOver = 500;
/** Stands in the page until the form does. */
const formPlace = 'the-form-stands-here';

/** How much this process has to do: how late its event loop runs, and how many requests are under way. */
export function watchLoad() {
  let delay = 0;
  let depth = 0;
  let looked = performance.now();
  // Not `monitorEventLoopDelay`: after each reset its first sample is lost, which is every one where it is late.
  const looking = setInterval(() => {
    const passed = performance.now() - looked;
    looked += passed;
    const late = Math.max(0, passed - lookEvery);
    delay += (late - delay) * Math.min(1, passed / averagedOver);
  }, lookEvery);
  looking.unref();

  return {
    /** How late the event loop ran lately, in milliseconds. */
    get delay(): number {
      return delay;
    },
    /** Requests under way, without those that are only answered from memory. */
    get depth(): number {
      return depth;
    },
    /** Too much to take another signature. A late event loop alone says only that the machine is busy. */
    get isTooHigh(): boolean {
      return depth >= overloadWork.depth || (depth >= overloadWork.some && delay > overloadWork.delay);
    },
    /** Too much to take anything: whoever confirms comes before who signs. */
    get isFull(): boolean {
      return depth >= overloadWork.depth + overloadWork.kept;
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
    },
  };
}

/**
 * Turns a request away at once where this process has more to do than it can: those it took stay quick. What stands
 * before this in app.ts is never turned away: pages kept in memory, counts, streams, files. Where many are turned away,
 * most signatures never come here: see door.ts.
 */
export function turnAwayWhenFull(
  load: Load,
  reason: 'isTooHigh' | 'isFull',
  turnedAway: () => void,
): RequestHandler {
  const readForm = formBody();
  const keepForm = busyPage();
  return (request, response, next) => {
    if (!load[reason]) {
      load.count(response);
      return next();
    }
    turnedAway();
    if (request.method !== 'POST' || isOrganizers(request) || wantsJson(request))
      return sendError(request, response, 503);
    readForm(request, response, (error?: unknown) => (error ? next(error) : keepForm(request, response)));
  };
}

/** When to come back, in seconds: not all at once. */
export function againAfter(): string {
  const { againFrom, againTo } = overloadWork;
  return String(Math.round(againFrom + Math.random() * (againTo - againFrom)));
}

/** Their forms are taken from our own pages only; a page that repeats what anybody sent would open a way around that. */
const isOrganizers = ({ path }: Request): boolean => path.startsWith('/organize');

/**
 * A page that holds what was typed and sends it again at the press of a button. It must cost little, so what stands
 * around the form is rendered once in each language.
 */
function busyPage() {
  const around = new Map<Language, string[]>();
  const render = (lang: Language, locals: Locals): string[] => {
    const page = { title: translate(lang, 'error.busy.heading'), noindex: true };
    const context = { lang, page, form: formPlace, again: overloadWork };
    const parts = renderPage(locals, 'errors/busy', context).split(formPlace);
    around.set(lang, parts);
    return parts;
  };

  return (request: Request, response: Response): void => {
    const lang = languageOf(request);
    const locals = request.app.locals as Locals;
    const [before = '', after = ''] = around.get(lang) ?? render(lang, locals);
    const fields = Object.entries(formOf(request)).map(([name, value]) => ({ name, value }));
    const form = locals.views.render('errors/busy-form', { lang, action: request.originalUrl, fields });
    response.status(503).set('Retry-After', againAfter()).set('Cache-Control', 'no-store');
    response.type('html').end(before + form + after);
  };
}
