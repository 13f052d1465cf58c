import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Request, Response } from 'express';
import { type Language, languages } from './petitions/petition.ts';
import type { Platform } from './platform.ts';
import { assetUrl, type Views } from './views.ts';

/** What a page says about itself: its title, and what a shared link shows. */
export type PageMeta = {
  title: string;
  description?: string;
  canonical?: string;
  noindex?: boolean;
  image?: string;
  imageAlt?: string;
  type?: 'website' | 'article';
  /** The address of the feed that tells its news. */
  feed?: string;
  alternates?: { lang: Language; href: string; label: string }[];
};

export type PageContext = { lang: Language; page: PageMeta } & Record<string, unknown>;
export type Locals = { platform: Platform; views: Views };

declare global {
  namespace Express {
    interface Request {
      /** Names this request in the log and on an error page. */
      id: string;
    }
  }
}

/** The language asked for by `?lang=` or the form. Never by a header: pages are cached by address. */
export function languageAsked(request: Request): Language | undefined {
  const asked: unknown = request.query.lang ?? (request.body as { lang?: unknown } | undefined)?.lang;
  return languages.find((language) => language === asked);
}

/** The same, or else `fallback`. */
export const languageOf = (request: Request, fallback: Language = 'en'): Language =>
  languageAsked(request) ?? fallback;

/** An address of ours in a language; English is the one that needs no saying. */
export const inLanguage = (path: string, lang: Language, usual: Language = 'en'): string =>
  lang === usual ? path : `${path}${path.includes('?') ? '&' : '?'}lang=${lang}`;

const languageNames: Record<Language, string> = { en: 'English', fr: 'Français' };

/** The same page in its other languages; none where it has but one. */
export const alternates = (
  baseUrl: string,
  available: readonly Language[],
  path: (lang: Language) => string,
) =>
  available.length > 1
    ? available.map((lang) => ({ lang, href: baseUrl + path(lang), label: languageNames[lang] }))
    : [];

/** The picture of a shared link that has none of its own. */
export const shareImage = (): string => assetUrl('images/share.png');

/** Renders a whole page: its own context and what every page shows. */
export function renderPage({ platform, views }: Locals, name: string, context: PageContext): string {
  const { env } = platform;
  return views.render(name, {
    siteName: env.SENDER_NAME,
    siteAddress: env.SENDER_ADDRESS,
    baseUrl: env.BASE_URL,
    homeUrl: inLanguage('/', context.lang),
    privacyUrl: inLanguage('/privacy', context.lang),
    captchaOff: !env.HCAPTCHA_SECRET,
    outboxUrl: env.production || env.SMTP_URL ? undefined : '/dev/outbox',
    ...context,
  });
}

/** Sends a page. The status is the response's, and nothing is cached unless a route said so. */
export function showPage(request: Request, response: Response, name: string, context: PageContext): void {
  if (!response.get('Cache-Control')) response.set('Cache-Control', 'no-store');
  response.type('html').send(renderPage(request.app.locals as Locals, name, context));
}

/** Shows a mail as its reader gets it, for a frame: it brings its own styles, and runs nothing. */
export function showMail(request: Request, response: Response, name: string, context: PageContext): void {
  const { BASE_URL } = (request.app.locals as Locals).platform.env;
  response.set(
    'Content-Security-Policy',
    `default-src 'none'; style-src 'unsafe-inline'; img-src ${BASE_URL}; frame-ancestors 'self'; sandbox`,
  );
  showPage(request, response, name, context);
}

/** A page's bytes, to be sent to many. */
export type Kept = { readonly html: Buffer; readonly etag: string; gzipped?: Buffer };

/** Renders a page that is the same for everybody who asks for it. */
export function keepPage(request: Request, name: string, context: PageContext): Kept {
  const html = Buffer.from(renderPage(request.app.locals as Locals, name, context));
  const hash = createHash('sha256').update(html).digest('base64url').slice(0, 22);
  return { html, etag: `W/"${hash}"` };
}

/**
 * Sends a page that everybody gets, as it was at most a moment ago: made by whoever asks first. `key` is all that it
 * depends on; `seconds` is how old others may let it grow. False where `make` finds that there is none.
 */
export async function sendRecent(
  request: Request,
  response: Response,
  { key, seconds }: { key: readonly unknown[]; seconds: number },
  make: () => Promise<Kept | undefined>,
): Promise<boolean> {
  const { platform } = request.app.locals as Locals;
  const page = await platform.recent.pages.get(JSON.stringify(key), make);
  if (!page) return false;
  cachePublicly(response, seconds);
  sendKept(request, response, page);
  return true;
}

/** Sends a kept page: not at all to who has it, compressed to who can read that. */
function sendKept(request: Request, response: Response, kept: Kept): void {
  response.set({ 'Content-Type': 'text/html; charset=utf-8', ETag: kept.etag, Vary: 'Accept-Encoding' });
  if (request.fresh) {
    response.status(304).end();
    return;
  }
  let bytes = kept.html;
  if (/\bgzip\b/.test(request.get('Accept-Encoding') ?? '')) {
    kept.gzipped ??= gzipSync(kept.html);
    bytes = kept.gzipped;
    response.set('Content-Encoding', 'gzip');
  }
  response.set('Content-Length', String(bytes.length)).end(request.method === 'HEAD' ? undefined : bytes);
}

/** Sends a browser on, where many come at once: `redirect` would write a page each for those that do not follow. */
export const seeOther = (response: Response, path: string): void => {
  response.status(303).location(path).end();
};

/** Public pages may be kept by anybody for a moment, and shown while we cannot answer. */
export function cachePublicly(response: Response, seconds: number): void {
  response.set(
    'Cache-Control',
    `public, max-age=${seconds}, stale-while-revalidate=${seconds * 6}, stale-if-error=86400`,
  );
}
