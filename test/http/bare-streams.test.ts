import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startHelper } from '../../bench/parts/helper.ts';
import { streamWork } from '../../config/limits.ts';
import { cutBare, keepBare, lineOf } from '../../server/bare-connections.ts';
import { publishCount } from '../../server/tallies/live.ts';
import { CountViewer } from '../../server/tallies/stream.ts';
import { Tally } from '../../server/tallies/tally.ts';
import { makePetition } from '../support/factories.ts';
import { eventually, startWorld, type World } from '../support/world.ts';
import { dial } from './dial.ts';
import { openOwnApp } from './own-app.ts';

const MiB = 1024 * 1024;

let world: World;
before(async () => {
  world = await startWorld({ web: false, workers: false });
});
after(() => world.close());

/** What this process holds once nothing is left to collect, in bytes. */
async function heldMemory(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let times = 0; times < 3; times += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const parsersOf = (sockets: Iterable<Socket>) =>
  [...sockets].filter((socket) => Reflect.get(socket, 'parser') !== null).length;

/** A connection to the real application, and what to say on it to be told of a petition. */
async function open(t: TestContext) {
  const own = await openOwnApp(world, t);
  const petition = await makePetition();
  const line = dial(own.port, t);
  const tell = (count: number) => publishCount(own.platform.redis, String(petition._id), { count });
  const ask = (version = '1.1') => `GET /petitions/${petition.slug}/events HTTP/${version}\r\nHost: a\r\n`;
  return { own, line, tell, ask };
}

describe('an open event stream', () => {
  it('holds its connection and little else: no parser, no request, no response', async (t) => {
    const own = await openOwnApp(world, t);
    const { slug } = await makePetition();
    const client = await startHelper('load/viewers.ts');
    t.after(() => client.stop());
    const question = { port: own.port, path: `/petitions/${slug}/events` };
    // What the first of them load is not theirs.
    await client.ask('open', { ...question, count: 100 });
    const begun = await heldMemory();
    await client.ask('open', { ...question, count: 1_000 });
    const each = ((await heldMemory()) - begun) / 1_000;
    t.diagnostic(`${Math.round(each)} bytes each`);
    assert.equal(own.live.size, 1_100);
    assert.equal(parsersOf(own.sockets), 0);
    assert.ok(each < 4 * 1024, `${each} bytes each`);
  });

  for (const version of ['1.0', '1.1'])
    it(`is the text alone for HTTP/${version}, until the connection ends`, async (t) => {
      const { own, line, ask, tell } = await open(t);
      line.socket.write(`${ask(version)}\r\n`);
      await eventually(() => line.said.includes('event: count'), 'the count');
      await tell(7);
      await eventually(() => line.said.endsWith('event: count\ndata: {"count":7}\n\n'), 'the next');
      const [head = '', body] = line.said.split('\r\n\r\n');
      assert.match(head, /^HTTP\/1\.1 200 .*\r\nConnection: close/s);
      assert.doesNotMatch(head, /Transfer-Encoding|Content-Length/i);
      assert.match(body ?? '', /^retry: \d+\n\nevent: count\ndata: \{"count":0.*\}\n\nevent: count\ndata: /);
      own.live.close();
      await eventually(() => line.isClosed, 'the end');
    });

  it('answers nothing else that is asked on its connection, and goes on', async (t) => {
    const { own, line, ask, tell } = await open(t);
    line.socket.write(`${ask()}\r\n`);
    await eventually(() => line.said.includes('event: count'), 'the count');
    line.socket.write(`${ask()}\r\n`.repeat(1_000) + '\0'.repeat(MiB));
    await tell(7);
    await eventually(() => line.said.includes('"count":7'), 'the next');
    assert.equal(line.said.match(/HTTP\/1\.1/g)?.length, 1);
    assert.equal(own.live.size, 1);
  });

  for (const [what, rest, before] of [
    ['with a body', 'Content-Length: 3\r\n\r\nabc', ''],
    ['asked for together with what comes after it', '\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n', ''],
    ['that waits behind another request', '\r\n', 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['that asks for another protocol', 'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n', ''],
  ] as const)
    it(`${what} is one too, and forgotten with its connection`, async (t) => {
      const { own, line, ask, tell } = await open(t);
      line.socket.write(`${before}${ask()}${rest}`);
      await eventually(() => line.said.includes('event: count'), 'the count');
      await tell(7);
      await eventually(() => line.said.includes('"count":7'), 'the next');
      line.socket.destroy();
      await eventually(() => own.live.size === 0, 'it is forgotten');
      await eventually(() => own.sockets.size === 0, 'its connection is gone');
    });

  it('of somebody who says no more is ended, as is one that breaks off', async (t) => {
    const { own, line, ask } = await open(t);
    const other = dial(own.port, t);
    for (const { socket } of [line, other]) socket.write(`${ask()}\r\n`);
    await eventually(() => own.live.size === 2, 'both');
    line.socket.end();
    other.socket.resetAndDestroy();
    await eventually(() => own.live.size === 0 && own.sockets.size === 0, 'they are forgotten');
  });

  it('of nothing is a page that ends the connection', async (t) => {
    const { own, line } = await open(t);
    line.socket.write('GET /petitions/nowhere/events HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => line.isClosed, 'the end');
    assert.match(line.said, /^HTTP\/1\.1 404 .*<\/html>\s*$/s);
    assert.equal(own.sockets.size, 0);
  });

  it('whose count cannot be read is broken off, so that whoever watches comes back', async (t) => {
    const { own, line, ask } = await open(t);
    // The page's own reading; from here on the process remembers the petition.
    line.socket.write(`${ask()}\r\n`);
    await eventually(() => line.said.includes('event: count'), 'the count');
    const failing = { lean: () => Promise.reject(new Error('away')) };
    t.mock.method(Tally, 'findById', () => failing as never);
    const next = dial(own.port, t);
    next.socket.write(`${ask()}\r\n`);
    await eventually(() => next.isClosed, 'the end');
    assert.match(next.said, /retry: \d+\n\n$/);
    await eventually(() => own.live.size === 1, 'it is forgotten');
  });

  it('ends after about half an hour, at a heartbeat', async (t) => {
    t.mock.timers.enable({ apis: ['Date'] });
    const line = new PassThrough();
    const said = text(line);
    const viewer = new CountViewer(line, MiB, () => undefined);
    viewer.write(': 1\n\n');
    t.mock.timers.tick(0.74 * streamWork.lasts);
    viewer.write(': 2\n\n');
    t.mock.timers.tick(0.52 * streamWork.lasts);
    viewer.write('event: 3\n\n');
    assert.equal(line.writableEnded, false, 'not before a count');
    viewer.write(': 4\n\n');
    assert.equal(await said, ': 1\n\n: 2\n\nevent: 3\n\n');
  });

  it('whose end is never taken is cut with what else is left when the process stops', async (t) => {
    let begun: ServerResponse | undefined;
    const server = createServer((request, response) => {
      Object.assign(request, { upgrade: true });
      response.write('it begins\n');
      begun = response;
    });
    keepBare(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const line = dial((server.address() as AddressInfo).port, t);
    line.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => line.said.includes('it begins'), 'the stream');
    line.socket.pause();
    assert.ok(begun);
    lineOf(begun).end('x'.repeat(20 * MiB));
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    let isClosed = false;
    void closed.then(() => {
      isClosed = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(isClosed, false, 'the server does not know it any more');
    cutBare(server);
    await closed;
  });
});
