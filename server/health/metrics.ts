import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Queues } from '../../workers/queues.ts';

export type Metrics = ReturnType<typeof createMetrics>;

const quick = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const slow = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];

/** What a process has to say to Prometheus. Labels are routes, outcomes and names of ours: nothing that names a person. */
export function createMetrics(queues: Pick<Queues, 'states'>) {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  measureQueues(queues, registers);
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name: `undersigned_${name}`, help, labelNames, registers });
  const histogram = <Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: Label[] = [],
  ) => new Histogram({ name: `undersigned_${name}`, help, buckets, labelNames, registers });

  return {
    register,
    requests: histogram('request_seconds', 'Requests by route and status', quick, [
      'method',
      'route',
      'status',
    ]),
    signatures: counter('signatures_total', 'Signature forms by what became of them', ['outcome']),
    confirmations: counter('confirmations_total', 'Presses of the confirm button by what they led to', [
      'outcome',
    ]),
    captchas: counter('captchas_total', 'Captchas by outcome', ['outcome']),
    limited: counter('limited_total', 'Requests refused by a rate limit', ['limit']),
    turnedAway: counter('turned_away_total', 'Requests refused because the process was full', []),
    mails: counter('mails_total', 'Mails by kind and what became of them', ['kind', 'outcome']),
    jobs: histogram('job_seconds', 'Jobs by name and outcome', slow, ['job', 'outcome']),
    tallyLag: histogram('tally_lag_seconds', 'From a change to its place in the count', slow),
  };
}

/** Depth and age of every queue, asked for when Prometheus asks. Says nothing while Redis is away. */
function measureQueues(queues: Pick<Queues, 'states'>, registers: Registry[]): void {
  const labelNames = ['queue'] as const;
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

/** What only a web process has: open streams, and how much it has to do. */
export function measureWeb(
  { register }: Pick<Metrics, 'register'>,
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
