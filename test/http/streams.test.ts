import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Redis } from 'ioredis';
import { streamWork } from '../../config/limits.ts';
import { createLog } from '../../config/log.ts';
import { countEvent, createLiveCounts } from '../../server/tallies/live.ts';
import { StreamViewer } from '../../server/tallies/stream.ts';
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

/** Whether networks can be made and cut here. */
const mayMakeNetworks = (): boolean =>
  spawnSync('unshare', ['--net', 'ip', 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'end'])
    .status === 0;

const unsent = (sockets: Iterable<Socket>) =>
  [...sockets].reduce((sum, { writableLength }) => sum + writableLength, 0);

describe('a viewer', () => {
  it('who reads nothing of an event stream is let go once too much waits for them', async (t) => {
    const own = await openOwnApp(world, t);
    const petition = await makePetition();
    const line = dial(own.port, t);
    line.socket.write(`GET /petitions/${petition.slug}/events HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await eventually(() => line.said.includes('event: count'), 'the stream');
    line.socket.pause();
    const text = countEvent(JSON.stringify({ count: 1, note: 'x'.repeat(500_000) }));
    let most = 0;
    await eventually(async () => {
      await own.platform.redis.publish('counts', `${petition._id.toHexString()} ${text}`);
      most = Math.max(most, unsent(own.sockets));
      return own.live.size === 0;
    }, 'it is let go');
    await eventually(() => own.sockets.size === 0, 'its connection is gone');
    assert.ok(most < MiB, `${most} bytes waited in memory`);
  });

  it('who never takes the end of a stream is let go too', async (t) => {
    const own = await openOwnApp(world, t, { silent: 500, keepAlive: 500 });
    const petition = await makePetition();
    const line = dial(own.port, t);
    line.socket.write(`GET /petitions/${petition.slug}/events HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await eventually(() => line.said.includes('event: count'), 'the stream');
    line.socket.pause();
    const [end] = own.sockets;
    // More than its kernel and ours take, so that the end of the stream waits behind it.
    end?.write('x'.repeat(20 * MiB));
    own.live.close();
    await eventually(() => !own.sockets.has(end as Socket), 'it is let go', 20_000);
  });

  it('is told nothing after the end of a stream', async (t) => {
    const errors: Error[] = [];
    const server = createServer((_request, response) => {
      response.on('error', (error) => errors.push(error));
      const viewer = new StreamViewer(response, 1_000, () => undefined);
      viewer.write('one\n');
      viewer.end();
      viewer.write('two\n');
      viewer.end();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    assert.equal(await (await fetch(`http://127.0.0.1:${port}`)).text(), 'one\n');
    assert.deepEqual(errors, []);
  });

  it('who vanished without a word, its cable cut, is forgotten', { timeout: 90_000 }, (t) => {
    if (!mayMakeNetworks()) return t.skip('needs root, unshare and ip to make a network to cut');
    const script = join(import.meta.dirname, 'vanished.ts');
    const run = spawnSync('unshare', ['--net', process.execPath, script], { encoding: 'utf8' });
    assert.equal(run.status, 0, run.stderr);
    const { seen, took } = JSON.parse(run.stdout) as { seen: number; took: number };
    assert.equal(seen, 1, 'nothing said that it was gone');
    assert.ok(took < 30_000, `after ${took} ms`);
  });

  it('is told at once that a count moved, then, however often it moves, now and then, and always the latest', async () => {
    const subscriber = new EventEmitter();
    const live = createLiveCounts(
      Object.assign(subscriber, {
        subscribe: async () => 1,
        disconnect: () => undefined,
      }) as unknown as Redis,
      async () => undefined,
      createLog('test', 'silent'),
    );
    const told: string[] = [];
    live.watch('one', { write: (text) => told.push(text), end: () => undefined });
    for (let count = 1; count <= 9; count += 1) {
      subscriber.emit('message', 'counts', `one ${count}`);
      subscriber.emit('message', 'counts', `other ${count}`);
    }
    assert.deepEqual(told, [countEvent('1')]);
    await new Promise((resolve) => setTimeout(resolve, streamWork.rest + 100));
    assert.deepEqual(told, [countEvent('1'), countEvent('9')]);
    await new Promise((resolve) => setTimeout(resolve, streamWork.rest + 100));
    subscriber.emit('message', 'counts', 'one 10');
    assert.deepEqual(told, [countEvent('1'), countEvent('9'), countEvent('10')]);
    live.close();
  });

  it('who hears nothing is written to now and then, which is how one that is gone is noticed', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const subscriber = Object.assign(new EventEmitter(), {
      subscribe: async () => 1,
      disconnect: () => undefined,
    });
    const live = createLiveCounts(
      subscriber as unknown as Redis,
      async () => undefined,
      createLog('test', 'silent'),
    );
    const told: string[] = [];
    live.watch('a petition', { write: (text) => told.push(text), end: () => undefined });
    t.mock.timers.tick(30_000);
    assert.deepEqual(told, [': still here\n\n']);
    live.close();
  });
});
