import type { OrganizeRoute } from '../middleware/guard.ts';
import { organizePage } from '../organize/chrome.ts';
import { showPage } from '../page.ts';
import type { Platform } from '../platform.ts';
import type { LiveCounts } from '../tallies/live.ts';
import { readSnapshot } from './dashboard.ts';
import { readFacts } from './facts.ts';
import { createFeeds } from './feed.ts';
import { streamFeed } from './stream.ts';
import { dashboardView } from './view.ts';

/** One petition's numbers, and the stream that moves them. */
export function dashboardRoutes(platform: Platform): OrganizeRoute[] {
  const feeds = createFeeds(readSnapshot, platform.log);
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
      handle(request, response, { petition, session }) {
        const { live } = request.app.locals as { live: LiveCounts };
        const name = petition._id.toHexString();
        streamFeed(platform, feeds, request, response, { name, live, session, petition: petition._id });
      },
    },
  ];
}
