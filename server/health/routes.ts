import { Router } from 'express';
import { pingMongo } from '../stores.ts';
import type { Metrics } from './metrics.ts';

/** For load balancers and monitors: no cookies, no cache, no pages. */
export function healthRoutes({ register }: Pick<Metrics, 'register'>, stopping: AbortSignal): Router {
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

  router.get('/metrics', async (_request, response) => {
    response.type(register.contentType).send(await register.metrics());
  });

  return router;
}
