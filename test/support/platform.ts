import { createLog } from '../../config/log.ts';
import { createPlatform, type Platform } from '../../server/platform.ts';
import { connectRedis } from '../../server/stores.ts';
import { createQueues } from '../../workers/queues.ts';
import type { World } from './world.ts';

export type OpenPlatform = Platform & { close(): Promise<void> };

/** The tools of the domain over a world's stores, for tests that call a verb or a job themselves. */
export async function openPlatform({ env }: Pick<World, 'env'>): Promise<OpenPlatform> {
  const log = createLog('test', env.LOG_LEVEL);
  const redis = connectRedis(env.REDIS_URL, 'prompt', log);
  await new Promise((resolve) => redis.once('ready', resolve));
  const queues = createQueues(redis, log);
  return {
    ...createPlatform(env, log, redis, queues),
    async close() {
      await queues.close();
      redis.disconnect();
    },
  };
}
