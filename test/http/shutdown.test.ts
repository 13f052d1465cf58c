import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it, type TestContext } from 'node:test';
import { mailWork, stopWork, streamWork } from '../../config/limits.ts';
import { freePort } from '../../scripts/part.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { sweep } from '../../workers/sweep.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { limitsOf } from '../support/limits.ts';
import { openPlatform } from '../support/platform.ts';
import { type OwnProcess, startProcess } from '../support/processes.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';
import { openOwnApp } from './own-app.ts';

let world: World;
before(async () => {
  world = await startWorld({ web: false, workers: false });
});
after(() => world.close());

type Own = OwnProcess & { url: string; port: number };

async function startWeb(t: TestContext, env: Record<string, string> = {}): Promise<Own> {
  const port = await freePort();
  const web = await startProcess(world, 'web', { PORT: String(port), ...env });
  t.after(() => web.stop('SIGKILL'));
  const own = { ...web, url: `http://127.0.0.1:${port}`, port, exited: web.exited };
  await eventually(async () => (await visitor(own).get('/readyz')).status === 200, 'it is ready');
  return own;
}

/** How long something took, in milliseconds. */
async function timed(work: Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work;
  return performance.now() - begun;
}

/** A form of which only a part has arrived yet. */
function beginToSign({ port }: Own, slug: string, t: TestContext) {
  const body = String(new URLSearchParams(makeForm()));
  const socket = connect(port, '127.0.0.1');
  const sending = { said: '', socket, rest: body.slice(10) };
  socket.on('data', (chunk: Buffer) => {
    sending.said += chunk.toString();
  });
  socket.on('error', () => undefined);
  t.after(() => socket.destroy());
  const head = [
    `POST /petitions/${slug}/signatures HTTP/1.1`,
    'Host: localhost',
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 10)}`);
  return sending;
}

/** The stream of somebody's open page, until it ends. */
async function openStream(of: { url: string }, slug: string) {
  const response = await visitor(of).get(`/petitions/${slug}/events`);
  return { text: response.text(), status: response.status };
}

const retryIn = (stream: string) => Number(/^retry: (\d+)\n\n/.exec(stream)?.[1]);

describe('a web process that is asked to stop', () => {
  it('says so first, takes what still comes, each time for the last time, and breaks nothing off', async (t) => {
    const web = await startWeb(t);
    const { slug } = await makePetition();
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    t.after(() => agent.destroy());
    const seen: { path: string; status: number; connection: string; body: string }[] = [];
    const failures: (string | undefined)[] = [];
    const ask = (path: string) =>
      new Promise<void>((resolve) => {
        request(web.url + path, { agent }, async (response) => {
          const { statusCode: status = 0, headers } = response;
          seen.push({ path, status, connection: headers.connection ?? '', body: await text(response) });
          resolve();
        })
          .on('error', (error: NodeJS.ErrnoException) => {
            failures.push(error.code);
            resolve();
          })
          .end();
      });
    await Promise.all([ask(`/petitions/${slug}`), ask('/readyz')]);
    seen.length = 0;

    const stopping = timed(web.stop('SIGTERM'));
    while (failures.length === 0) {
      await Promise.all([ask(`/petitions/${slug}`), ask('/readyz')]);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const stopped = await stopping;
    assert.ok(seen.some(({ body }) => body === '{"status":"stopping"}'));
    const last = seen.slice(seen.findIndex(({ body }) => body.includes('stopping')));
    assert.ok(last.length >= 2, `${last.length} were answered`);
    for (const { path, status, connection } of last) {
      assert.equal(connection, 'close', path);
      assert.equal(status, path === '/readyz' ? 503 : 200, path);
    }
    assert.deepEqual([...new Set(failures)], ['ECONNREFUSED']);
    assert.ok(stopped < stopWork.notice + 3_000, `it took ${stopped} ms`);
  });

  it('is gone at once with nobody there but who has connected ahead, as browsers do, and said nothing', async (t) => {
    const web = await startWeb(t);
    const socket = connect(web.port, '127.0.0.1');
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    await visitor(web).get('/healthz');
    const took = await timed(web.stop('SIGTERM'));
    assert.ok(took < 5_000, `it took ${took} ms`);
  });

  it('finishes a request that has begun, and leaves right after it', async (t) => {
    const web = await startWeb(t);
    const petition = await makePetition();
    const sending = beginToSign(web, petition.slug, t);
    await eventually(async () => /under_way 1$/m.test(await (await visitor(web).get('/metrics')).text()));
    const stopping = timed(web.stop('SIGTERM'));
    await new Promise((resolve) => setTimeout(resolve, 800));
    assert.equal(web.exited(), false);
    sending.socket.write(sending.rest);
    const took = await stopping;
    assert.match(sending.said, /^HTTP\/1\.1 303 .*\r\nconnection: close\r\n/is);
    assert.equal(await Signature.countDocuments({ petition: petition._id }), 1);
    assert.ok(took > 800 && took < 4_000, `it took ${took} ms`);
  });

  it('cuts a request that does not end', async (t) => {
    const drain = 2_500;
    const web = await startWeb(t, limitsOf({ stopWork: { drain } }));
    const { slug } = await makePetition();
    beginToSign(web, slug, t);
    const took = await timed(web.stop('SIGTERM'));
    assert.ok(took > drain * 0.9 && took < drain + 5_000, `it took ${took} ms`);
  });

  it('asked twice in the same moment is asked once; asked again later it ends at once', async (t) => {
    const web = await startWeb(t);
    const { slug } = await makePetition();
    beginToSign(web, slug, t);
    const ended = web.stop('SIGINT');
    process.kill(web.pid, 'SIGINT');
    process.kill(web.pid, 'SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    process.kill(web.pid, 0);
    process.kill(web.pid, 'SIGINT');
    const took = await timed(ended);
    assert.ok(took < 3_000, `it took ${took} ms`);
  });

  it('ends event streams, which come back each at a time of their own', async (t) => {
    const web = await startWeb(t);
    const { slug } = await makePetition();
    const streams = await Promise.all(Array.from({ length: 30 }, () => openStream(web, slug)));
    const took = await timed(web.stop('SIGTERM'));
    const times = await Promise.all(streams.map(async (stream) => retryIn(await stream.text)));
    for (const time of times)
      assert.ok(time >= streamWork.againFrom && time <= streamWork.againTo, `${time}`);
    assert.ok(new Set(times).size > 20, String(times));
    assert.ok(Math.max(...times) - Math.min(...times) > (streamWork.againTo - streamWork.againFrom) / 2);
    assert.ok(took < 5_000, `it took ${took} ms`);
  });

  it('sends away who asks for a stream while it stops', async (t) => {
    const own = await openOwnApp(world, t);
    const { slug } = await makePetition();
    own.live.close();
    const stream = await openStream(own, slug);
    assert.equal(stream.status, 200);
    assert.match(await stream.text, /^retry: \d+\n\n$/);
  });

  it('does not trip over a stream that was being opened', async (t) => {
    const own = await openOwnApp(world, t);
    const petitions = await Promise.all(Array.from({ length: 20 }, () => makePetition()));
    const opening = petitions.map(({ slug }) => openStream(own, slug));
    const closing = eventually(() => own.live.size > 0, 'one begins').then(() => own.live.close());
    const texts = await Promise.all(opening.map(async (stream) => (await stream).text));
    await closing;
    for (const said of texts) assert.ok(retryIn(await said) > 0);
    assert.equal((await visitor(own).get('/healthz')).status, 200);
  });
});

describe('a worker process that is asked to stop', () => {
  it('gives back the mail that it could not hand over; another one sends it, once', async (t) => {
    const workers = await startProcess(world, 'workers');
    t.after(() => workers.stop('SIGKILL'));
    const web = await startWeb(t);
    const { slug } = await makePetition();
    const form = makeForm();
    world.mailbox.behave('hangs');
    const before = world.mailbox.attempts;
    await visitor(web).sign(slug, form);
    await eventually(() => world.mailbox.attempts > before, 'the mail server hangs');
    const took = await timed(workers.stop('SIGTERM'));
    assert.ok(took < 12_000, `it took ${took} ms`);
    world.mailbox.behave('takes');

    const others = await startProcess(world, 'workers');
    t.after(() => others.stop('SIGKILL'));
    const platform = await openPlatform(world);
    t.after(() => platform.close());
    await sweep(platform, new Date(Date.now() + (mailWork.sweepAfter + 1) * 1000));
    await world.mailbox.mailTo(form.email ?? '', 1, 30_000);
    await others.stop('SIGTERM');
    assert.equal(world.mailbox.to(form.email ?? '').length, 1);
  });
});
