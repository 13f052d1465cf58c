import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Log } from '../../config/log.ts';
import { routeOf } from '../errors.ts';
import type { Metrics } from '../health/metrics.ts';

const quiet = new Set(['/healthz', '/readyz', '/metrics', '/assets']);

/** Node takes 35 methods; those that no page uses are one. */
const methods = new Set(['GET', 'HEAD', 'POST']);

/**
 * Gives each request an id and logs how it ended: method, the route's pattern, status and time. Never the address
 * itself, which can hold a link's secret, nor the IP.
 */
export function logRequests(log: Log, { requests }: Metrics): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const begun = performance.now();
    request.id = randomUUID();
    response.set('X-Request-Id', request.id);
    response.on('close', () => {
      const { method } = request;
      const route = routeOf(request);
      const status = response.headersSent ? response.statusCode : 499;
      const ms = Math.round(performance.now() - begun);
      if (!route.endsWith('/events')) {
        const label = methods.has(method) ? method : 'other';
        requests.observe({ method: label, route, status }, ms / 1000);
      }
      const level = status >= 500 ? 'warn' : quiet.has(route) ? 'debug' : 'info';
      log[level]({ requestId: request.id, ms }, `${method} ${route} ${status}`);
    });
    next();
  };
}
