import { Router } from 'express';
import { HttpError } from '../errors.ts';
import type { Platform } from '../platform.ts';
import { pingMongo } from '../stores.ts';
import { mayReadMetrics } from './access.ts';

/** For load balancers and monitors: no cookies, no cache, no pages. */
export function healthRoutes(
  { env, metrics: { register } }: Pick<Platform, 'env' | 'metrics'>,
  stopping: AbortSignal,
): Router {
  const router = Router();
  router.use(['/healthz', '/readyz', '/metrics'], (_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });

  router.get('/healthz', (_request, response) => {
    response.json({ status: 'alive' });
  });

  router.get('/readyz', async (_request, response) => {
    if (stopping.aborted) {
      response.status(503).json({ status: 'stopping' });
      return;
    }
    const ready = await pingMongo().then(
      () => true,
      () => false,
    );
    if (!ready) response.status(503).set('Retry-After', '5');
    response.json(ready ? { status: 'ready' } : { status: 'unavailable', missing: 'mongodb' });
  });

  router.get('/metrics', async (request, response) => {
    if (!mayReadMetrics(env, request)) throw new HttpError(403);
    response.type(register.contentType).send(await register.metrics());
  });

  return router;
}
