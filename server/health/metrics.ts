import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { rateLimits } from '../../config/limits.ts';
import { jobs } from '../../workers/queues.ts';
import { readingFailures } from '../linked/official.ts';
import { measureQueues, measureStores, type Stores } from './gauges.ts';

export type Metrics = ReturnType<typeof createMetrics>;

const quick = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const slow = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];

const signerMails = ['confirm', 'reminder', 'duplicate'] as const;
const mailKinds = [
  ...signerMails,
  'access',
  'milestone',
  'update',
  'updateTest',
  'letter',
  'newsletter',
  'issue',
  'issueTest',
] as const;

/**
 * What a process has to say to Prometheus. Every value a label may have is written down here, or is a route, a method
 * or a status: nothing a visitor sends becomes one, and nothing names a person.
 */
export function createMetrics(stores: Stores) {
  const register = new Registry();
  const { counter, histogram } = makers(register);
  collectDefaultMetrics({ register });
  measureQueues(stores, register);
  measureStores(stores, register);

  return {
    register,
    /** `route` is a pattern of ours, `*` where none matched. */
    requests: new Histogram({
      name: 'undersigned_request_seconds',
      help: 'Requests by route and status',
      buckets: quick,
      labelNames: ['method', 'route', 'status'],
      registers: [register],
    }),
    signatures: counter('signatures_total', 'Signature forms by what became of them', {
      outcome: ['taken', 'refused', 'captcha', 'unavailable', 'draft', 'upcoming', 'closed'],
    }),
    confirmations: counter('confirmations_total', 'Presses of the confirm button by what they led to', {
      outcome: ['confirmed', 'confirmable', 'closed', 'withdrawn', 'invalidated', 'unknown', 'expired'],
    }),
    captchas: counter('captchas_total', 'Captchas by outcome', {
      outcome: ['passed', 'missing', 'expired', 'failed', 'unavailable'],
    }),
    limited: counter('limited_total', 'Requests refused by a rate limit', { limit: namesOf(rateLimits) }),
    turnedAway: counter('turned_away_total', 'Requests refused because the process was full', {}),
    streams: counter('live_streams_total', 'Event streams begun, and dropped because nobody read them', {
      audience: ['public', 'organizers'],
      outcome: ['opened', 'dropped'],
    }),
    mails: counter('mails_total', 'Mails by kind and how an attempt ended', {
      kind: mailKinds,
      outcome: ['sent', 'suppressed', 'refused', 'deferred', 'unclear'],
    }),
    mailWait: histogram('mail_wait_seconds', 'From asking for a mail until the mail server took it', slow, {
      kind: signerMails,
    }),
    jobs: histogram('job_seconds', 'Jobs by name and outcome', slow, {
      // `job` and `instance` are labels that Prometheus gives itself.
      name: namesOf(jobs),
      outcome: ['done', 'failed'],
    }),
    tasks: counter('tasks_total', 'Long work of organizers by how it ended', { outcome: ['done', 'failed'] }),
    tallyLag: histogram(
      'tally_lag_seconds',
      'From the oldest change of a batch to its place in the count',
      slow,
      {},
    ),
    comparisons: counter('comparisons_total', 'Tallies compared with a full count, by what was found', {
      outcome: ['equal', 'corrected', 'busy', 'failed'],
    }),
    officialReadings: counter('official_readings_total', 'Official counts asked for, by their end', {
      outcome: ['read', ...readingFailures],
    }),
    auditChecks: counter('audit_checks_total', 'Checks of the audit log by what was found', {
      outcome: ['whole', 'changed'],
    }),
  };
}

type Labels = Record<string, readonly string[]>;
type Values<Names extends Labels> = { [Name in keyof Names]: Names[Name][number] };
/** A metric without labels is told without them. */
type Told<Names extends Labels> = [keyof Names] extends [never] ? [] : [labels: Values<Names>];

/** Series that begin at 0: `increase()` sees the first of a kind, and a graph says none, not nothing. */
function makers(register: Registry) {
  const registers = [register];
  return {
    counter<const Names extends Labels>(name: string, help: string, labels: Names) {
      const labelNames = Object.keys(labels);
      const counter = new Counter({ name: `undersigned_${name}`, help, labelNames, registers });
      for (const values of combinations(labels)) counter.inc(values, 0);
      return { inc: (...[values]: Told<Names>): void => counter.inc(values ?? {}) };
    },

    histogram<const Names extends Labels>(name: string, help: string, buckets: number[], labels: Names) {
      const labelNames = Object.keys(labels);
      const histogram = new Histogram({ name: `undersigned_${name}`, help, buckets, labelNames, registers });
      for (const values of combinations(labels)) histogram.zero(values);
      /** Clocks of two machines differ a little. */
      const observe = (seconds: number, ...[values]: Told<Names>): void =>
        histogram.observe(values ?? {}, Math.max(0, seconds));
      return { observe };
    },
  };
}

const combinations = (labels: Labels): Record<string, string>[] =>
  Object.entries(labels).reduce<Record<string, string>[]>(
    (made, [name, values]) => made.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  );

const namesOf = <Named extends object>(named: Named) => Object.keys(named) as (keyof Named & string)[];
