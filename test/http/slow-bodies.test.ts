import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { startWorld, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await startWorld({ workers: false });
});
after(() => world?.close());

test('A body that trickles in is cut off after 20 seconds; nobody holds connections that way', {
  timeout: 60_000,
}, async () => {
  const socket = connect(Number(new URL(world.url).port), '127.0.0.1');
  const begun = Date.now();
  const trickle = setInterval(() => socket.write('a'), 1_000);
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.write('POST /petitions/none/signatures HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n');
  socket.resume();
  await closed;
  clearInterval(trickle);
  const seconds = (Date.now() - begun) / 1000;
  assert.ok(seconds > 18 && seconds < 30, `${seconds} s`);
});
