import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Platform } from '../platform.ts';
import type { LiveCounts } from '../tallies/live.ts';

export type Metrics = ReturnType<typeof createMetrics>;

/** What this process has to say to Prometheus. Labels are routes and statuses: nothing that names a person. */
export function createMetrics({ queues }: Pick<Platform, 'queues'>, live: LiveCounts) {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  new Gauge({
    name: 'undersigned_live_viewers',
    help: 'Open event streams on this process',
    registers,
    collect() {
      this.set(live.size);
    },
  });
  new Gauge({
    name: 'undersigned_queue_depth',
    help: 'Jobs that wait or run',
    labelNames: ['queue'],
    registers,
    async collect() {
      const depths = await queues.depths().catch(() => ({}));
      for (const [queue, depth] of Object.entries(depths)) this.set({ queue }, depth);
    },
  });
  const requests = new Histogram({
    name: 'undersigned_request_seconds',
    help: 'Requests by route and status',
    registers,
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  });
  return { register, requests };
}
