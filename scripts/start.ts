import { mkdir, unlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import PinoPretty from 'pino-pretty';
import { EnvError, readEnv, readStartEnv, type StartEnv } from '../config/env.ts';
import { createLog } from '../config/log.ts';
import { connectMongo, disconnectMongo } from '../server/stores.ts';
import { localKeys } from './keys.ts';
import { freePort, type Part, startPart } from './part.ts';
import { startRedis } from './redis.ts';
import { seedSamples } from './seed.ts';

const root = join(import.meta.dirname, '..');
/** A part that ends by itself is started again; this often within a minute means that it cannot run. */
const restartsAMinute = 5;

const pretty = PinoPretty({
  colorize: process.stdout.isTTY,
  translateTime: 'SYS:HH:MM:ss',
  ignore: 'pid,hostname,part,requestId',
  messageFormat: '{part}: {msg}',
});
const show = (line: string) => pretty.write(`${line}\n`);
const log = createLog('start', process.env.LOG_LEVEL ?? 'info');

/** The parts under way, in the order they were started; they stop in the opposite order. */
const parts = new Map<string, Part>();
let isStopping = false;

try {
  await start(readStartEnv());
} catch (error) {
  process.stderr.write(
    `\n${error instanceof EnvError ? error.message : `Undersigned did not start.\n${(error as Error).message}`}\n\n`,
  );
  await stopAll();
  process.exit(1);
}

async function start(env: StartEnv): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void finish());
  stopWithParent();
  const dataFolder = resolve(env.DATA_DIR);
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  await holdFolder(dataFolder);
  await checkPort(env.PORT);

  const stores = {
    ...(await localKeysUnlessGiven(env, dataFolder)),
    MONGODB_URL: env.MONGODB_URL ?? (await startDatabase(dataFolder)),
    REDIS_URL: env.REDIS_URL ?? (await startPrivateRedis(dataFolder)),
    DATA_DIR: dataFolder,
  };
  const samples = env.SAMPLES === '1' ? await addSamples({ ...process.env, ...stores }) : 0;
  await keepRunning('web', startNode('web', ['server/main.ts'], stores));
  await keepRunning('workers', startNode('workers', ['workers/main.ts'], stores));
  announce(env, dataFolder, samples);
}

async function localKeysUnlessGiven(env: StartEnv, dataFolder: string) {
  const { ENCRYPTION_KEYS, LOOKUP_KEY } = process.env;
  if (env.ENCRYPTION_KEYS && env.LOOKUP_KEY) return { ENCRYPTION_KEYS, LOOKUP_KEY };
  if (env.ENCRYPTION_KEYS || env.LOOKUP_KEY)
    throw new EnvError(['ENCRYPTION_KEYS and LOOKUP_KEY: set both or neither']);
  return localKeys(dataFolder);
}

async function startDatabase(dataFolder: string): Promise<string> {
  const port = await freePort();
  const folder = join(dataFolder, 'db');
  await keepRunning(
    'database',
    startNode('database', ['embedded/main.ts', '--port', String(port), '--data', folder]),
  );
  return `mongodb://127.0.0.1:${port}/undersigned`;
}

async function startPrivateRedis(dataFolder: string): Promise<string> {
  let known: { port?: number; password?: string; url?: string } = {};
  await keepRunning('redis', async (onExit) => {
    const redis = await startRedis(join(dataFolder, 'redis'), { ...known, onExit });
    known = { port: redis.port, password: redis.password, url: redis.url };
    return redis;
  });
  return known.url ?? '';
}

/** Starts one of our own processes; it says that it is ready through its log. */
const startNode =
  (name: keyof typeof readyLines, args: string[], env: Record<string, string | undefined> = {}): Starter =>
  (onExit) =>
    startPart({
      command: process.execPath,
      args: args.map((arg, index) => (index === 0 ? join(root, arg) : arg)),
      env,
      ready: (line) => readyLines[name].test(line),
      onLine: show,
      onExit,
    });

const readyLines = { database: /"listening":/, web: /"msg":"listening on /, workers: /"msg":"working"/ };

type Starter = (onExit: (status: string) => void) => Promise<Part>;

/** Starts a part, and starts it again when it ends by itself. */
async function keepRunning(name: string, starter: Starter): Promise<void> {
  let endings: number[] = [];
  const run = async (): Promise<void> => {
    parts.set(name, await starter(onExit));
  };
  const onExit = (status: string) => {
    if (isStopping) return;
    endings = [...endings.filter((at) => at > Date.now() - 60_000), Date.now()];
    log.error(`${name} ended (${status}) and is started again`);
    if (endings.length > restartsAMinute) return void finish(`${name} cannot keep running, see above.`);
    setTimeout(() => {
      if (!isStopping) run().catch((error: Error) => onExit(error.message));
    }, 500);
  };
  await run();
}

async function addSamples(source: Record<string, string | undefined>): Promise<number> {
  const env = readEnv(source);
  await connectMongo(env.MONGODB_URL, log);
  const samples = await seedSamples(env);
  await disconnectMongo();
  return samples;
}

function announce(env: StartEnv, dataFolder: string, samples: number): void {
  const url = env.BASE_URL;
  const lines = [
    `Undersigned is running.  Open  ${url}`,
    env.SMTP_URL
      ? `Mail goes out through ${new URL(env.SMTP_URL).host}`
      : `Mail is kept, not sent: read it at  ${url}/dev/outbox`,
    ...(env.HCAPTCHA_SECRET
      ? []
      : ['The robot check is off: set HCAPTCHA_SITEKEY and HCAPTCHA_SECRET before the public comes']),
    ...(samples > 0 ? [`${samples} sample petitions were added (SAMPLES=0 for none)`] : []),
    `Data is in ${dataFolder}`,
    'Ctrl-C stops everything',
  ];
  const width = Math.max(...lines.map(({ length }) => length));
  const rule = '─'.repeat(width + 2);
  // After what the parts had to say while they started.
  setTimeout(
    () =>
      process.stdout.write(
        `\n┌${rule}┐\n${lines.map((line) => `│ ${line.padEnd(width)} │\n`).join('')}└${rule}┘\n\n`,
      ),
    200,
  );
}

/** One start per data folder. The socket goes with the process, however it ends. */
async function holdFolder(folder: string): Promise<void> {
  const path = join(folder, 'start.sock');
  const listen = () =>
    new Promise<void>((done, fail) => {
      createServer((socket) => socket.end(String(process.pid)))
        .once('error', fail)
        .listen(path, done)
        .unref();
    });
  await listen().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    const holder = await whoHolds(path);
    if (holder)
      throw new Error(
        `${folder} is in use by another npm start (process ${holder}). Stop it, or choose another DATA_DIR.`,
      );
    await unlink(path);
    await listen();
  });
}

const whoHolds = (path: string): Promise<string | undefined> =>
  new Promise((done) => {
    const socket = connect(path);
    socket
      .once('data', (pid) => done(pid.toString()))
      .once('error', () => done(undefined))
      .once('close', () => done('unknown'));
  });

async function checkPort(port: number): Promise<void> {
  await new Promise<void>((done, fail) => {
    const probe = createServer().once('error', fail);
    probe.listen(port, () => probe.close(() => done()));
  }).catch((error: NodeJS.ErrnoException) => {
    const inUse = error.code === 'EADDRINUSE';
    throw new Error(
      inUse
        ? `Port ${port} is in use by another program. Choose another: PORT=3001 npm start`
        : error.message,
    );
  });
}

/** npm may die without passing a signal on. */
function stopWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) void finish();
  }, 1_000).unref();
}

async function finish(because?: string): Promise<void> {
  if (isStopping) return;
  if (because) process.stderr.write(`\n${because}\n`);
  else process.stdout.write('\nStopping ...\n');
  await stopAll();
  process.exit(because ? 1 : 0);
}

/** Web and workers first, then what they write to. */
async function stopAll(): Promise<void> {
  isStopping = true;
  await Promise.all([parts.get('web')?.stop(), parts.get('workers')?.stop()]);
  await Promise.all([parts.get('redis')?.stop(), parts.get('database')?.stop()]);
}
