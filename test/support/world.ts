import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Env, readEnv } from '../../config/env.ts';
import { createLog } from '../../config/log.ts';
import { freePort, type Part, startPart } from '../../scripts/part.ts';
import { startRedis } from '../../scripts/redis.ts';
import { startWeb } from '../../server/main.ts';
import { connectMongo, disconnectMongo } from '../../server/stores.ts';
import { startWorkers } from '../../workers/main.ts';
import { type Mailbox, startMailbox } from './mailbox.ts';

export type WorldOptions = {
  /** Settings beside those that every world has. */
  env?: Record<string, string>;
  /** Which of our processes run, in this process; both unless said otherwise. */
  web?: boolean;
  workers?: boolean;
};

export type World = {
  env: Env;
  /** The same as a process of its own would be given it. */
  source: Record<string, string>;
  url: string;
  mailbox: Mailbox;
  redis: Part & { url: string; port: number; password: string };
  database: Part & { url: string };
  /** Starts the database again after it was stopped, with the same data and port. */
  restartDatabase(): Promise<void>;
  restartRedis(): Promise<void>;
  close(): Promise<void>;
};

/** The real thing, from nothing: database, Redis, mail server, web and workers, each test file with its own. */
export async function startWorld({
  env: extra = {},
  web = true,
  workers = true,
}: WorldOptions = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'undersigned-'));
  const [mailbox, database, redis, port] = await Promise.all([
    startMailbox(),
    startDatabase(join(folder, 'db')),
    startRedis(join(folder, 'redis'), {}),
    freePort(),
  ]);
  const source: Record<string, string> = {
    ...{
      NODE_ENV: 'test',
      PORT: String(port),
      DATA_DIR: folder,
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
    },
    MONGODB_URL: database.url,
    REDIS_URL: redis.url,
    SMTP_URL: mailbox.url,
    SENDER_NAME: 'Larkmere Neighbours',
    SENDER_ADDRESS: '1 Example Street, Larkmere',
    ENCRYPTION_KEYS: `t1:${randomBytes(32).toString('base64')}`,
    LOOKUP_KEY: randomBytes(32).toString('base64'),
    ...extra,
  };
  const env = readEnv(source);
  const log = createLog('test', env.LOG_LEVEL);
  await connectMongo(env.MONGODB_URL, log);
  const running = [
    ...(web ? [await startWeb(env, log)] : []),
    ...(workers ? [await startWorkers(env, log)] : []),
  ];

  const world: World = {
    env,
    source,
    mailbox,
    redis,
    database,
    url: `http://127.0.0.1:${port}`,
    async restartDatabase() {
      world.database = await startDatabase(join(folder, 'db'), Number(new URL(database.url).port));
    },
    async restartRedis() {
      const { port, password } = redis;
      world.redis = await startRedis(join(folder, 'redis'), { port, password });
    },
    async close() {
      await Promise.all(running.map((part) => part.close()));
      await disconnectMongo();
      await Promise.all([world.redis.stop('SIGKILL'), world.database.stop('SIGKILL'), mailbox.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
  return world;
}

async function startDatabase(folder: string, port = 0): Promise<Part & { url: string }> {
  const main = join(import.meta.dirname, '../../embedded/main.ts');
  let listening = port;
  const part = await startPart({
    command: process.execPath,
    args: [main, '--port', String(port), '--data', folder],
    ready: (line) => {
      const found = /"listening":\s*(\d+)/.exec(line);
      if (found) listening = Number(found[1]);
      return Boolean(found);
    },
    onLine: () => undefined,
  });
  return { ...part, url: `mongodb://127.0.0.1:${listening}/undersigned` };
}

/** Waits until `look` finds something; throws where it has not by then. Time in milliseconds. */
export async function eventually<Value>(
  look: () => Promise<Value | undefined | false | null> | Value | undefined | false | null,
  what = 'what was waited for',
  patience = 10_000,
): Promise<Value> {
  const end = Date.now() + patience;
  while (Date.now() < end) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`It did not happen within ${patience} ms: ${what}`);
}
