import type { Request } from 'express';
import { formBody, formOf } from '../../middleware/form-body.ts';
import type { OrganizeRoute } from '../../middleware/guard.ts';
import { organizePage } from '../../organize/chrome.ts';
import { showPage } from '../../page.ts';
import type { Platform } from '../../platform.ts';
import { choose, idsOf, readOverview } from './overview.ts';
import { beginPeopleCount, findPeople } from './people.ts';
import { overviewUrl, overviewView } from './view.ts';

const path = '/organize/overview';

/** All petitions side by side, and how many different people are behind all or some of them. */
export function overviewRoutes(platform: Platform): OrganizeRoute[] {
  return [
    {
      method: 'get',
      path,
      needs: 'petition.view',
      async handle(request, response, who) {
        const now = new Date();
        const lines = await readOverview(now);
        const chosen = choose(lines, askedFor(request));
        const signatures = chosen.reduce((sum, { confirmed }) => sum + confirmed, 0);
        const people = await findPeople(idsOf(chosen), signatures, now);
        showPage(request, response, 'organize/dashboard/overview', {
          ...organizePage(platform, who, 'All petitions together', 'home'),
          overview: overviewView(lines, chosen, people, now),
        });
      },
    },
    {
      method: 'post',
      path: `${path}/people`,
      needs: 'petition.view',
      before: [formBody()],
      async handle(request, response, { organizer }) {
        const lines = await readOverview();
        const chosen = choose(lines, (formOf(request).petitions ?? '').split(','));
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
