import { Router } from 'express';
import { HttpError } from '../errors.ts';
import { findPublished } from '../petitions/find.ts';
import type { Petition } from '../petitions/petition.ts';
import { withdrawalOf } from '../petitions/phase.ts';
import { countEvent, type LiveCounts } from './live.ts';
import { readCount } from './tally.ts';

/** How old a count may be in somebody's cache, in seconds. */
const countAge = 5;
/** How long a browser waits before it comes back to a stream that ended, in milliseconds. */
const reconnectAfter = 2_000;

export function tallyRoutes(live: LiveCounts): Router {
  const router = Router();

  router.get('/petitions/:slug/count.json', async (request, response) => {
    const petition = await findCounted(request.params.slug);
    const count = await readCount(petition);
    response.set('Cache-Control', `public, max-age=${countAge}, stale-if-error=86400`);
    response.set('Access-Control-Allow-Origin', '*');
    response.json(count.public);
  });

  router.get('/petitions/:slug/events', async (request, response) => {
    const petition = await findCounted(request.params.slug);
    const count = await readCount(petition);
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
      'Access-Control-Allow-Origin': '*',
    });
    response.write(`retry: ${reconnectAfter}\n${countEvent(JSON.stringify(count.public))}`);
    response.on('close', live.watch(petition._id.toHexString(), response));
  });

  return router;
}

async function findCounted(slug: string): Promise<Petition> {
  const petition = await findPublished(slug, new Date());
  if (!petition) throw new HttpError(404);
  if (withdrawalOf(petition)) throw new HttpError(410);
  return petition;
}
