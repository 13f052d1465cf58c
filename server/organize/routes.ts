import { type ErrorRequestHandler, Router } from 'express';
import { accountRoutes } from '../account/routes.ts';
import { auditRoutes } from '../audit/routes.ts';
import { allowOnly } from '../errors.ts';
import { Forbidden, guard, type OrganizeRoute, sameOrigin } from '../middleware/guard.ts';
import { leastRole } from '../organizers/roles.ts';
import { peopleRoutes } from '../organizers/routes.ts';
import { showPage } from '../page.ts';
import { listAll } from '../petitions/find.ts';
import { textIn } from '../petitions/petition.ts';
import { progressView } from '../petitions/view.ts';
import type { Platform } from '../platform.ts';
import { signInRoutes } from '../sessions/routes.ts';
import { taskRoutes } from '../tasks/routes.ts';
import { organizePage } from './chrome.ts';

/** Every route of the organizers' side. */
export const organizeTable = (platform: Platform): OrganizeRoute[] => [
  ...signInRoutes(platform),
  ...homeRoutes(platform),
  ...accountRoutes(platform),
  ...peopleRoutes(platform),
  ...auditRoutes(platform),
  ...taskRoutes(platform),
];

/** Everything that needs an account. */
export function organizeRoutes(platform: Platform): Router {
  const router = Router();
  router.use('/organize', sameOrigin(platform.env.BASE_URL));
  const table = organizeTable(platform);
  for (const route of table)
    router[route.method](route.path, ...(route.before ?? []), guard(platform, route));
  for (const path of new Set(table.map((route) => route.path))) {
    const methods = table.filter((route) => route.path === path).map(({ method }) => method.toUpperCase());
    router.all(path, allowOnly(...(methods.includes('GET') ? ['HEAD'] : []), ...methods));
  }
  router.use(sayWhichRole);
  return router;
}

const sayWhichRole: ErrorRequestHandler = (error, request, response, next) => {
  if (!(error instanceof Forbidden)) return next(error);
  showPage(request, response.status(403), 'organize/forbidden', {
    lang: 'en',
    page: { title: 'Not with your role', noindex: true },
    role: leastRole[error.action],
  });
};

/** Where an organizer lands: every petition, drafts too, with its numbers. */
export function homeRoutes(platform: Platform): OrganizeRoute[] {
  return [
    {
      method: 'get',
      path: '/organize',
      needs: 'account',
      async handle(request, response, who) {
        const petitions = await listAll(new Date());
        showPage(request, response, 'organize/home', {
          ...organizePage(platform, who, 'Petitions'),
          petitions: petitions.map(({ petition, count }) => ({
            id: petition._id.toHexString(),
            title: textIn(petition, petition.language).title,
            phase: count.public.phase,
            publicUrl: `/petitions/${petition.slug}`,
            progress: progressView(petition, count),
          })),
        });
      },
    },
  ];
}
