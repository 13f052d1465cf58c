import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Types } from 'mongoose';
import { dashboardWork } from '../../config/limits.ts';
import type { Line } from '../bare-connections.ts';
import type { Platform } from '../platform.ts';
import type { Session } from '../sessions/session.ts';
import type { LiveCounts } from '../tallies/live.ts';
import { beginStream, type NoteStream, StreamViewer } from '../tallies/stream.ts';
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
  request: Pick<IncomingMessage, 'method'>,
  response: ServerResponse,
  { name, live, session, petition }: Watch,
): void {
  const line = beginStream(request, response, live);
  if (!line) return;
  const note: NoteStream = (outcome) => platform.metrics.streams.inc({ audience: 'organizers', outcome });
  note('opened');
  line.once('close', feeds(name, new StreamViewer(line, mostUnread, note), live));
  endWithSession(platform, line, session, petition);
}

/** Ends a stream with its session; and now and then anyhow, so that the next one is let through like any request. */
function endWithSession(
  platform: Platform,
  line: Line,
  session: Session,
  petition: Types.ObjectId | undefined,
): void {
  const began = Date.now();
  const timer = setInterval(async () => {
    // Where Redis or MongoDB cannot say, they are asked again; the numbers stand still meanwhile.
    const may = await mayStillWatch(platform, session, petition).catch(() => true);
    if (line.writableEnded || line.destroyed) return;
    if (!may) line.end('event: ended\ndata: {}\n\n');
    else if (Date.now() - began > dashboardWork.streamFor) line.end();
  }, dashboardWork.sessionEvery);
  line.once('close', () => clearInterval(timer));
}
