import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { mayReadMetrics } from '../../server/health/access.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { readMetrics, sumOf } from '../support/prometheus.ts';
import { signAndConfirm } from '../support/signer.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.close());

const ask = async (path: string) => {
  const response = await visitor(world).get(path);
  return { response, text: await response.text() };
};

describe('for monitors and load balancers', () => {
  it('/healthz says that the process lives', async () => {
    const { response, text } = await ask('/healthz');
    assert.equal(response.status, 200);
    assert.deepEqual(JSON.parse(text), { status: 'alive' });
    assert.equal(response.headers.get('cache-control'), 'no-store');
  });

  it('/readyz says that it can serve', async () => {
    const { response, text } = await ask('/readyz');
    assert.equal(response.status, 200);
    assert.deepEqual(JSON.parse(text), { status: 'ready' });
    assert.equal(response.headers.get('cache-control'), 'no-store');
  });

  it('/metrics counts requests by route and status, and names nobody', async () => {
    const petition = await makePetition();
    const form = makeForm({ ref: 'stall' });
    const { confirm, manage } = await signAndConfirm(world, petition.slug, form);
    await ask(manage);
    await ask('/nowhere/robin@example.org');
    await eventually(
      async () => (await ask('/metrics')).text.includes('route="/confirm/:token"'),
      'it is counted',
    );
    const { response, text } = await ask('/metrics');
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=/);
    assert.match(
      text,
      /undersigned_request_seconds_count\{method="POST",route="\/confirm\/:token",status="303"\} 1/,
    );
    assert.match(text, /undersigned_queue_depth\{queue="mail"\} \d/);
    assert.match(text, /undersigned_live_viewers 0/);
    for (const secret of [petition.slug, confirm.split('/')[2], manage.split('/')[2], 'robin', 'stall'])
      assert.ok(!text.includes(secret ?? 'undefined'), `${secret} is in the metrics`);
  });

  it('/metrics grows with nothing a visitor sends', async () => {
    const { slug } = await makePetition();
    const series = async () => readMetrics((await ask('/metrics')).text).samples.map(nameOf);
    const nameOf = ({ name, labels }: { name: string; labels: object }) => name + JSON.stringify(labels);
    const methods = ['DELETE', 'PUT', 'PATCH', 'OPTIONS', 'PROPFIND', 'PURGE', 'LINK'];
    const visit = async (n: string) => {
      const headers = { 'user-agent': n, referer: `https://${n}.example`, 'accept-language': n, host: n };
      const paths = [`/${n}`, `/petitions/${n}`, `/petitions/${slug}?ref=${n}&lang=${n}`, `/confirm/${n}`];
      paths.push(`/assets/${n}`, `/images/${n}.jpg`, `/unsubscribe/${n}`, `/organize/${n}`, `/a/${n}/b.json`);
      for (const path of paths) await visitor(world, headers).get(path);
      for (const method of methods) await visitor(world, headers).request(`/${n}`, { method });
      await visitor(world, headers).sign(n, makeForm({ ref: n, country: n, name: n }));
      await visitor(world, headers).sign(slug, makeForm({ ref: n, country: n, name: n }));
    };
    await visit('first');
    const isThere = async () => sumOf(readMetrics((await ask('/metrics')).text), 'request_seconds_count');
    const before = await eventually(async () => ((await isThere()) > 17 ? await series() : undefined));
    for (let n = 0; n < 20; n += 1) await visit(`visitor-${n}-${'x'.repeat(n)}`);
    const now = await eventually(async () => ((await isThere()) > 20 * 17 ? await series() : undefined));
    const grown = now.filter((one) => !before.includes(one));
    assert.deepEqual(
      grown.filter((one) => !/"status":"429"/.test(one)),
      [],
    );
    assert.ok(!/visitor-|first/.test(now.join()), 'something that was sent is in the metrics');
    const requests = now.filter((one) => one.startsWith('undersigned_request_seconds_count'));
    const told = new Set(requests.map((one) => /"method":"(\w+)"/.exec(one)?.[1]));
    assert.deepEqual([...told].sort(), ['GET', 'POST', 'other']);
    assert.ok(requests.some((one) => one.includes('"route":"*"')));
  });

  it('/metrics is not for whoever comes through a proxy', async () => {
    for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via']) {
      const response = await visitor(world, { [name]: '127.0.0.1' }).get('/metrics');
      assert.equal(response.status, 403, name);
      assert.doesNotMatch(await response.text(), /undersigned_/);
    }
  });
});

describe('who may read the metrics', () => {
  const may = (remoteAddress: string | undefined, headers: Record<string, string> = {}, token?: string) =>
    mayReadMetrics({ METRICS_TOKEN: token }, { headers, socket: { remoteAddress } });

  it('without a token is whoever is near', () => {
    const near = ['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.7.7', '100.100.0.1', '169.254.1.1'];
    for (const address of [...near, ...near.map((one) => `::ffff:${one}`), '::1', 'fd00::7', 'fe80::1'])
      assert.ok(may(address), address);
    const far = ['203.0.113.7', '8.8.8.8', '172.32.0.1', '100.128.0.1', '::ffff:8.8.8.8', '2001:db8::1'];
    for (const address of [...far, undefined]) assert.ok(!may(address), address);
  });

  it('with a token is whoever has it, and nobody else', () => {
    const token = 'sixteen letters.';
    assert.ok(may('203.0.113.7', { authorization: `Bearer ${token}`, 'x-forwarded-for': '8.8.8.8' }, token));
    assert.ok(!may('127.0.0.1', {}, token));
    assert.ok(!may('127.0.0.1', { authorization: `Bearer ${token}.` }, token));
    assert.ok(!may('127.0.0.1', { authorization: `Basic ${token}` }, token));
  });
});
