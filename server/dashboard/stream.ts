import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Types } from 'mongoose';
import { dashboardWork } from '../../config/limits.ts';
import type { Platform } from '../platform.ts';
import type { Session } from '../sessions/session.ts';
import { comeBack, type LiveCounts, type NoteStream, viewerOf } from '../tallies/live.ts';
import { mayStillWatch } from './dashboard.ts';
import type { createFeeds } from './feed.ts';

/** How much may wait for a viewer who does not read, in bytes. */
const mostUnread = 256 * 1024;

/** Who watches what: `petition` is the one they must have the right to see, where it is one. */
type Watch = { name: string; live: LiveCounts; session: Session; petition?: Types.ObjectId };

/** Answers with a feed's events, as long as whoever watches may. */
export function streamFeed(
  platform: Platform,
  feeds: ReturnType<typeof createFeeds>,
  { method }: Pick<IncomingMessage, 'method'>,
  response: ServerResponse,
  { name, live, session, petition }: Watch,
): void {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  });
  if (method === 'HEAD' || response.destroyed || live.isClosed) return void response.end(comeBack());
  const note: NoteStream = (outcome) => platform.metrics.streams.inc({ audience: 'organizers', outcome });
  response.write(comeBack());
  note('opened');
  response.on('close', feeds(name, viewerOf(response, mostUnread, note), live));
  endWithSession(platform, response, session, petition);
}

/** Ends a stream with its session; and now and then anyhow, so that the next one is let through like any request. */
function endWithSession(
  platform: Platform,
  response: ServerResponse,
  session: Session,
  petition: Types.ObjectId | undefined,
): void {
  const began = Date.now();
  const timer = setInterval(async () => {
    // Where Redis or MongoDB cannot say, they are asked again; the numbers stand still meanwhile.
    const may = await mayStillWatch(platform, session, petition).catch(() => true);
    if (response.writableEnded) return;
    if (!may) response.end('event: ended\ndata: {}\n\n');
    else if (Date.now() - began > dashboardWork.streamFor) response.end();
  }, dashboardWork.sessionEvery);
  response.on('close', () => clearInterval(timer));
}
