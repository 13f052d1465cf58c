import { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import { passkeyRoutes } from '../account/passkeys/routes.ts';
import { accountRoutes } from '../account/routes.ts';
import { auditRoutes } from '../audit/routes.ts';
import { campaignOrganizeRoutes } from '../campaigns/organize/routes.ts';
import { overviewRoutes } from '../dashboard/overview/routes.ts';
import { dashboardRoutes } from '../dashboard/routes.ts';
import { allowOnly, HttpError, wantsJson } from '../errors.ts';
import { exportRoutes } from '../exports/routes.ts';
import { importRoutes } from '../imports/routes.ts';
import { ledgerRoutes } from '../ledger/routes.ts';
import { letterRoutes } from '../letters/organize/routes.ts';
import { linkedRoutes } from '../linked/organize/routes.ts';
import { Forbidden, guard, type OrganizeRoute, sameOrigin, whoIs, whoIsOn } from '../middleware/guard.ts';
import { moderationRoutes } from '../moderation/routes.ts';
import { newsletterOrganizeRoutes } from '../newsletter/organize/routes.ts';
import { signatoryRoutes } from '../open-letters/organize/routes.ts';
import { ownerNames } from '../organizers/organizer.ts';
import { type Action, actionNames, leastRole, mayDo, roleOn } from '../organizers/roles.ts';
import { peopleRoutes } from '../organizers/routes.ts';
import { teamRoutes } from '../organizers/team/routes.ts';
import { showPage } from '../page.ts';
import { petitionOrganizeRoutes } from '../petitions/organize/routes.ts';
import type { Platform } from '../platform.ts';
import { organizeRepresentativeRoutes } from '../representatives/organize/routes.ts';
import { entranceRoutes } from '../sessions/entrance/routes.ts';
import { signInRoutes } from '../sessions/routes.ts';
import { organizeSignatureRoutes } from '../signatures/organize/routes.ts';
import { taskRoutes } from '../tasks/routes.ts';
import { organizeUpdateRoutes } from '../updates/organize/routes.ts';
import { organizePage } from './chrome.ts';
import { homeRoutes } from './home/routes.ts';

/** Every route of the organizers' side. */
export const organizeTable = (platform: Platform): OrganizeRoute[] => [
  ...signInRoutes(platform),
  ...entranceRoutes(platform),
  ...homeRoutes(platform),
  // Before `/organize/petitions/:petition`, which would take `new` for one.
  ...petitionOrganizeRoutes(platform),
  ...campaignOrganizeRoutes(platform),
  ...dashboardRoutes(platform),
  ...overviewRoutes(platform),
  ...accountRoutes(platform),
  ...passkeyRoutes(platform),
  ...peopleRoutes(platform),
  ...teamRoutes(platform),
  ...auditRoutes(platform),
  ...taskRoutes(platform),
  ...moderationRoutes(platform),
  ...organizeUpdateRoutes(platform),
  ...organizeSignatureRoutes(platform),
  ...ledgerRoutes(platform),
  ...letterRoutes(platform),
  ...linkedRoutes(platform),
  ...signatoryRoutes(platform),
  ...organizeRepresentativeRoutes(platform),
  ...newsletterOrganizeRoutes(platform),
  ...importRoutes(platform),
  ...exportRoutes(platform),
];

/** Everything that needs an account. */
export function organizeRoutes(platform: Platform): Router {
  const router = Router();
  router.use('/organize', sameOrigin(platform.env.BASE_URL));
  const table = organizeTable(platform);
  for (const route of table) router[route.method](route.path, ...guard(platform, route));
  for (const path of new Set(table.map((route) => route.path))) {
    const methods = table.filter((route) => route.path === path).map(({ method }) => method.toUpperCase());
    router.all(path, allowOnly(...(methods.includes('GET') ? ['HEAD'] : []), ...methods));
  }
  router.use('/organize', nothingHere);
  router.use(sayWhichRole(platform));
  router.use('/organize', leadBack(platform));
  return router;
}

/** A refused action says which role it takes, which one they have, and who can change that. */
const sayWhichRole =
  (platform: Platform): ErrorRequestHandler =>
  async (error, request, response, next) => {
    if (!(error instanceof Forbidden)) return next(error);
    const who = whoIsOn(response);
    const role = leastRole[error.action];
    const title = `This takes the role of ${role}`;
    if (wantsJson(request)) {
      const problem = { type: 'about:blank', title, status: 403, role };
      response.status(403).type('application/problem+json').send(JSON.stringify(problem));
      return;
    }
    showPage(request, response.status(403), 'organize/forbidden', {
      ...organizePage(platform, who, title),
      width: 'narrow',
      role,
      mine: roleOn(who.organizer, who.petition),
      action: actionNames[error.action],
      owners: await ownerNames(platform),
    });
  };

const nothingHere: RequestHandler = () => {
  throw new HttpError(404);
};

/** Whoever is signed in finds the way back from an address that leads nowhere; others see what everybody sees. */
const leadBack =
  (platform: Platform): ErrorRequestHandler =>
  async (error, request, response, next) => {
    const isNowhere = error instanceof HttpError && error.status === 404;
    if (!isNowhere || wantsJson(request)) return next(error);
    const someone = await whoIs(platform, request).catch(() => undefined);
    if (!someone) return next(error);
    const may = (action: Action) => mayDo(someone.organizer, action);
    showPage(request, response.status(404), 'organize/nowhere', {
      ...organizePage(platform, { ...someone, may }, 'There is nothing here'),
      width: 'narrow',
    });
  };
