import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../../bench/parts/certificate.ts';
import { readEnv } from '../../config/env.ts';
import { createLog } from '../../config/log.ts';
import { freePort, startPart } from '../../scripts/part.ts';
import { startRedis } from '../../scripts/redis.ts';
import { connectMongo, disconnectMongo } from '../../server/stores.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { type Disk, mountDisk } from './disk.ts';
import { type KeptPart, keepPart, type Launch } from './part.ts';
import { type Post, startPost } from './post.ts';
import type { PartName } from './schedule.ts';
import { startAll } from './settle.ts';
import { type Siteverify, startSiteverify } from './siteverify.ts';

/** Everything that runs as in production, each part a process of its own, and the tools to look into its stores. */
export type System = {
  platform: OpenPlatform;
  parts: Record<PartName, KeptPart>;
  /** The web processes' addresses. */
  urls: readonly [string, string];
  post: Post;
  siteverify: Siteverify;
  disk: Disk | undefined;
  /** What ended by itself, with its last words. */
  died: string[];
  emptyRedis(): Promise<void>;
  close(): Promise<void>;
};

const root = join(import.meta.dirname, '../..');
const hostname = 'petitions.example.org';

export async function startSystem(): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), 'undersigned-faults-'));
  const disk = mountDisk(join(folder, 'disk'));
  const certificate = makeCertificate(folder);
  const [post, siteverify] = await Promise.all([startPost(), startSiteverify(certificate, hostname)]);
  const [web1, web2, databasePort, redisPort] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const password = randomBytes(12).toString('hex');
  const source = {
    ...sourceOf(folder),
    MONGODB_URL: `mongodb://127.0.0.1:${databasePort}/undersigned`,
    REDIS_URL: `redis://:${password}@127.0.0.1:${redisPort}`,
    SMTP_URL: `smtp://127.0.0.1:${post.port}?greetingTimeout=3000&socketTimeout=5000`,
    ...{ BENCH_CERT: certificate.cert, BENCH_HCAPTCHA_PORT: String(siteverify.port) },
  };

  const died: string[] = [];
  const keep = (name: string, launch: Launch) =>
    keepPart(launch, (status, words) =>
      died.push([`${name} ended by itself: ${status}`, ...words].join('\n')),
    );
  const parts: Record<PartName, KeptPart> = {
    database: keep('database', launchDatabase(join(folder, 'disk/db'), databasePort)),
    redis: keep('redis', (onLine, onExit) =>
      startRedis(join(folder, 'redis'), { onLine, onExit, port: redisPort, password }),
    ),
    web1: keep('web1', launchOwn('server', { ...source, PORT: String(web1) })),
    web2: keep('web2', launchOwn('server', { ...source, PORT: String(web2) })),
    workers1: keep('workers1', launchOwn('workers', source)),
    workers2: keep('workers2', launchOwn('workers', source)),
  };
  await Promise.all([parts.database.start(), parts.redis.start()]);
  const env = readEnv({ ...source, LOG_LEVEL: 'silent' });
  await connectMongo(env.MONGODB_URL, createLog('faults', 'silent'));
  const platform = await openPlatform({ env });
  const urls = [`http://127.0.0.1:${web1}`, `http://127.0.0.1:${web2}`] as const;
  await startAll({ parts, urls });

  return {
    ...{ platform, parts, urls, post, siteverify, disk, died },
    emptyRedis: () =>
      parts.redis.end('SIGKILL', () => rm(join(folder, 'redis'), { recursive: true, force: true })),
    async close() {
      const { database, redis, ...own } = parts;
      await Promise.all(Object.values(own).map((part) => part.end('SIGKILL')));
      await Promise.all([database.end('SIGKILL'), redis.end('SIGKILL')]);
      await platform.close();
      await disconnectMongo();
      siteverify.close();
      await post.close();
      disk?.unmount();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const sourceOf = (folder: string): Record<string, string> => ({
  ...{ NODE_ENV: 'production', LOG_LEVEL: 'info', DATA_DIR: folder, TRUST_PROXY: 'loopback' },
  ...{ BASE_URL: `https://${hostname}`, MAIL_FROM: `petitions@${hostname}` },
  ...{ SENDER_NAME: 'Larkmere Neighbours', SENDER_ADDRESS: '1 Example Street, Larkmere' },
  HCAPTCHA_SITEKEY: '5d3b1e7a-9f0c-4a63-8a55-0e6d1f7b2c44',
  HCAPTCHA_SECRET: '0x9c1185a5c5e9fc54612808977ee8f548b2258d31',
  ENCRYPTION_KEYS: `f1:${randomBytes(32).toString('base64')}`,
  LOOKUP_KEY: randomBytes(32).toString('base64'),
});

/** Where processes that are started again and again find what was compiled before. */
const quickly = {
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'undersigned-faults-compiled'),
};
const preloads = (...files: string[]) => files.flatMap((file) => ['--import', join(root, file)]);

const launchDatabase =
  (folder: string, port: number): Launch =>
  (onLine, onExit) =>
    startPart({
      command: process.execPath,
      args: [
        ...preloads('test/faults/quick-start.ts'),
        join(root, 'embedded/main.ts'),
        '--port',
        String(port),
        '--data',
        folder,
      ],
      env: quickly,
      ready: (line) => line.includes('"listening":'),
      ...{ onLine, onExit },
    });

/** One of our processes; its way to hCaptcha ends at the fake one. */
const launchOwn =
  (name: 'server' | 'workers', env: Record<string, string>): Launch =>
  (onLine, onExit) =>
    startPart({
      command: process.execPath,
      args: [...preloads('test/faults/quick-start.ts', 'bench/parts/edge.ts'), join(root, name, 'main.ts')],
      env: { ...env, ...quickly },
      ready: (line) => /"msg":"(listening on|working)/.test(line),
      ...{ onLine, onExit },
    });
