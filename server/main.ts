import { setTimeout } from 'node:timers/promises';
import type { Env } from '../config/env.ts';
import { startWork } from '../config/limits.ts';
import type { Log } from '../config/log.ts';
import { runProcess } from '../config/run.ts';
import { createQueues } from '../workers/queues.ts';
import { createApp } from './app.ts';
import { Campaign } from './campaigns/campaign.ts';
import { readCampaignCount } from './campaigns/count.ts';
import { closeServer, openServer } from './connections.ts';
import { doorBefore } from './middleware/door.ts';
import { watchLoad } from './middleware/load.ts';
import { Petition } from './petitions/petition.ts';
import { createPlatform } from './platform.ts';
import { connectMongo, connectRedis, disconnectMongo } from './stores.ts';
import { createLiveCounts } from './tallies/live.ts';
import { readCount } from './tallies/tally.ts';

/** A running web process. */
type Web = { url: string; close(): Promise<void> };

/**
 * Listens once the database is there, so that nobody is sent to a process that cannot answer yet; where the database
 * stays away, without it: what needs it answers 503 until it is there.
 */
export async function startWeb(env: Env, log: Log): Promise<Web> {
  const stop = new AbortController();
  const connecting = connectMongo(env.MONGODB_URL, log, stop.signal);
  const redis = connectRedis(env.REDIS_URL, 'prompt', log);
  const queues = createQueues(redis, log);
  const platform = createPlatform(env, log, redis, queues);
  const live = createLiveCounts(connectRedis(env.REDIS_URL, 'patient', log), currentCount, log);

  const load = watchLoad();
  await Promise.race([connecting, setTimeout(startWork.patience, undefined, { ref: false })]);
  const app = createApp(platform, live, load, stop.signal);
  const listening = await openServer(doorBefore(app, load, stop.signal), env.PORT);

  return {
    url: `http://localhost:${listening.port}`,
    async close() {
      stop.abort();
      live.close();
      await closeServer(listening);
      load.close();
      await queues.close();
      redis.disconnect();
      await connecting;
      await disconnectMongo();
    },
  };
}

async function currentCount(id: string): Promise<object | undefined> {
  const petition = await Petition.findById(id).lean<Petition>();
  if (petition) return (await readCount(petition)).public;
  const campaign = await Campaign.findById(id).lean<Campaign>();
  return campaign ? (await readCampaignCount(campaign)).public : undefined;
}

if (import.meta.main) {
  await runProcess('web', async (env, log) => {
    const web = await startWeb(env, log);
    log.info(`listening on ${web.url}`);
    return web;
  });
}
