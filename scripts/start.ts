import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import PinoPretty from 'pino-pretty';
import { EnvError, readEnv, readStartEnv, type StartEnv } from '../config/env.ts';
import { createLog } from '../config/log.ts';
import { firstOwnerPath } from '../server/organizers/access-link.ts';
import { hasOwner } from '../server/organizers/organizer.ts';
import { createTokens } from '../server/signers/tokens.ts';
import { connectMongo, disconnectMongo } from '../server/stores.ts';
import { localKeys } from './keys.ts';
import { checkPort, holdFolder } from './occupied.ts';
import { freePort, type Main, mainArgs, startPart } from './part.ts';
import { startRedis } from './redis.ts';
import { seedSamples } from './seed.ts';
import { createSupervisor, type Starter } from './supervisor.ts';

const pretty = PinoPretty({
  colorize: process.stdout.isTTY,
  translateTime: 'SYS:HH:MM:ss',
  ignore: 'pid,hostname,part,requestId',
  messageFormat: '{part}: {msg}',
});
/** Our processes log JSON with a message; the database's ready line has none and is not for people. */
const show = (line: string) =>
  line.startsWith('{') && !line.includes('"msg"') ? undefined : pretty.write(`${line}\n`);
const log = createLog('start', 'info', { write: (line) => show(line.trimEnd()) });
const supervisor = createSupervisor(log, (because) => void finish(because));
let isFinishing = false;

/** The line of its log by which each of our processes says that it is ready. */
const readyLines = { database: /"listening":/, web: /"msg":"listening on /, workers: /"msg":"working"/ };
type Stores = Record<string, string | undefined>;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void finish());
stopWithParent();
try {
  await start(readStartEnv());
} catch (error) {
  const explanation = error instanceof Error ? error.message : String(error);
  await finish(error instanceof EnvError ? explanation : `Undersigned did not start.\n${explanation}`);
}

async function start(env: StartEnv): Promise<void> {
  const dataFolder = resolve(env.DATA_DIR);
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  await holdFolder(dataFolder);
  await checkPort(env.PORT);

  const stores: Stores = {
    ...(await keysFor(env, dataFolder)),
    MONGODB_URL: env.MONGODB_URL ?? (await startDatabase(dataFolder)),
    REDIS_URL: env.REDIS_URL ?? (await startPrivateRedis(dataFolder)),
    DATA_DIR: dataFolder,
  };
  const { samples, ownerPath } = await prepareDatabase(env, stores);
  await supervisor.keepRunning('web', startNode('web', stores));
  await supervisor.keepRunning('workers', startNode('workers', stores));
  // After what the parts had to say while they started.
  await setTimeout(200);
  announce(env, dataFolder, samples, ownerPath);
}

async function keysFor(env: StartEnv, dataFolder: string): Promise<Stores> {
  if (env.ENCRYPTION_KEYS && env.LOOKUP_KEY) return {};
  if (env.ENCRYPTION_KEYS || env.LOOKUP_KEY)
    throw new EnvError(['ENCRYPTION_KEYS, LOOKUP_KEY: set both or neither']);
  return localKeys(dataFolder);
}

async function startDatabase(dataFolder: string): Promise<string> {
  const port = await freePort();
  const args = ['--port', String(port), '--data', join(dataFolder, 'db')];
  await supervisor.keepRunning('database', startNode('database', {}, args));
  return `mongodb://127.0.0.1:${port}/undersigned`;
}

async function startPrivateRedis(dataFolder: string): Promise<string> {
  const place = { port: await freePort() };
  let url = '';
  await supervisor.keepRunning('redis', async (onExit) => {
    const redis = await startRedis(join(dataFolder, 'redis'), { ...place, onExit });
    Object.assign(place, { password: redis.password });
    url = redis.url;
    return redis;
  });
  return url;
}

function startNode(name: Main, env: Stores = {}, args: readonly string[] = []): Starter {
  return (onExit) =>
    startPart({
      command: process.execPath,
      args: [...mainArgs(name), ...args],
      env,
      ready: (line) => readyLines[name].test(line),
      onLine: show,
      onExit,
    });
}

/** Fills an empty database, and makes the link for the first owner while there is none. */
async function prepareDatabase(env: StartEnv, stores: Stores) {
  const complete = readEnv({ ...process.env, ...stores });
  await connectMongo(complete.MONGODB_URL, log);
  const samples = env.SAMPLES === '1' ? await seedSamples(complete) : 0;
  const ownerPath = (await hasOwner())
    ? undefined
    : await firstOwnerPath({ tokens: createTokens(complete.LOOKUP_KEY) });
  await disconnectMongo();
  return { samples, ownerPath };
}

function announce(env: StartEnv, dataFolder: string, samples: number, ownerPath: string | undefined): void {
  const url = env.BASE_URL;
  const lines = [
    `Undersigned is running.  Open  ${url}`,
    ownerPath
      ? `Make yourself its owner, once:  ${url}${ownerPath}`
      : `Organizers sign in at  ${url}/organize`,
    env.SMTP_URL
      ? `Mail goes out through ${new URL(env.SMTP_URL).host}`
      : `Mail is kept, not sent: read it at  ${url}/dev/outbox`,
    ...(env.HCAPTCHA_SECRET ? [] : ['The robot check is off: set HCAPTCHA_SITEKEY and HCAPTCHA_SECRET']),
    ...(samples > 0 ? [`${samples} sample petitions were added (SAMPLES=0 for none)`] : []),
    `Data is in ${dataFolder}`,
    'Ctrl-C stops everything',
  ];
  const width = Math.max(...lines.map(({ length }) => length));
  const rule = '─'.repeat(width + 2);
  const box = [`┌${rule}┐`, ...lines.map((line) => `│ ${line.padEnd(width)} │`), `└${rule}┘`];
  process.stdout.write(`\n${box.join('\n')}\n\n`);
}

/** npm may die without passing a signal on. */
function stopWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) void finish();
  }, 1_000).unref();
}

/** Stops web and workers first, then what they write to. */
async function finish(because?: string): Promise<void> {
  if (isFinishing) return;
  isFinishing = true;
  if (because) process.stderr.write(`\n${because}\n\n`);
  else process.stdout.write('\nStopping ...\n');
  await supervisor.stop(['web', 'workers'], ['redis', 'database']);
  process.exit(because ? 1 : 0);
}
