import express, { type Express } from 'express';
import { campaignFeedRoutes } from './campaigns/feed/routes.ts';
import { campaignRoutes } from './campaigns/routes.ts';
import { confirmationRoutes } from './confirmations/routes.ts';
import { HttpError, handleErrors } from './errors.ts';
import { feedRoutes } from './feeds/routes.ts';
import { measureWeb } from './health/gauges.ts';
import { healthRoutes } from './health/routes.ts';
import { imageRoutes } from './images/routes.ts';
import { bareStreams } from './middleware/bare-streams.ts';
import { type Load, turnAwayWhenFull } from './middleware/load.ts';
import { logRequests } from './middleware/request-log.ts';
import { cacheNothing, securityHeaders } from './middleware/security.ts';
import { endSlowBodies } from './middleware/slow-bodies.ts';
import { leaveWhenStopping } from './middleware/stopping.ts';
import { trustProxy } from './middleware/trust-proxy.ts';
import { newsletterRoutes } from './newsletter/routes.ts';
import { openLetterRoutes } from './open-letters/routes.ts';
import { organizeRoutes } from './organize/routes.ts';
import { outboxRoutes } from './outbox/routes.ts';
import { pageRoutes } from './pages/routes.ts';
import { petitionRoutes } from './petitions/routes.ts';
import { versionRoutes } from './petitions/versions/routes.ts';
import type { Platform } from './platform.ts';
import { reportRoutes } from './reports/routes.ts';
import { representativeRoutes } from './representatives/routes.ts';
import { signatureRoutes } from './signatures/routes.ts';
import { signerRoutes } from './signers/routes.ts';
import type { LiveCounts } from './tallies/live.ts';
import { tallyRoutes } from './tallies/routes.ts';
import { updateRoutes } from './updates/routes.ts';
import { createViews, publicFolder, webauthnFolder } from './views.ts';

/** The whole HTTP map. */
export function createApp(platform: Platform, live: LiveCounts, load: Load, stopping: AbortSignal): Express {
  const { env, log, metrics } = platform;
  measureWeb(metrics, live, load);
  const app = express();
  app.disable('x-powered-by');
  trustProxy(app, env.TRUST_PROXY);
  app.set('query parser', 'simple');
  app.set('etag', 'weak');
  app.locals.platform = platform;
  app.locals.views = createViews();
  app.locals.live = live;

  app.use(bareStreams);
  app.use(logRequests(log, metrics));
  app.use(securityHeaders(env));
  app.use(leaveWhenStopping(stopping));
  app.use(endSlowBodies());
  app.use(
    '/assets',
    express.static(publicFolder, { immutable: true, maxAge: '1y', index: false, redirect: false }),
  );
  app.use(
    '/assets/webauthn',
    express.static(webauthnFolder, { maxAge: '1h', index: false, redirect: false }),
  );
  app.use(cacheNothing);
  const turnedAway = () => metrics.turnedAway.inc();
  // First, because on a busy day it is most of what comes.
  app.use(signatureRoutes(platform, turnAwayWhenFull(load, 'isTooHigh', turnedAway)));
  app.use(healthRoutes(platform, stopping));
  app.use(tallyRoutes(platform, live));
  app.use(campaignRoutes(platform, live));
  app.use(campaignFeedRoutes(platform));
  app.use(feedRoutes(platform));
  app.use(imageRoutes());
  app.use(petitionRoutes(platform));
  app.use(versionRoutes(platform));
  app.use(reportRoutes(platform));
  app.use(openLetterRoutes(platform));
  app.use(updateRoutes(platform));
  app.use(turnAwayWhenFull(load, 'isFull', turnedAway));
  app.use(confirmationRoutes(platform));
  app.use(representativeRoutes(platform));
  app.use(signerRoutes(platform));
  app.use(pageRoutes(platform));
  app.use(newsletterRoutes(platform));
  app.use(organizeRoutes(platform));
  if (!env.production) app.use(outboxRoutes(platform));

  app.use(() => {
    throw new HttpError(404);
  });
  app.use(handleErrors(log));
  return app;
}
