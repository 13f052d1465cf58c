import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Env } from '../config/env.ts';
import { fileLimits } from '../config/limits.ts';
import type { Log } from '../config/log.ts';
import { runProcess } from '../config/run.ts';
import { createQueues } from '../workers/queues.ts';
import { createApp } from './app.ts';
import { Petition } from './petitions/petition.ts';
import { createPlatform } from './platform.ts';
import { connectMongo, connectRedis, disconnectMongo } from './stores.ts';
import { createLiveCounts } from './tallies/live.ts';
import { readCount } from './tallies/tally.ts';

/** How long open requests may take when the process is asked to stop, in milliseconds. */
const drainTime = 10_000;

/** A running web process. */
export type Web = { url: string; close(): Promise<void> };

/** Starts listening at once; what needs a store that is away answers 503 until it is there. */
export async function startWeb(env: Env, log: Log): Promise<Web> {
  const stop = new AbortController();
  const connecting = connectMongo(env.MONGODB_URL, log, stop.signal);
  const redis = connectRedis(env.REDIS_URL, 'prompt', log);
  const queues = createQueues(redis, log);
  const platform = createPlatform(env, log, redis, queues);
  const live = createLiveCounts(connectRedis(env.REDIS_URL, 'patient', log), currentCount, log);

  const server = createServer(
    { requestTimeout: fileLimits.uploadTime, headersTimeout: 10_000 },
    createApp(platform, live),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(env.PORT, resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://localhost:${port}`,
    async close() {
      stop.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      live.close();
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), drainTime);
      await closed;
      clearTimeout(cut);
      await queues.close();
      redis.disconnect();
      await connecting;
      await disconnectMongo();
    },
  };
}

async function currentCount(petitionId: string): Promise<object | undefined> {
  const petition = await Petition.findById(petitionId).lean<Petition>();
  return petition ? (await readCount(petition)).public : undefined;
}

if (import.meta.main) {
  await runProcess('web', async (env, log) => {
    const web = await startWeb(env, log);
    log.info(`listening on ${web.url}`);
    return web;
  });
}
