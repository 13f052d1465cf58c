import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { connectionLimits } from '../../config/limits.ts';
import { createLog } from '../../config/log.ts';
import { createApp } from '../../server/app.ts';
import { closeServer, openServer } from '../../server/connections.ts';
import { doorBefore } from '../../server/middleware/door.ts';
import type { Load } from '../../server/middleware/load.ts';
import { connectRedis } from '../../server/stores.ts';
import { createLiveCounts } from '../../server/tallies/live.ts';
import { openPlatform } from '../support/platform.ts';
import type { World } from '../support/world.ts';

/** What a test says of how busy the process is. */
export type SaidLoad = { -readonly [name in keyof Load]: Load[name] };

/**
 * The real application over a world's stores, with limits that a test can wait for and a load that it chooses.
 * `sockets` are its ends of the open connections; `forms` is how many of those turned away each second keep their form.
 */
export async function openOwnApp(
  world: World,
  t: TestContext,
  limits: Partial<Record<keyof typeof connectionLimits, number>> = {},
  forms?: number,
) {
  const log = createLog('test', world.env.LOG_LEVEL);
  const platform = await openPlatform(world);
  const subscriber = connectRedis(world.env.REDIS_URL, 'patient', log);
  const live = createLiveCounts(subscriber, async () => undefined, log);
  // Answered after the subscription of its own: what a test tells from now on is heard.
  await subscriber.subscribe('nothing');
  const load: SaidLoad = { delay: 0, depth: 0, isTooHigh: false, isFull: false, count: () => undefined };
  const { signal } = new AbortController();
  const door = doorBefore(createApp(platform, live, load, signal), load, signal, forms);
  const listening = await openServer(door, 0, { ...connectionLimits, ...limits });
  const { server, port } = listening;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  t.after(async () => {
    live.close();
    server.closeAllConnections();
    await closeServer(listening);
    await platform.close();
  });
  return { url: `http://127.0.0.1:${port}`, port, live, load, sockets, platform };
}
