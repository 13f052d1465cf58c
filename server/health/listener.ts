import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Env } from '../../config/env.ts';
import { mayReadMetrics } from './access.ts';
import type { Metrics } from './metrics.ts';

type Where = Pick<Env, 'METRICS_PORT' | 'METRICS_HOST' | 'METRICS_TOKEN'>;

/** `/healthz` and `/metrics` of a process that serves nothing else; nothing at all where no `METRICS_PORT` is given. */
export async function listenForMonitors(
  env: Where,
  { register }: Pick<Metrics, 'register'>,
): Promise<{ port: number; close(): Promise<void> } | undefined> {
  if (env.METRICS_PORT === undefined) return undefined;
  const server = createServer(async ({ url, headers, socket }, response) => {
    const answer = (status: number, text: string, type = 'text/plain; charset=utf-8') =>
      response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(text);
    const [path] = (url ?? '').split('?');
    if (path === '/healthz') return answer(200, '{"status":"alive"}', 'application/json; charset=utf-8');
    if (path !== '/metrics') return answer(404, 'Not found\n');
    if (!mayReadMetrics(env, { headers, socket })) return answer(403, 'Forbidden\n');
    return answer(200, await register.metrics(), register.contentType);
  });
  // Nobody but a monitor asks, one at a time.
  server.maxConnections = 20;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(env.METRICS_PORT, env.METRICS_HOST, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
