import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { overloadWork, rateLimits, streamWork, tallyWork } from '../../config/limits.ts';
import { jobs } from '../../workers/queues.ts';
import type { Results } from '../results.ts';
import type { RowId } from '../rows.ts';

/** Where a number comes from. What is assumed is nobody's measurement. */
type From = 'measured' | 'config' | 'source' | 'ASSUMED' | 'option';
type Said = { value: number; from: From; of: string };

/** Everything the simulation is told. Times in seconds, rates a second, shares of one. */
export type Parameters = { readonly [Name in keyof ReturnType<typeof declare>]: number };

const latest = join(import.meta.dirname, '../results/latest.json');

const config = (value: number, of: string): Said => ({ value, from: 'config', of });
const source = (value: number, of: string): Said => ({ value, from: 'source', of });
const assumed = (value: number, of: string): Said => ({ value, from: 'ASSUMED', of });

/** `rate` is a row of the benchmarks, or what is assumed where it was not measured. */
function declare(rate: (id: RowId, otherwise: number, of: string) => Said) {
  return {
    scale: assumed(1, 'times the record of 21 March 2019'),
    web: assumed(2, 'web processes, a core each'),
    streams: assumed(0, 'of these: processes that only hold event streams'),
    workers: assumed(2, 'worker processes'),
    shards: assumed(1, 'MongoDB shards that hold signatures'),
    viewers: source(100_000, 'people who watch at once, at most; 80,000 to 100,000 were reported'),

    sign: rate('sign', 1_000, 'forms one web process can take'),
    page: rate('page', 5_000, 'pages one web process can send'),
    confirm: assumed(1_000, 'confirmations one web process can take (GET and POST together)'),
    turnAway: assumed(5, 'times as many as forms it can turn away'),
    patience: assumed(10, 'somebody waits for a process that does not answer before they let go'),
    captcha: assumed(0.05, 'siteverify takes'),
    views: source(17, 'page views for each signature: 12 million and 700,000 in August 2011'),
    cdn: assumed(0.98, 'of which the CDN answers'),
    tell: assumed(10e-6, 'a web process needs to write an event to one stream'),
    tellEvery: config(streamWork.rest / 1000, 'least time between two events of a petition'),

    writes: assumed(5_000, 'durable writes one shard takes, with all indexes'),
    durable: assumed(0.005, 'an idle shard takes for one'),
    redis: assumed(50_000, 'commands Redis takes'),
    redisEach: assumed(25, 'commands for a signature: limits, jobs of mail and tally'),

    mail: rate('mail', 300, 'mails the CPU of one worker process can make'),
    connections: config(5, 'SMTP connections of a worker process (`maxConnections` in SMTP_URL)'),
    smtp: assumed(0.1, 'the mail server takes to accept one'),
    provider: assumed(500, 'mails the provider takes'),
    deferred: assumed(0.01, 'of attempts put off by the mail server'),
    attempts: config(
      jobs.mail.options?.attempts ?? 1,
      'attempts, the first wait 2 s, each twice the one before',
    ),

    confirmed: assumed(0.8, 'of signers who confirm; 20 % never do in a study of newsletters'),
    median: assumed(180, 'from mail to confirmation, for one in two'),
    spread: assumed(1.8, 'of its logarithm: one in ten takes half an hour, one in a hundred 3 hours'),
    again: assumed(0.8, 'of signers who were turned away and press the button again, up to three times'),

    round: assumed(0.02, 'a round of the tally takes at least'),
    roundEach: assumed(60e-6, 'and for each signature in it'),
    batch: config(tallyWork.batch, 'signatures in a round'),
    depth: config(overloadWork.depth, 'requests under way from which a process turns away'),
    some: config(overloadWork.some, 'the same where its event loop is late'),
    delay: config(overloadWork.delay / 1_000, 'later than this'),
    againFrom: config(overloadWork.againFrom, 'turned away: come back after'),
    againTo: config(overloadWork.againTo, 'or up to'),
    perMinute: config(
      rateLimits.signPerPetition.limit,
      'forms for one petition in a minute (`signPerPetition`)',
    ),
  } as const satisfies Record<string, Said>;
}

export type Name = keyof Parameters;
export const names = Object.keys(declare((_, value, of) => assumed(value, of))) as Name[];

/** What the latest benchmark run measured; nothing where there was none. */
async function readMeasured(): Promise<Pick<Results, 'at' | 'machine' | 'rows'> | undefined> {
  const text = await readFile(latest, 'utf8').catch(() => undefined);
  return text ? (JSON.parse(text) as Results) : undefined;
}

/** Puts together what was measured, what the product's limits are, what is assumed, and what `options` say instead. */
export async function readParameters(options: Partial<Record<Name, number>>) {
  const results = await readMeasured();
  const said: Record<Name, Said> = declare((id, otherwise, of) => {
    const row = results?.rows.find((one) => one.id === id);
    return row
      ? { value: row.value, from: 'measured', of: `${of} (row ${id})` }
      : assumed(otherwise, `${of}; row ${id} is not measured yet`);
  });
  for (const [name, value] of Object.entries(options) as [Name, number][])
    said[name] = { ...said[name], value, from: 'option' };
  const values = Object.fromEntries(names.map((name) => [name, said[name].value])) as Parameters;
  return { values, said, measured: results && { at: results.at, machine: results.machine } };
}

export type Spoken = Awaited<ReturnType<typeof readParameters>>;
