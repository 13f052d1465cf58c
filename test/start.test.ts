import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { freePort } from '../scripts/part.ts';
import { visitor } from './support/visitor.ts';
import { eventually } from './support/world.ts';

const root = join(import.meta.dirname, '..');
/** All that it has of the environment of the tests. */
const machine = { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE };
const started: ChildProcess[] = [];
const folders: string[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});
after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

function dataFolder(): string {
  const folder = join(tmpdir(), `undersigned-start-${process.pid}-${folders.length}`);
  folders.push(folder);
  return folder;
}

/** What `npm start` runs once everything is installed. */
function start(folder: string, port: number, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(root, 'scripts/start.ts')], {
    env: { ...machine, DATA_DIR: folder, PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    child,
    ended,
    says: (what: RegExp) => eventually(() => what.exec(output), `${what} in:\n${output}`, 30_000),
  };
}

/** Every process that names the data folder in its environment or works in it (Redis writes over its environment). */
async function processesOf(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const belongs = async (pid: string) => {
    const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    const workplace = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    return environ.includes(folder) || workplace.startsWith(folder);
  };
  const found = await Promise.all(pids.map(async (pid) => ((await belongs(pid)) ? [Number(pid)] : [])));
  return found.flat();
}

const commandOf = (pid: number) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
const nothingRuns = (folder: string) =>
  eventually(async () => (await processesOf(folder)).length === 0, 'nothing is left running', 30_000);

test('From nothing: start, sign, confirm from the mail, see the count move, stop, and find it all again', async () => {
  const folder = dataFolder();
  const port = await freePort();
  const first = start(folder, port);
  await first.says(/Ctrl-C stops everything/);
  await first.says(/\d sample petitions were added/);
  const robin = visitor({ url: `http://localhost:${port}` });
  await eventually(
    async () => (await robin.count('otter-weir-footbridge')) === 180,
    'the samples are counted',
    30_000,
  );

  const form = { name: 'Robin Example', email: 'robin@example.org', country: 'CA' };
  assert.equal((await robin.sign('otter-weir-footbridge', form)).status, 303);
  const mail = await eventually(async () => {
    const outbox = await (await robin.get('/dev/outbox')).text();
    return /\/dev\/outbox\/[0-9a-f]{32}/.exec(outbox)?.[0];
  }, 'the mail is in the outbox');
  const link = /\/confirm\/[\w-]+/.exec(await (await robin.get(mail)).text())?.[0] ?? '';
  assert.equal((await robin.post(link)).status, 303);
  await eventually(async () => (await robin.count('otter-weir-footbridge')) === 181, 'the count moves');

  first.child.kill('SIGINT');
  assert.equal(await first.ended, 0);
  await nothingRuns(folder);

  const second = start(folder, port);
  await second.says(/Ctrl-C stops everything/);
  assert.equal(await robin.count('otter-weir-footbridge'), 181);
  second.child.kill('SIGTERM');
  assert.equal(await second.ended, 0);
  await nothingRuns(folder);
});

test('A port or a data folder in use is named, and a bad setting too', async () => {
  const port = await freePort();
  const squatter = createServer().listen(port);
  const folder = dataFolder();
  const refused = start(folder, port);
  await refused.says(new RegExp(`Port ${port} is in use`));
  assert.equal(await refused.ended, 1);
  squatter.close();

  const running = start(folder, port, { SAMPLES: '0' });
  await running.says(/Ctrl-C stops everything/);
  const second = start(folder, await freePort());
  await second.says(
    new RegExp(`${folder} is in use by another npm start \\(process ${running.child.pid}\\)`),
  );
  assert.equal(await second.ended, 1);

  const wrong = start(folder, port, { TRUST_PROXY: 'true', SMTP_URL: 'mail.example.org' });
  await wrong.says(/SMTP_URL: must be a URL that starts with smtp:\/\/[\s\S]*TRUST_PROXY: .* never true/);
  assert.equal(await wrong.ended, 1);
});

test('A part that dies is started again, and nothing outlives a killed supervisor', async () => {
  const folder = dataFolder();
  const port = await freePort();
  const supervisor = start(folder, port, { SAMPLES: '0' });
  await supervisor.says(/Ctrl-C stops everything/);
  const home = visitor({ url: `http://localhost:${port}` });

  for (const part of ['server/main.ts', 'embedded/main.ts', 'redis-server', 'workers/main.ts']) {
    const pids = await processesOf(folder);
    const commands = await Promise.all(pids.map(async (pid) => ({ pid, command: await commandOf(pid) })));
    const victim = commands.find(({ command }) => command.includes(part));
    assert.ok(victim, `${part} runs`);
    process.kill(victim.pid, 'SIGKILL');
    await eventually(
      async () => {
        const now = await Promise.all(
          (await processesOf(folder)).map(async (pid) => ({ pid, command: await commandOf(pid) })),
        );
        return now.some(({ pid, command }) => command.includes(part) && pid !== victim.pid);
      },
      `${part} is started again`,
      30_000,
    );
  }
  await eventually(
    async () => (await home.get('/').catch(() => undefined))?.status === 200,
    'the page is back',
    30_000,
  );

  supervisor.child.kill('SIGKILL');
  await nothingRuns(folder);
});
