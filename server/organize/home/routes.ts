import { officialCards } from '../../linked/view.ts';
import type { OrganizeRoute, SignedIn } from '../../middleware/guard.ts';
import { type Action, mayDo } from '../../organizers/roles.ts';
import { showPage } from '../../page.ts';
import { listAll } from '../../petitions/find.ts';
import type { Petition } from '../../petitions/petition.ts';
import type { Platform } from '../../platform.ts';
import { recentTasks } from '../../tasks/task.ts';
import { taskView } from '../../tasks/view.ts';
import { menuOf, organizePage } from '../chrome.ts';
import { rowView } from './view.ts';

const day = 24 * 60 * 60 * 1000;

/** Where an organizer lands: every petition, drafts too, with its numbers. */
export function homeRoutes(platform: Platform): OrganizeRoute[] {
  return [
    {
      method: 'get',
      path: '/organize',
      needs: 'account',
      async handle(request, response, who) {
        const now = new Date();
        const since = new Date(now.getTime() - day);
        const [petitions, tasks] = await Promise.all([listAll(now), recentTasks(who.organizer._id, since)]);
        const officials = await officialCards(
          petitions.map(({ petition }) => petition),
          'en',
          now,
        );
        showPage(request, response, 'organize/home', {
          ...organizePage(platform, who, 'Petitions', 'home'),
          tasks: tasks.map((task) => taskView(task, now)),
          petitions: petitions.map(({ petition, count }) => ({
            ...rowView(petition, count, now),
            official: officials.get(petition._id.toHexString())?.count,
            may: menuOf((action: Action) => mayDo(who.organizer, action, petition)),
            role: roleHere(who, petition),
          })),
        });
      },
    },
  ];
}

/** The role somebody has in a petition's team, where it is more than the one they have everywhere. */
function roleHere({ organizer }: SignedIn, { team }: Petition): string | undefined {
  const member = team.find((entry) => organizer._id.equals(entry.organizer));
  return member && member.role !== organizer.role ? member.role : undefined;
}
