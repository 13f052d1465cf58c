import type { Response } from 'express';
import { dashboardWork } from '../../config/limits.ts';
import type { OrganizeRoute, SignedIn } from '../middleware/guard.ts';
import { organizePage } from '../organize/chrome.ts';
import { showPage } from '../page.ts';
import type { Platform } from '../platform.ts';
import type { LiveCounts, Viewer } from '../tallies/live.ts';
import { mayStillWatch, readSnapshot } from './dashboard.ts';
import { readFacts } from './facts.ts';
import { createFeeds } from './feed.ts';
import { dashboardView } from './view.ts';

/** How long a browser waits before it comes back to a stream that ended, in milliseconds. */
const reconnectAfter = 2_000;
/** How much may wait for a viewer who does not read, in bytes. */
const mostUnread = 256 * 1024;

/** One petition's numbers, and the stream that moves them. */
export function dashboardRoutes(platform: Platform): OrganizeRoute[] {
  const watch = createFeeds(readSnapshot, platform.log);
  return [
    {
      method: 'get',
      path: '/organize/petitions/:petition',
      needs: 'petition.view',
      async handle(request, response, who) {
        const facts = await readFacts(who.petition, new Date());
        const dashboard = dashboardView(who.petition, facts);
        showPage(request, response, 'organize/dashboard/show', {
          ...organizePage(platform, who, dashboard.title, 'home'),
          dashboard,
          petitionId: dashboard.id,
        });
      },
    },
    {
      method: 'get',
      path: '/organize/petitions/:petition/events',
      needs: 'petition.view',
      handle(request, response, who) {
        response.writeHead(200, {
          'Content-Type': 'text/event-stream; charset=utf-8',
          'Cache-Control': 'no-store',
          'X-Accel-Buffering': 'no',
        });
        if (request.method === 'HEAD' || response.destroyed) return void response.end();
        response.write(`retry: ${reconnectAfter}\n\n`);
        const { live } = request.app.locals as { live: LiveCounts };
        response.on('close', watch(who.petition._id.toHexString(), viewerOf(response), live));
        endWithSession(platform, response, who);
      },
    },
  ];
}

/** One who stopped reading must not fill our memory; a browser comes back by itself. */
const viewerOf = (response: Response): Viewer => ({
  write: (text) => (response.writableLength > mostUnread ? response.destroy() : response.write(text)),
  end: () => response.end(),
});

/** Ends a stream with its session; and now and then anyhow, so that the next one is let through like any request. */
function endWithSession(platform: Platform, response: Response, { session, petition }: SignedIn): void {
  const began = Date.now();
  const timer = setInterval(async () => {
    // Where Redis or MongoDB cannot say, they are asked again; the numbers stand still meanwhile.
    const may = await mayStillWatch(platform, session, petition._id).catch(() => true);
    if (!may) response.end('event: ended\ndata: {}\n\n');
    else if (Date.now() - began > dashboardWork.streamFor) response.end();
  }, dashboardWork.sessionEvery);
  response.on('close', () => clearInterval(timer));
}
