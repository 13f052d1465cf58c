import type { OrganizeRoute } from '../../middleware/guard.ts';
import { organizePage } from '../../organize/chrome.ts';
import { showPage } from '../../page.ts';
import type { Platform } from '../../platform.ts';
import { commentOrganizeRoutes } from './comments/routes.ts';
import { issueOrganizeRoutes } from './issues/routes.ts';
import { peopleOrganizeRoutes } from './people/routes.ts';
import { newsletterPath, overviewView } from './view.ts';

/** The newsletter as organizers run it. */
export function newsletterOrganizeRoutes(platform: Platform): OrganizeRoute[] {
  return [
    {
      ...{ method: 'get', path: newsletterPath, needs: 'newsletter.view' },
      async handle(request, response, who) {
        showPage(request, response, 'organize/newsletter/index', {
          ...organizePage(platform, who, 'Newsletter', 'newsletter'),
          ...{ ...(await overviewView(new Date())), tab: 'overview', styles: 'css/dashboard.css' },
        });
      },
    },
    ...issueOrganizeRoutes(platform),
    ...commentOrganizeRoutes(platform),
    ...peopleOrganizeRoutes(platform),
  ];
}
