import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { Redis } from 'ioredis';
import type { Petition } from '../../server/petitions/petition.ts';
import { publishCount } from '../../server/tallies/live.ts';
import { Tally } from '../../server/tallies/tally.ts';
import { makeForm, makePetition, makeSignature } from '../support/factories.ts';
import { signAndOpenMail } from '../support/signer.ts';
import { openStage } from '../support/stage.ts';
import { visitor } from '../support/visitor.ts';
import { eventually } from '../support/world.ts';

const { world, platform } = await openStage();

type Event = { count: number; goal: number; phase: string; updatedAt: string };

/** An open page: collects what the stream says. */
async function watch({ slug }: Petition, t: TestContext) {
  const leaving = new AbortController();
  const response = await visitor(world).request(`/petitions/${slug}/events`, { signal: leaving.signal });
  const events: Event[] = [];
  const stream = { text: '' };
  const reading = (async () => {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      stream.text += chunk;
      const found = stream.text.matchAll(/event: count\ndata: (.*)\n\n/g);
      events.splice(0, events.length, ...[...found].map(([, data]) => JSON.parse(data ?? '')));
    }
  })().catch(() => undefined);
  const leave = async () => {
    leaving.abort();
    await reading;
  };
  t.after(leave);
  return { response, events, stream, leave, last: () => events.at(-1)?.count };
}

const viewers = async (): Promise<number> => {
  const text = await (await visitor(world).get('/metrics')).text();
  return Number(/^undersigned_live_viewers (\d+)$/m.exec(text)?.[1]);
};

describe('an open page', () => {
  it('is told the count at once, as an event stream that no proxy holds back', async (t) => {
    const petition = await makePetition({ ledger: [{ at: new Date(), who: 'x', source: 'x', number: 7 }] });
    const page = await watch(petition, t);
    assert.equal(page.response.status, 200);
    assert.match(page.response.headers.get('content-type') ?? '', /^text\/event-stream/);
    assert.equal(page.response.headers.get('cache-control'), 'no-store');
    assert.equal(page.response.headers.get('access-control-allow-origin'), '*');
    await eventually(() => page.last() === 7, 'the first event');
    assert.match(page.stream.text, /^retry: \d+\n/);
    const json = await (await visitor(world).get(`/petitions/${petition.slug}/count.json`)).json();
    assert.deepEqual(page.events[0], json);
  });

  it('sees a confirmation within a second, as does every other', async (t) => {
    const petition = await makePetition();
    const pages = [await watch(petition, t), await watch(petition, t)];
    const { confirm } = await signAndOpenMail(world, petition.slug, makeForm());
    const pressed = Date.now();
    await visitor(world).post(confirm);
    for (const page of pages) await eventually(() => page.last() === 1, 'the count', 2_000);
    assert.ok(Date.now() - pressed < 1_000, `it took ${Date.now() - pressed} ms`);
  });

  it('of another petition hears nothing of it', async (t) => {
    const [petition, other] = [await makePetition(), await makePetition()];
    const [page, elsewhere] = [await watch(petition, t), await watch(other, t)];
    await makeSignature(petition);
    platform.queues.enqueue('tally', { petitionId: petition._id.toHexString() });
    await eventually(() => page.last() === 1, 'the count');
    assert.deepEqual(
      elsewhere.events.map(({ count }) => count),
      [0],
    );
  });

  it('misses nothing that happens while it opens', async (t) => {
    const petition = await makePetition();
    // From here on the process remembers the petition, and reads only its count.
    assert.equal(await visitor(world).count(petition.slug), 0);
    const moved = { count: 1, goal: 100, phase: 'open', updatedAt: new Date().toISOString() };
    const model = Tally as unknown as { findById(...args: unknown[]): { lean(): Promise<unknown> } };
    const real = model.findById.bind(Tally);
    let first = true;
    t.mock.method(model, 'findById', (...args: unknown[]) => {
      const query = real(...args);
      if (!first) return query;
      first = false;
      // The count moves after it was read and before anybody listens.
      const lean = async () => {
        const tally = await query.lean();
        await publishCount(platform.redis, petition._id.toHexString(), moved);
        await new Promise((resolve) => setTimeout(resolve, 50));
        return tally;
      };
      return { lean };
    });
    const page = await watch(petition, t);
    await eventually(() => page.last() === 1, 'the count that moved meanwhile', 2_000);
  });
});

describe('many open pages', () => {
  it('cost one subscription to Redis', async (t) => {
    const redis = new Redis(world.redis.url);
    const petitions = [await makePetition(), await makePetition()];
    for (let n = 0; n < 20; n += 1) await watch(petitions[n % 2] as Petition, t);
    const numbers = (await redis.call('PUBSUB', 'NUMSUB', 'counts')) as [string, number];
    assert.equal(Number(numbers[1]), 1);
    const clients = String(await redis.call('CLIENT', 'LIST', 'TYPE', 'pubsub'))
      .trim()
      .split('\n');
    assert.equal(clients.length, 1);
    redis.disconnect();
  });

  it('are forgotten when they close', async (t) => {
    const petition = await makePetition();
    const before = await viewers();
    const pages = [await watch(petition, t), await watch(petition, t), await watch(petition, t)];
    await eventually(async () => (await viewers()) === before + 3, 'three more viewers');
    for (const page of pages) await page.leave();
    await eventually(async () => (await viewers()) === before, 'they are forgotten');
  });

  it('are forgotten when they close before they have opened', async () => {
    const petition = await makePetition();
    const before = await eventually(async () => ((await viewers()) === 0 ? 'none' : false), 'nobody watches');
    assert.equal(before, 'none');
    const port = Number(new URL(world.url).port);
    for (let n = 0; n < 60; n += 1) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(`GET /petitions/${petition.slug}/events HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      setTimeout(() => socket.destroy(), n % 12);
    }
    const answered = await visitor(world).get(`/petitions/${petition.slug}/count.json`);
    assert.equal(answered.status, 200);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await eventually(async () => (await viewers()) === 0, 'they are forgotten', 3_000);
  });

  it('that ask only for the head are answered and gone', async () => {
    const petition = await makePetition();
    const response = await visitor(world).request(`/petitions/${petition.slug}/events`, { method: 'HEAD' });
    assert.equal(response.status, 200);
    await eventually(async () => (await viewers()) === 0, 'nobody watches', 3_000);
  });
});

describe('count.json', () => {
  it('is public, short-lived and open to every origin', async () => {
    const petition = await makePetition({ goal: { kind: 'auto' }, closesAt: new Date(Date.now() - 1_000) });
    const response = await visitor(world).get(`/petitions/${petition.slug}/count.json`);
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
    assert.match(response.headers.get('cache-control') ?? '', /^public, max-age=\d\b/);
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    const body = (await response.json()) as Event;
    assert.deepEqual({ ...body, updatedAt: '' }, { count: 0, goal: 100, phase: 'closed', updatedAt: '' });
    assert.ok(!Number.isNaN(Date.parse(body.updatedAt)));
  });

  it('is a problem where there is no petition', async () => {
    const response = await visitor(world).get('/petitions/nothing-of-the-kind/count.json');
    assert.equal(response.status, 404);
    assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
  });
});
