import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { mailWork, recentWork } from '../config/limits.ts';
import { freePort } from '../scripts/part.ts';
import type { Petition } from '../server/petitions/petition.ts';
import { Signature } from '../server/signatures/signature.ts';
import { runTallyRound } from '../server/tallies/round.ts';
import { sweep } from '../workers/sweep.ts';
import { makeForm, makePetition } from './support/factories.ts';
import { linkIn } from './support/mailbox.ts';
import { textOf } from './support/page.ts';
import { openPlatform } from './support/platform.ts';
import { startProcess } from './support/processes.ts';
import { signAndOpenMail } from './support/signer.ts';
import { visitor } from './support/visitor.ts';
import { eventually, startWorld, type World } from './support/world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.close());

const status = async (path: string, of: Pick<World, 'url'> = world) => {
  const response = await visitor(of).get(path);
  await response.body?.cancel();
  return response.status;
};
const isReady = (of: Pick<World, 'url'> = world) =>
  eventually(async () => (await status('/readyz', of).catch(() => 0)) === 200, 'it is ready again', 20_000);
const counted = (slug: string, count: number) =>
  eventually(async () => (await visitor(world).count(slug)) === count, `a count of ${count}`, 20_000);
const stored = (petition: Petition) => Signature.countDocuments({ petition: petition._id });

/** What the next sweeps find by themselves, a minute early. */
async function sweepNow(): Promise<void> {
  const platform = await openPlatform(world);
  await sweep(platform, new Date(Date.now() + (mailWork.sweepAfter + 1) * 1000));
  await platform.close();
}

describe('Redis is down', () => {
  it('signing and confirming go on; mail goes out later, and the count catches up', async () => {
    const petition = await makePetition();
    const early = await signAndOpenMail(world, petition.slug, makeForm());
    const late = makeForm();
    await world.redis.stop('SIGKILL');
    try {
      const begun = Date.now();
      assert.equal((await visitor(world).sign(petition.slug, late)).status, 303);
      assert.equal((await visitor(world).post(early.confirm)).status, 303);
      assert.ok(Date.now() - begun < 3_000, `it took ${Date.now() - begun} ms`);
      for (const path of [
        '/',
        `/petitions/${petition.slug}`,
        '/healthz',
        '/readyz',
        '/metrics',
        early.manage,
      ])
        assert.equal(await status(path), 200, path);
      assert.equal(await stored(petition), 2);
      assert.equal(await visitor(world).count(petition.slug), 0);
    } finally {
      await world.restartRedis();
    }
    await sweepNow();
    const mail = await world.mailbox.mailTo(late.email ?? '', 1, 20_000);
    await counted(petition.slug, 1);
    assert.equal((await visitor(world).post(linkIn(mail, 'confirm'))).status, 303);
    await counted(petition.slug, 2);
    assert.equal(world.mailbox.to(late.email ?? '').length, 1);
  });

  it('an open page is told of what it missed once it is back', async () => {
    const petition = await makePetition();
    const leaving = new AbortController();
    const response = await visitor(world).request(`/petitions/${petition.slug}/events`, {
      signal: leaving.signal,
    });
    let text = '';
    const reading = (async () => {
      for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) text += chunk;
    })().catch(() => undefined);
    const { confirm } = await signAndOpenMail(world, petition.slug, makeForm());
    await world.redis.stop('SIGKILL');
    try {
      assert.equal((await visitor(world).post(confirm)).status, 303);
      // The tally moves and cannot say so.
      assert.equal(await runTallyRound(petition), 'moved');
    } finally {
      await world.restartRedis();
    }
    await eventually(() => text.includes('"count":1'), 'the count on the open page', 20_000);
    leaving.abort();
    await reading;
  });

  it('a web process that starts without it signs, and stops when asked', async (t) => {
    const petition = await makePetition();
    const port = await freePort();
    const alone = { url: `http://127.0.0.1:${port}` };
    const nowhere = { PORT: String(port), REDIS_URL: `redis://127.0.0.1:${await freePort()}` };
    const web = await startProcess(world, 'web', nowhere);
    t.after(() => web.stop('SIGKILL'));
    await isReady(alone);
    assert.equal((await visitor(alone).sign(petition.slug, makeForm())).status, 303);
    assert.equal(await status(`/petitions/${petition.slug}`, alone), 200);
    assert.equal(await stored(petition), 1);
    const begun = Date.now();
    await web.stop('SIGTERM');
    assert.ok(Date.now() - begun < 5_000, `it took ${Date.now() - begun} ms to stop`);
  });

  it('paused, so that it takes connections and says nothing: signing goes on', async () => {
    const petition = await makePetition();
    process.kill(world.redis.pid, 'SIGSTOP');
    try {
      const begun = Date.now();
      assert.equal((await visitor(world).sign(petition.slug, makeForm())).status, 303);
      assert.ok(Date.now() - begun < 6_000, `it took ${Date.now() - begun} ms`);
      assert.equal(await status(`/petitions/${petition.slug}`), 200);
      assert.equal(await stored(petition), 1);
    } finally {
      process.kill(world.redis.pid, 'SIGCONT');
    }
    const { confirm } = await signAndOpenMail(world, petition.slug, makeForm());
    await visitor(world).post(confirm);
    await counted(petition.slug, 1);
  });
});

describe('MongoDB is down', () => {
  it('what was shown lately stays readable, every other page says 503 and when to come back; alive but not ready; recovers by itself', async () => {
    // Its text was changed once, which its page tells.
    const petition = await makePetition({ version: 2 });
    const unseen = await makePetition();
    const form = makeForm();
    const { confirm } = await signAndOpenMail(world, petition.slug, form);
    const known = ['/', `/petitions/${petition.slug}`, `/petitions/${petition.slug}/count.json`];
    for (const path of known) assert.equal(await status(path), 200);
    await world.database.stop('SIGKILL');
    try {
      const another = makeForm({ name: 'Robin Kept' });
      const answers = await Promise.all([
        visitor(world).get(`/petitions/${unseen.slug}`),
        visitor(world).get('/newsletter'),
        visitor(world).sign(petition.slug, another),
        visitor(world).get(confirm),
        visitor(world).post(confirm),
        visitor(world).post('/confirmations', { email: form.email ?? '' }),
      ]);
      for (const answer of answers) {
        const html = await answer.text();
        assert.equal(answer.status, 503, answer.url);
        assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/);
        assert.equal(answer.headers.get('cache-control'), 'no-store');
        // Whoever signed what this process has read keeps the form and what they typed.
        if (answer.url.endsWith('/signatures')) assert.match(html, /value="Robin Kept"/);
        else {
          assert.match(textOf(html), /We will be right back.*You can try again in/);
          assert.ok(html.includes(answer.headers.get('x-request-id') ?? 'no id'), 'the id is on the page');
        }
        assert.doesNotMatch(html, /Mongo(?!lia)|ECONN|at async/);
      }
      const json = await visitor(world, { accept: 'application/json' }).get(
        `/petitions/${unseen.slug}/count.json`,
      );
      assert.equal(json.status, 503);
      assert.match(json.headers.get('content-type') ?? '', /^application\/problem\+json/);
      // Longer than a page is kept when all is well, and nobody waits for a database that is known to be away.
      await new Promise((resolve) => setTimeout(resolve, recentWork.age + 100));
      assert.deepEqual(await Promise.all(known.map((path) => status(path))), [200, 200, 200]);
      assert.equal(await status('/readyz'), 503);
      assert.equal(await status('/healthz'), 200);
      assert.equal(await status('/privacy'), 200);
    } finally {
      await world.restartDatabase();
    }
    await isReady();
    assert.equal(await status(`/petitions/${petition.slug}`), 200);
    assert.equal((await visitor(world).post(confirm)).status, 303);
    await counted(petition.slug, 1);
  });

  it('keeps what was acknowledged, however suddenly it ends', async () => {
    const petition = await makePetition();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => visitor(world).sign(petition.slug, makeForm())),
    );
    await world.database.stop('SIGKILL');
    await world.restartDatabase();
    assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [303]);
    await isReady();
    assert.equal(await stored(petition), 10);
  });

  it('a web process that starts before it answers, and serves once it is there', async (t) => {
    const petition = await makePetition();
    await world.database.stop('SIGKILL');
    const port = await freePort();
    const early = { url: `http://127.0.0.1:${port}` };
    const web = await startProcess(world, 'web', { PORT: String(port) });
    t.after(() => web.stop('SIGKILL'));
    try {
      assert.equal(await status('/healthz', early), 200);
      assert.equal(await status('/readyz', early), 503);
      assert.equal(await status(`/petitions/${petition.slug}`, early), 503);
    } finally {
      await world.restartDatabase();
    }
    await isReady(early);
    assert.equal(await status(`/petitions/${petition.slug}`, early), 200);
    await web.stop('SIGTERM');
    await isReady();
  });

  it('workers that start before it wait, and work once it is there', async (t) => {
    await world.database.stop('SIGKILL');
    const workers = await startProcess(world, 'workers', {}, 'MongoDB cannot be reached yet').catch(
      async (error) => {
        await world.restartDatabase();
        throw error;
      },
    );
    t.after(() => workers.stop('SIGKILL'));
    assert.ok(!workers.lines.some((line) => line.includes('"msg":"working"')));
    await world.restartDatabase();
    await eventually(
      () => workers.lines.some((line) => line.includes('"msg":"working"')),
      'they work',
      20_000,
    );
    assert.equal(workers.exited(), false);
    await workers.stop('SIGTERM');
    await isReady();
  });
});
