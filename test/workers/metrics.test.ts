import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Signature } from '../../server/signatures/signature.ts';
import { Tally } from '../../server/tallies/tally.ts';
import { compareTallies } from '../../workers/compare.ts';
import { tallyPetition } from '../../workers/tally.ts';
import { makeForm, makePetition, makeSignature } from '../support/factories.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { type OwnProcess, startProcess } from '../support/processes.ts';
import { type Exposed, faultsOfQuery, readMetrics, selectorsIn, sumOf } from '../support/prometheus.ts';
import { signAndConfirm } from '../support/signer.ts';
import { read } from '../support/sources.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';

/** Web in this process, the workers in one of their own that monitors can ask. */
let world: World;
let platform: OpenPlatform;
let workers: OwnProcess;
let port: number;
before(async () => {
  world = await startWorld({ workers: false });
  platform = await openPlatform(world);
  workers = await startProcess(world, 'workers', { METRICS_PORT: '0' });
  port = portOf(workers);
});
afterEach(() => world.mailbox.behave('takes'));
after(async () => {
  await workers?.stop('SIGKILL');
  await platform?.close();
  await world?.close();
});

function portOf({ lines }: OwnProcess): number {
  const line = lines.find((text) => text.includes('"msg":"monitors are answered"'));
  assert.ok(line, 'the log says where monitors are answered');
  return (JSON.parse(line) as { port: number }).port;
}

const ask = (path: string, headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, { headers });
const fromWorkers = async (): Promise<Exposed> => readMetrics(await (await ask('/metrics')).text());
const fromWeb = async (): Promise<Exposed> =>
  readMetrics(await (await visitor(world).get('/metrics')).text());
const fromHere = async (): Promise<Exposed> => readMetrics(await platform.metrics.register.metrics());

describe('a worker process that monitors can ask', () => {
  it('says that it lives, what it did, and nothing else', async () => {
    const alive = await ask('/healthz');
    assert.deepEqual(await alive.json(), { status: 'alive' });
    const metrics = await ask('/metrics');
    assert.equal(metrics.status, 200);
    assert.match(metrics.headers.get('content-type') ?? '', /^text\/plain; version=/);
    for (const response of [alive, metrics]) assert.equal(response.headers.get('cache-control'), 'no-store');
    await metrics.body?.cancel();
    for (const path of ['/', '/petitions', '/metrics/x']) assert.equal((await ask(path)).status, 404);
  });

  it('is asked on loopback alone', async () => {
    await assert.rejects(fetch(`http://127.0.0.2:${port}/healthz`));
  });

  it('tells nothing to whom a proxy asks for', async () => {
    for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])
      assert.equal((await ask('/metrics', { [name]: '203.0.113.7' })).status, 403, name);
  });

  it('asks for its token where it has one', async (t) => {
    const token = 'a token of twenty-eight bytes';
    const guarded = await startProcess(world, 'workers', { METRICS_PORT: '0', METRICS_TOKEN: token });
    t.after(() => guarded.stop('SIGKILL'));
    const at = `http://127.0.0.1:${portOf(guarded)}`;
    assert.equal((await fetch(`${at}/healthz`)).status, 200);
    for (const authorization of ['', 'Bearer', 'Bearer wrong', token, `Bearer ${token}x`])
      assert.equal((await fetch(`${at}/metrics`, { headers: { authorization } })).status, 403, authorization);
    const authorization = `Bearer ${token}`;
    const right = await fetch(`${at}/metrics`, {
      headers: { authorization, 'x-forwarded-for': '203.0.113.7' },
    });
    assert.equal(right.status, 200);
  });
});

describe('what the workers measure', () => {
  it('mails by kind and outcome, how long they were waited for, and how far the count was behind', async () => {
    const before = await fromWorkers();
    const { slug } = await makePetition();
    await signAndConfirm(world, slug, makeForm());
    await eventually(async () => (await visitor(world).count(slug)) === 1, 'the count');
    const now = await eventually(async () => {
      const metrics = await fromWorkers();
      return sumOf(metrics, 'job_seconds_count', { name: 'tally', outcome: 'done' }) > 0
        ? metrics
        : undefined;
    }, 'the end of the job');
    const more = (name: string, labels: Record<string, string> = {}) =>
      sumOf(now, name, labels) - sumOf(before, name, labels);
    assert.equal(more('mails_total', { kind: 'confirm', outcome: 'sent' }), 1);
    assert.equal(more('mails_total'), 1);
    assert.equal(more('mail_wait_seconds_count', { kind: 'confirm' }), 1);
    const waited = more('mail_wait_seconds_sum', { kind: 'confirm' });
    assert.ok(waited > 0 && waited < 30, `${waited} s`);
    assert.equal(more('tally_lag_seconds_count'), 1);
    const lag = more('tally_lag_seconds_sum');
    assert.ok(lag > 0 && lag < 30, `${lag} s`);
    assert.ok(more('job_seconds_count', { name: 'mail', outcome: 'done' }) >= 1);
  });

  it('mails that were refused, and those that were put off and sent then', async () => {
    const before = await fromWorkers();
    const { slug } = await makePetition();
    const [refused, late] = [makeForm(), makeForm()];
    const until = { attempts: 0 };
    world.mailbox.behave((address) => {
      if (address === refused.email) return 'refuses for good';
      if (address !== late.email) return 'takes';
      until.attempts += 1;
      return until.attempts === 1 ? 'refuses for now' : 'takes';
    });
    for (const form of [refused, late]) assert.equal((await visitor(world).sign(slug, form)).status, 303);
    await world.mailbox.mailTo(late.email ?? '', 1, 20_000);
    const count = (metrics: Exposed, outcome: string) =>
      sumOf(metrics, 'mails_total', { kind: 'confirm', outcome });
    await eventually(async () => {
      const now = await fromWorkers();
      return ['refused', 'deferred', 'sent'].every((end) => count(now, end) === count(before, end) + 1);
    }, 'one of each outcome');
  });

  it('the lag of the oldest change of a batch, whatever it was confirmed on', async () => {
    const petition = await makePetition();
    const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);
    const history = (at: Date) => [{ at, from: null, to: 'confirmed', by: 'organizer' }];
    await makeSignature(petition, { confirmedAt: ago(86_400), history: history(ago(90)) });
    await makeSignature(petition, { confirmedAt: ago(86_400), history: history(ago(30)) });
    await tallyPetition(platform, petition._id.toHexString());
    const metrics = await fromHere();
    assert.equal(sumOf(metrics, 'tally_lag_seconds_count'), 1);
    const lag = sumOf(metrics, 'tally_lag_seconds_sum');
    assert.ok(lag >= 90 && lag < 120, `${lag} s`);
  });

  it('tallies that a full count agreed with, and those it corrected', async () => {
    const petition = await makePetition();
    await makeSignature(petition);
    await tallyPetition(platform, petition._id.toHexString());
    await compareTallies(platform);
    assert.equal(sumOf(await fromHere(), 'comparisons_total', { outcome: 'corrected' }), 0);
    assert.ok(sumOf(await fromHere(), 'comparisons_total', { outcome: 'equal' }) > 0);
    await Tally.updateOne({ _id: petition._id }, { $inc: { confirmed: 1 } });
    await compareTallies(platform);
    assert.equal(sumOf(await fromHere(), 'comparisons_total', { outcome: 'corrected' }), 1);
    assert.equal(await Signature.countDocuments({ petition: petition._id }), 1);
  });
});

describe('the dashboard and the alerts', () => {
  type Panel = { title: string; type: string; targets?: { expr: string }[]; datasource?: { uid: string } };
  const dashboard = JSON.parse(read('docs/grafana.json')) as {
    schemaVersion: number;
    panels: Panel[];
    templating: { list: { name: string; type: string; query: string | { query: string } }[] };
  };
  const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  const rules = read('docs/alerts.yml')
    .split(/^ {6}- alert: /m)
    .slice(1)
    .map((text) => ({
      name: /^\w+/.exec(text)?.[0] ?? '',
      expr: /^ {8}expr: (.+)$/m.exec(text)?.[1] ?? '',
      severity: /severity: (\w+)/.exec(text)?.[1],
      summary: /summary: "(.+)"/.exec(text)?.[1],
    }));
  let web: Exposed;
  let both: Exposed;
  before(async () => {
    const { slug } = await makePetition();
    await visitor(world).sign(slug, makeForm());
    await visitor(world).get(`/petitions/${slug}`);
    web = await eventually(async () => {
      const metrics = await fromWeb();
      const route = '/petitions/:slug/signatures';
      return sumOf(metrics, 'request_seconds_count', { route }) > 0 ? metrics : undefined;
    });
    // Statuses that nothing here ends in.
    const name = 'undersigned_request_seconds_count';
    const others = ['500', '503'].map((status) => ({ name, labels: { status }, value: 0 }));
    const work = await fromWorkers();
    both = {
      types: new Map([...web.types, ...work.types]),
      samples: [...web.samples, ...work.samples, ...others],
    };
  });

  it('ask for what is there: names, labels and their values', () => {
    assert.ok(queries.length > 20 && rules.length > 10);
    const asked = [...queries, ...rules.map(({ expr }) => expr)];
    const wrong = asked.flatMap((query) => faultsOfQuery(query, both).map((fault) => `${fault}: ${query}`));
    assert.deepEqual(wrong, []);
  });

  it('would be found out where they did not', () => {
    for (const [query, fault] of [
      ['rate(undersigned_signature_total[5m])', 'undersigned_signature_total is not there'],
      ['sum by (why) (undersigned_signatures_total)', 'nothing has why'],
      ['undersigned_mails_total{sort="x"}', 'undersigned_mails_total has no sort'],
      ['undersigned_mails_total{outcome="lost"}', 'undersigned_mails_total has no outcome lost'],
      ['undersigned_tally_lag_seconds > 1', 'undersigned_tally_lag_seconds is not there'],
    ] as const)
      assert.deepEqual(faultsOfQuery(query, both), [fault]);
  });

  it('show every metric of ours', () => {
    const shown = new Set(
      queries.flatMap((query) =>
        selectorsIn(query).selectors.map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')),
      ),
    );
    const ours = [...both.types.keys()].filter((name) => name.startsWith('undersigned_'));
    assert.ok(ours.length > 15);
    assert.deepEqual(
      ours.filter((name) => !shown.has(name)),
      [],
      'metrics that no panel shows',
    );
  });

  it('take their data from wherever the reader chooses', () => {
    const [source] = dashboard.templating.list;
    assert.deepEqual([source?.name, source?.type, source?.query], ['datasource', 'datasource', 'prometheus']);
    assert.ok(dashboard.schemaVersion >= 39);
    for (const { title, type, datasource } of dashboard.panels)
      if (type !== 'row') assert.equal(datasource?.uid, '${' + 'datasource}', title);
    const titles = dashboard.panels.map(({ title }) => title);
    assert.equal(new Set(titles).size, titles.length);
  });

  it('each say how bad it is and what it means, and the operating guide what to do', () => {
    const guide = read('docs/operating.md');
    const explained = [...guide.matchAll(/^\| `(Undersigned\w+)` \| (.+) \| (.+) \|$/gm)];
    assert.deepEqual(
      explained.map(([, name]) => name),
      rules.map(({ name }) => name),
    );
    for (const { name, expr, severity, summary } of rules) {
      assert.ok(expr && summary, name);
      assert.match(severity ?? '', /^(critical|warning)$/, name);
    }
  });

  it('meet no label that Prometheus gives itself', () => {
    for (const { name, labels } of both.samples)
      for (const label of ['job', 'instance']) assert.ok(!(label in labels), `${name} has ${label}`);
  });
});
