import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { HttpError, wantsJson } from '../errors.ts';
import { Organizer } from '../organizers/organizer.ts';
import { type Action, leastRole, mayDo } from '../organizers/roles.ts';
import { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { readId } from '../record-id.ts';
import { nextPath } from '../sessions/next.ts';
import { findSession, type Session } from '../sessions/session.ts';
import { sessionTokenOf } from './session-cookie.ts';

/** Who is at the other end, and what of. */
export type SignedIn = {
  organizer: Organizer;
  session: Session;
  /** The petition of `:petition` in the path, where the route has one. */
  petition: Petition;
  may(action: Action): boolean;
};

/**
 * One route of the organizers' side, as data: a test walks the whole table with every role.
 * `needs`: the action it takes, `account` for anybody signed in, `nobody` where no account is needed.
 */
export type OrganizeRoute = {
  method: 'get' | 'post';
  path: `/organize${string}`;
  needs: Action | 'account' | 'nobody';
  /** Limits and body readers, run once it is clear that the organizer may. */
  before?: RequestHandler[];
  handle(request: Request, response: Response, who: SignedIn): void | Promise<void>;
};

/** A request that was let through, and what it is answered with. */
export type Exchange = { platform: Platform; request: Request; response: Response; who: SignedIn };

/** The role is not enough; the page says which one is. */
export class Forbidden extends Error {
  override name = 'Forbidden';
  readonly action: Action;
  constructor(action: Action) {
    super(`It takes ${leastRole[action]}`);
    this.action = action;
  }
}

/** Refuses a change that another site asks for. Stands in for CSRF tokens: browsers say where a request comes from. */
export function sameOrigin(baseUrl: string): RequestHandler {
  return (request: Request, _response: Response, next: NextFunction) => {
    if (request.method === 'GET' || request.method === 'HEAD') return next();
    const site = request.get('Sec-Fetch-Site');
    const origin = request.get('Origin');
    const isOurs =
      origin === undefined
        ? site === 'same-origin'
        : origin === baseUrl && (site ?? 'same-origin') === 'same-origin';
    next(isOurs ? undefined : new HttpError(403));
  };
}

/** What runs for a route, in order: who is it and may they, then limits and body readers, then the handler. */
export const guard = (
  platform: Platform,
  { needs, before = [], handle }: OrganizeRoute,
): RequestHandler[] => [
  letThrough(platform, needs),
  ...before,
  async (request, response) => {
    await handle(request, response, whoIsOn(response));
    if (request.method === 'POST') platform.recent.forget();
  },
];

/** Who {@link guard} let through; undefined where no account was needed. */
export const whoIsOn = (response: Response): SignedIn => response.locals.who as SignedIn;

/** Lets a request through to its route, or to the sign-in page, or nowhere. No body is read for strangers. */
function letThrough(platform: Platform, needs: OrganizeRoute['needs']): RequestHandler {
  return async (request, response, next) => {
    response.set('Cache-Control', 'no-store');
    if (needs === 'nobody') return next();
    const someone = await whoIs(platform, request);
    if (!someone) return askToSignIn(request, response);
    const petition = await petitionOf(request);
    const may = (action: Action) => mayDo(someone.organizer, action, petition);
    response.locals.who = { ...someone, petition, may };
    if (petition && !may('petition.view')) throw new HttpError(404);
    if (needs !== 'account' && !may(needs)) throw new Forbidden(needs);
    next();
  };
}

/** To the sign-in page, and from there back to where they were: this page, or the one whose form they sent. */
function askToSignIn(request: Request, response: Response): void {
  if (wantsJson(request)) {
    const problem = { type: 'about:blank', title: 'Your session has ended', status: 401 };
    response.status(401).type('application/problem+json').send(JSON.stringify(problem));
    return;
  }
  const referrer = URL.parse(request.get('Referer') ?? '');
  const isPage = request.method === 'GET' || request.method === 'HEAD';
  const next = nextPath(isPage ? request.originalUrl : referrer && referrer.pathname + referrer.search);
  response.redirect(303, `/organize/sign-in${next ? `?next=${encodeURIComponent(next)}` : ''}`);
}

/** The organizer behind the cookie; undefined where there is no session or the account has ended. */
export async function whoIs(
  platform: Pick<Platform, 'env' | 'redis'>,
  request: Request,
): Promise<Pick<SignedIn, 'organizer' | 'session'> | undefined> {
  const token = sessionTokenOf(platform, request);
  const session = token && (await findSession(platform.redis, token));
  if (!session) return undefined;
  const organizer = await Organizer.findOne({ _id: session.organizer, endedAt: null }).lean<Organizer>();
  return organizer ? { organizer, session } : undefined;
}

async function petitionOf({ params }: Request): Promise<Petition | undefined> {
  if (params.petition === undefined) return undefined;
  const id = readId(params.petition);
  const petition = id && (await Petition.findById(id).lean<Petition>());
  if (!petition) throw new HttpError(404);
  return petition;
}
