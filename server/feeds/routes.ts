import { createHash } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import { allowOnly } from '../errors.ts';
import { cachePublicly, languageOf } from '../page.ts';
import { openPetition } from '../petitions/routes.ts';
import type { Platform } from '../platform.ts';
import { atomFeed, type Feed } from './atom.ts';
import { petitionFeed, siteFeed } from './feed.ts';

/** A feed may be this old, in seconds. */
const feedAge = 300;

/** News to follow without leaving an address: of every petition, and of each. */
export function feedRoutes({ env }: Pick<Platform, 'env'>): Router {
  const router = Router();
  router.get('/feed.xml', async (request, response) => {
    sendFeed(request, response, await siteFeed(env, languageOf(request), new Date()));
  });
  router.get('/petitions/:slug/feed.xml', async (request, response) => {
    const opened = await openPetition(request, response);
    if (!opened) return;
    const { petition, lang, now } = opened;
    sendFeed(request, response, await petitionFeed(env, petition, lang, now));
  });
  router.all(['/feed.xml', '/petitions/:slug/feed.xml'], allowOnly('GET', 'HEAD'));
  return router;
}

/** Sends a feed, and nothing of it to whoever has it already. Readers ask again and again for years. */
export function sendFeed(request: Request, response: Response, feed: Feed): void {
  const xml = atomFeed(feed);
  cachePublicly(response, feedAge);
  const hash = createHash('sha256').update(xml).digest('base64url').slice(0, 22);
  response.set({ 'Last-Modified': feed.updated.toUTCString(), ETag: `W/"${hash}"` });
  response.type('application/atom+xml; charset=utf-8');
  if (request.fresh) response.status(304).end();
  else response.send(xml);
}
