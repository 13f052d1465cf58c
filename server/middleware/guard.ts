import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { Types } from 'mongoose';
import { HttpError } from '../errors.ts';
import { Organizer } from '../organizers/organizer.ts';
import { type Action, leastRole, mayDo } from '../organizers/roles.ts';
import { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { findSession, type Session } from '../sessions/session.ts';

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
  /** Limits and body readers. */
  before?: RequestHandler[];
  handle(request: Request, response: Response, who: SignedIn): void | Promise<void>;
};

/** The role is not enough; the page says which one is. */
export class Forbidden extends Error {
  override name = 'Forbidden';
  readonly action: Action;
  constructor(action: Action) {
    super(`It takes ${leastRole[action]}`);
    this.action = action;
  }
}

export const sessionCookie = '__Host-session';
const cookieValue = new RegExp(`(?:^|;\\s*)${sessionCookie}=([\\w-]{43})(?:;|$)`);

/** Sets or clears the cookie. `__Host-`: this host only, whole site, TLS (browsers take localhost for that). */
export function setSessionCookie(response: Response, token: string | undefined): void {
  const life = token ? 90 * 24 * 60 * 60 * 1000 : 0;
  const options = { path: '/', secure: true, httpOnly: true, sameSite: 'lax', maxAge: life } as const;
  response.cookie(sessionCookie, token ?? '', options);
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

/** Lets a request through to the route's handler, or to the sign-in page, or nowhere. */
export function guard(platform: Platform, { needs, handle }: OrganizeRoute): RequestHandler {
  return async (request, response) => {
    response.set('Cache-Control', 'no-store');
    if (needs === 'nobody') return handle(request, response, undefined as never);
    const who = await whoIs(platform, request);
    if (!who) {
      const back = request.method === 'GET' ? `?next=${encodeURIComponent(request.originalUrl)}` : '';
      return response.redirect(303, `/organize/sign-in${back}`);
    }
    const petition = await petitionOf(request);
    if (petition && !mayDo(who.organizer, 'petition.view', petition)) throw new HttpError(404);
    const may = (action: Action) => mayDo(who.organizer, action, petition);
    if (needs !== 'account' && !may(needs)) throw new Forbidden(needs);
    await handle(request, response, { ...who, petition: petition as Petition, may });
  };
}

/** The organizer behind the cookie; undefined where there is no session or the account has ended. */
export async function whoIs(
  { redis }: Platform,
  request: Request,
): Promise<Pick<SignedIn, 'organizer' | 'session'> | undefined> {
  const token = cookieValue.exec(request.get('Cookie') ?? '')?.[1];
  const session = token && (await findSession(redis, token));
  if (!session) return undefined;
  const organizer = await Organizer.findOne({ _id: session.organizer, endedAt: null }).lean<Organizer>();
  return organizer ? { organizer, session } : undefined;
}

async function petitionOf({ params }: Request): Promise<Petition | undefined> {
  if (params.petition === undefined) return undefined;
  const id = String(params.petition);
  const petition =
    Types.ObjectId.isValid(id) && id.length === 24 ? await Petition.findById(id).lean<Petition>() : null;
  if (!petition) throw new HttpError(404);
  return petition;
}
