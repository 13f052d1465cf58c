import { type Request, type Response, Router } from 'express';
import { groupWork } from '../../config/limits.ts';
import { HttpError } from '../errors.ts';
import { cachePublicly } from '../page.ts';
import { findPublished, type PetitionWithCount } from '../petitions/find.ts';
import { withdrawalOf } from '../petitions/phase.ts';
import type { Platform } from '../platform.ts';
import { together } from '../together.ts';
import { countEvent, type LiveCounts } from './live.ts';
import { beginStream, CountViewer, type NoteStream } from './stream.ts';
import { type PublicCount, readCount } from './tally.ts';

/** How old a count may be in somebody's cache, in seconds. */
const countAge = 5;
/** How much may wait for a viewer who does not read, in bytes. */
const mostUnread = 64 * 1024;

export function tallyRoutes(platform: Pick<Platform, 'recent' | 'metrics'>, live: LiveCounts): Router {
  const router = Router();

  router.get('/petitions/:slug/count.json', async (request, response) => {
    const { count } = await findCounted(platform, request.params.slug);
    sendCount(response, count.public);
  });

  router.get('/petitions/:slug/events', async (request, response) => {
    const { petition } = await findCounted(platform, request.params.slug);
    await streamCount(platform, live, request, response, {
      id: petition._id.toHexString(),
      read: async () => (await readCount(petition)).public,
    });
  });

  return router;
}

/** Answers with a count that anybody may read from anywhere. */
export function sendCount(response: Response, count: PublicCount): void {
  cachePublicly(response, countAge);
  response.set('Access-Control-Allow-Origin', '*');
  response.json(count);
}

/** What is counted: its id, and how its count is read. */
type Counted = { id: string; read: () => Promise<PublicCount> };

/** Streams a count as it moves. */
export async function streamCount(
  { metrics }: Pick<Platform, 'metrics'>,
  live: LiveCounts,
  request: Request,
  response: Response,
  counted: Counted,
): Promise<void> {
  if (response.destroyed) return;
  const line = beginStream(request, response, live, { 'Access-Control-Allow-Origin': '*' });
  if (!line) return;
  const note: NoteStream = (outcome) => metrics.streams.inc({ audience: 'public', outcome });
  note('opened');
  const viewer = new CountViewer(line, mostUnread, note);
  // Watches before it reads, so that no count is missed, and lets a newer one that came meanwhile stand.
  line.once('close', live.watch(counted.id, viewer));
  try {
    const event = await readTogether(counted);
    if (!viewer.isTold) viewer.write(event);
  } catch (error) {
    // They come back, and are told then.
    line.destroy();
    throw error;
  }
}

/** The event that a stream begins with: when everybody comes back at once, one reading serves all who came before it. */
const readTogether = together<Counted, string>((counted) => {
  const eventOf = async ({ read }: Counted) => countEvent(JSON.stringify(await read()));
  const distinct = new Map(counted.map((one) => [one.id, one]));
  const events = new Map([...distinct].map(([id, one]) => [id, eventOf(one)]));
  return Promise.allSettled(counted.map(({ id }) => events.get(id) as Promise<string>));
}, groupWork);

async function findCounted(platform: Pick<Platform, 'recent'>, slug: string): Promise<PetitionWithCount> {
  const found = await findPublished(platform, slug, new Date());
  if (!found) throw new HttpError(404);
  if (withdrawalOf(found.petition)) throw new HttpError(410);
  return found;
}
