import type { Request } from 'express';
import { campaignLines } from '../../campaigns/organize/numbers.ts';
import { formBody, formOf } from '../../middleware/form-body.ts';
import type { OrganizeRoute } from '../../middleware/guard.ts';
import { organizePage } from '../../organize/chrome.ts';
import { showPage } from '../../page.ts';
import type { Platform } from '../../platform.ts';
import type { LiveCounts } from '../../tallies/live.ts';
import { createFeeds, type Snapshot } from '../feed.ts';
import { streamFeed } from '../stream.ts';
import { choose, idsOf, readOverview } from './overview.ts';
import { beginPeopleCount, findPeople } from './people.ts';
import { overviewAsOf, overviewLive, overviewUrl, overviewView } from './view.ts';

const path = '/organize/overview';

/** All petitions side by side, how many different people are behind all or some of them, and the stream of both. */
export function overviewRoutes(platform: Platform): OrganizeRoute[] {
  const feeds = createFeeds(readSnapshot, platform.log, true);
  return [
    {
      method: 'get',
      path,
      needs: 'petition.view',
      async handle(request, response, who) {
        const now = new Date();
        const { lines, chosen, people } = await readChosen(askedFor(request), now);
        showPage(request, response, 'organize/dashboard/overview', {
          ...organizePage(platform, who, 'All petitions together', 'home'),
          overview: overviewView(lines, chosen, people, now),
          campaigns: await campaignLines(now),
        });
      },
    },
    {
      method: 'get',
      path: `${path}/events`,
      needs: 'petition.view',
      async handle(request, response, { session }) {
        // One reading serves all who look at the same selection, in whatever order they ask for it.
        const { lines, chosen } = await readLines(askedFor(request), new Date());
        const name = chosen.length === lines.length ? '' : chosen.map(({ id }) => id).join();
        const { live } = request.app.locals as { live: LiveCounts };
        streamFeed(platform, feeds, request, response, { name, live, session });
      },
    },
    {
      method: 'post',
      path: `${path}/people`,
      needs: 'petition.view',
      before: [formBody()],
      async handle(request, response, { organizer }) {
        const asked = (formOf(request).petitions ?? '').split(',');
        const { lines, chosen } = await readLines(asked, new Date());
        await beginPeopleCount(platform, organizer._id, idsOf(chosen));
        response.redirect(303, overviewUrl(lines, chosen));
      },
    },
  ];
}

/** `?petition=a&petition=b`. */
function askedFor({ query }: Request): string[] {
  return [query.petition ?? []].flat().filter((id) => typeof id === 'string');
}

async function readLines(asked: readonly string[], now: Date) {
  const lines = await readOverview(now);
  return { lines, chosen: choose(lines, asked) };
}

async function readChosen(asked: readonly string[], now: Date) {
  const { lines, chosen } = await readLines(asked, now);
  const signatures = chosen.reduce((sum, { confirmed }) => sum + confirmed, 0);
  return { lines, chosen, people: await findPeople(idsOf(chosen), signatures, now) };
}

async function readSnapshot(name: string): Promise<Snapshot> {
  const now = new Date();
  const { lines, chosen, people } = await readChosen(name.split(','), now);
  return { asOf: overviewAsOf(now), live: overviewLive(lines, chosen, people) };
}
