import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Log } from '../config/log.ts';
import { inWords, translate } from './locales.ts';
import { languageOf, showPage } from './page.ts';
import type { Language } from './petitions/petition.ts';
import { isMongoAway, isRedisAway } from './stores.ts';

const explained = [400, 403, 404, 405, 410, 413, 422, 429, 500, 503] as const;
/** Seconds until somebody may try again when the fault is ours. */
const retryAfterFault = 10;

/** An expected end of a request that no handler has a page for. */
export class HttpError extends Error {
  override name = 'HttpError';
  readonly status: (typeof explained)[number];
  constructor(status: (typeof explained)[number]) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

/** What status an error means: body-parser and Express say it themselves, a database that is away is 503. */
export function statusOf(error: unknown): number {
  if (isMongoAway(error) || isRedisAway(error)) return 503;
  const { status } = (error ?? {}) as { status?: unknown };
  if (typeof status !== 'number' || status < 400 || status > 599) return 500;
  return explained.some((known) => known === status) ? status : status < 500 ? 400 : 500;
}

/** The last middleware: a page for people, `application/problem+json` (RFC 9457) for programs, never a stack. */
export function handleErrors(log: Log) {
  return (error: unknown, request: Request, response: Response, _next: NextFunction): void => {
    const status = statusOf(error);
    if (status >= 500)
      log.error({ err: error, requestId: request.id, route: routeOf(request) }, 'request failed');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    sendError(request, response, status);
  };
}

/** Ends a request with an error page. `again` is when it may be tried again. */
export function sendError(request: Request, response: Response, status: number, again?: Date): void {
  const lang = languageOf(request);
  if (status === 503) response.set('Retry-After', String(retryAfterFault));
  response.status(status).set('Cache-Control', 'no-store');
  const heading = translate(lang, `error.${status}.heading`);
  const message = translate(lang, `error.${status}.message`);
  if (wantsJson(request)) {
    const problem = { type: 'about:blank', title: heading, status, detail: message, requestId: request.id };
    response.type('application/problem+json').send(JSON.stringify(problem));
    return;
  }
  showPage(request, response, 'errors/error', {
    lang,
    page: { title: heading, noindex: true },
    status,
    heading,
    message,
    requestId: status >= 500 ? request.id : undefined,
    retryIn: retryIn(lang, status, again),
  });
}

function retryIn(lang: Language, status: number, again: Date | undefined): string | undefined {
  const now = new Date();
  const moment = again ?? (status === 503 ? new Date(now.getTime() + retryAfterFault * 1000) : undefined);
  return moment && inWords(lang, moment, now);
}

/** Ends a request whose address is right and whose method is not. */
export const allowOnly =
  (...methods: string[]): RequestHandler =>
  (request, response) => {
    response.set('Allow', methods.join(', '));
    sendError(request, response, 405);
  };

/** `/confirm/:token`: what may be logged of an address that can hold a secret. `*` where nothing matched. */
export function routeOf(request: Request): string {
  if (request.originalUrl.startsWith('/assets/')) return '/assets';
  const path: unknown = request.route?.path;
  return typeof path === 'string' ? path : '*';
}

/** Whether the client is a program: it asks for JSON, or for problem details, before HTML. */
export const wantsJson = (request: Request): boolean =>
  request.path.endsWith('.json') || request.accepts(['html', 'json', 'application/problem+json']) !== 'html';
