import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { type Env, readEnv } from '../config/env.ts';
import { createLog } from '../config/log.ts';
import { freePort, type Main, mainArgs, type Part, startPart } from '../scripts/part.ts';
import { startRedis } from '../scripts/redis.ts';
import { Signature } from '../server/signatures/signature.ts';
import { connectMongo, disconnectMongo } from '../server/stores.ts';
import { type OpenPlatform, openPlatform } from '../test/support/platform.ts';
import { makeCertificate } from './parts/certificate.ts';
import { type Helper, startHelper } from './parts/helper.ts';
import type { Scale } from './scale.ts';

/** A web process of ours. */
export type Web = Part & { url: string; port: number };

/** Everything that runs, each in a process of its own as in production, and the tools to look into its stores. */
export type World = {
  scale: Scale;
  env: Env;
  platform: OpenPlatform;
  web: Web;
  /** The floor: `/insert` and `/bytes`. */
  bare: Helper & { url: string };
  captcha: Helper;
  mail: Helper;
  /** One more web process, for a measure that needs a fresh one. The caller stops it. */
  startWeb(): Promise<Web>;
  /** Starts the workers unless they run. */
  startWorkers(): Promise<Part>;
  stopWorkers(): Promise<void>;
  /** Stops the workers and leaves nothing for them to do, so that one measure's work is not done in the next. */
  forget(): Promise<void>;
};

type Options = { scale: Scale; profiles?: string };

/** What was started, to be ended in the reverse order, whatever happens. */
export type Endings = (() => Promise<unknown>)[];

export async function end(endings: Endings): Promise<void> {
  for (let ending = endings.pop(); ending; ending = endings.pop()) await ending().catch(() => undefined);
}

/** Starts everything in a temporary folder; `profiles` is where CPU profiles of our processes go. */
export async function startWorld({ scale, profiles }: Options, endings: Endings): Promise<World> {
  const flags = profiles ? ['--cpu-prof', '--cpu-prof-dir', profiles] : [];
  const started = async <Started extends Part>(starting: Promise<Started>): Promise<Started> => {
    const part = await starting;
    endings.push(() => part.stop());
    return part;
  };
  const folder = await mkdtemp(join(tmpdir(), 'undersigned-bench-'));
  endings.push(() => rm(folder, { recursive: true, force: true }));

  const certificate = makeCertificate(folder);
  const edge = {
    BENCH_CERT: certificate.cert,
    BENCH_KEY: certificate.key,
    BENCH_HOSTNAME: 'petitions.example.org',
  };
  const given = process.env.BENCH_MONGODB_URL;
  const [redis, mail, captcha, database] = await Promise.all([
    started(startRedis(join(folder, 'redis'), {})),
    started(startHelper('parts/smtp.ts')),
    started(startHelper('parts/hcaptcha.ts', edge)),
    given ? { url: await ownDatabase(given, endings) } : started(startDatabase(join(folder, 'db'), flags)),
  ]);

  const source = {
    ...{ NODE_ENV: 'production', LOG_LEVEL: 'info', DATA_DIR: folder, TRUST_PROXY: 'loopback' },
    ...{ BASE_URL: 'https://petitions.example.org', MAIL_FROM: 'petitions@example.org' },
    ...{ SENDER_NAME: 'Larkmere Neighbours', SENDER_ADDRESS: '1 Example Street, Larkmere' },
    ...{ MONGODB_URL: database.url, REDIS_URL: redis.url, SMTP_URL: `smtp://127.0.0.1:${mail.told.port}` },
    HCAPTCHA_SITEKEY: '5d3b1e7a-9f0c-4a63-8a55-0e6d1f7b2c44',
    HCAPTCHA_SECRET: '0x9c1185a5c5e9fc54612808977ee8f548b2258d31',
    ENCRYPTION_KEYS: `b1:${randomBytes(32).toString('base64')}`,
    LOOKUP_KEY: randomBytes(32).toString('base64'),
  };
  const env = readEnv(source);
  await connectMongo(env.MONGODB_URL, createLog('bench', 'error'));
  endings.push(disconnectMongo);
  const platform = await openPlatform({ env: { ...env, LOG_LEVEL: 'error' } });
  endings.push(() => platform.close());

  const bare = await started(startHelper('bare.ts', source));
  const startWeb = () => startWebOn(source, captcha, edge.BENCH_CERT, flags);
  const web = await started(startWeb());
  let workers: Part | undefined;
  const stopWorkers = async () => {
    await workers?.stop();
    workers = undefined;
  };
  endings.push(stopWorkers);

  return {
    ...{ scale, env, platform, web, captcha, mail, startWeb, stopWorkers },
    bare: { ...bare, url: `http://127.0.0.1:${bare.told.port}` },
    async startWorkers() {
      workers ??= await startMain('workers', source, flags, (line) => line.includes('"msg":"working"'));
      return workers;
    },
    async forget() {
      await stopWorkers();
      // Redis can be lost whole; what is left to do stands in the database.
      await platform.redis.flushall();
      await Signature.updateMany({ 'mail.dueAt': { $gt: new Date(0) } }, { $unset: { 'mail.dueAt': 1 } });
    },
  };
}

/** A database of this run's own on the server that was given; dropped in the end. */
async function ownDatabase(server: string, endings: Endings): Promise<string> {
  const url = new URL(server);
  url.pathname = `/undersigned_bench_${randomBytes(4).toString('hex')}`;
  endings.push(async () => {
    const connection = await mongoose.createConnection(url.href).asPromise();
    await connection.dropDatabase();
    await connection.close();
  });
  return url.href;
}

async function startDatabase(folder: string, flags: string[]): Promise<Part & { url: string }> {
  let port = '';
  const part = await startPart({
    command: process.execPath,
    args: [...flags, ...mainArgs('database'), '--port', '0', '--data', folder],
    ready(line) {
      port = /"listening":\s*(\d+)/.exec(line)?.[1] ?? '';
      return port !== '';
    },
    onLine: () => undefined,
  });
  return { ...part, url: `mongodb://127.0.0.1:${port}/undersigned` };
}

async function startWebOn(
  source: Record<string, string>,
  captcha: Helper,
  cert: string,
  flags: string[],
): Promise<Web> {
  const port = await freePort();
  const preload = ['--import', join(import.meta.dirname, 'parts/edge.ts')];
  const part = await startMain(
    'web',
    { ...source, PORT: String(port), BENCH_HCAPTCHA_PORT: String(captcha.told.port), BENCH_CERT: cert },
    [...flags, ...preload],
    (line) => line.includes('"msg":"listening on '),
  );
  const web = { ...part, port, url: `http://127.0.0.1:${port}` };
  await untilReady(web);
  return web;
}

/** Listening is not yet being able to serve: the database may still make its indexes. */
async function untilReady({ url }: Web): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await fetch(`${url}/readyz`)).ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('The web process does not become ready');
}

const startMain = (
  name: Main,
  env: Record<string, string>,
  flags: string[],
  ready: (line: string) => boolean,
): Promise<Part> =>
  startPart({
    command: process.execPath,
    args: [...flags, ...mainArgs(name)],
    env,
    ready,
    onLine: () => undefined,
  });
