import type { Request, Response } from 'express';
import type { Env } from '../../config/env.ts';

/** `__Host-`: this host only, the whole site, TLS. Browsers take localhost for that. */
export const sessionCookie = '__Host-session';
/** A trial on a plain address of one's own network: there a browser would drop the other without a word. */
const plainCookie = 'session';

type Site = { env: Pick<Env, 'BASE_URL'> };

const isTrusted = ({ env }: Site): boolean =>
  env.BASE_URL.startsWith('https:') || new URL(env.BASE_URL).hostname === 'localhost';
const nameOn = (site: Site): string => (isTrusted(site) ? sessionCookie : plainCookie);

/** In milliseconds: as long as a session can last. */
const longest = 90 * 24 * 60 * 60 * 1000;

/** Sets the cookie, or clears it where there is no token. */
export function setSessionCookie(site: Site, response: Response, token: string | undefined): void {
  response.cookie(nameOn(site), token ?? '', {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: isTrusted(site),
    maxAge: token ? longest : 0,
  });
}

/** The token the browser sent; undefined where there is none that could be ours. */
export function sessionTokenOf(site: Site, request: Request): string | undefined {
  const cookies = (request.get('Cookie') ?? '').split(/;\s*/);
  const [, token] = cookies.map((cookie) => cookie.split('=')).find(([name]) => name === nameOn(site)) ?? [];
  return token && /^[\w-]{43}$/.test(token) ? token : undefined;
}
