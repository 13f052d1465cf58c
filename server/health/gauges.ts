import { Gauge, type Registry } from 'prom-client';
import type { Queues } from '../../workers/queues.ts';
import { pingMongo } from '../stores.ts';

export type Stores = { queues: Pick<Queues, 'states'>; redis: { ping(): Promise<unknown> } };

/** Depth and age of every queue, asked for when Prometheus asks. Says nothing while Redis is away. */
export function measureQueues({ queues }: Pick<Stores, 'queues'>, register: Registry): void {
  const labelNames = ['queue'] as const;
  const registers = [register];
  const age = new Gauge({
    name: 'undersigned_queue_age_seconds',
    help: 'How long the first job that is due has waited',
    labelNames,
    registers,
  });
  new Gauge({
    name: 'undersigned_queue_depth',
    help: 'Jobs that wait or run',
    labelNames,
    registers,
    async collect() {
      this.reset();
      age.reset();
      const states = await queues.states().catch(() => []);
      for (const { queue, depth, waited } of states) {
        this.set({ queue }, depth);
        age.set({ queue }, waited);
      }
    },
  });
}

/** How long each store takes to answer this process, its wait for a free connection included. */
export function measureStores({ redis }: Pick<Stores, 'redis'>, register: Registry): void {
  const pings = { mongodb: pingMongo, redis: () => redis.ping() };
  new Gauge({
    name: 'undersigned_store_ping_seconds',
    help: 'How long a store takes to answer; missing while it does not',
    labelNames: ['store'] as const,
    registers: [register],
    async collect() {
      this.reset();
      await Promise.all(
        Object.entries(pings).map(async ([store, ping]) => {
          const begun = performance.now();
          const answered = await ping().then(
            () => true,
            () => false,
          );
          if (answered) this.set({ store }, (performance.now() - begun) / 1_000);
        }),
      );
    },
  });
}

/** What only a web process has: open streams, and how much it has to do. */
export function measureWeb(
  { register }: { register: Registry },
  live: { readonly size: number },
  load: { readonly delay: number; readonly depth: number },
): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `undersigned_${name}`,
      help,
      registers: [register],
      collect() {
        this.set(read());
      },
    });
  gauge('live_viewers', 'Open event streams on this process', () => live.size);
  gauge('requests_under_way', 'Requests this process works on', () => load.depth);
  gauge('loop_delay_seconds', 'How late the event loop runs', () => load.delay / 1_000);
}
