import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Db, MongoClient } from 'mongodb';
import { temporaryDirectory } from './support.ts';

/** `EMBEDDED_LONG=1` kills the process many more times. */
const KILLS = process.env.EMBEDDED_LONG ? 100 : 6;
const main = join(import.meta.dirname, '../../embedded/main.ts');

/** `pid` is the database itself, `child` what it was started under. */
type Running = { child: ChildProcess; url: string; pid: number };

/** The database as a process of its own. `prefix` is a command to run it under. */
async function startProcess(
  t: Pick<TestContext, 'after'>,
  dataDir: string,
  prefix: string[] = [],
): Promise<Running> {
  const [command = '', ...args] = [...prefix, process.execPath, main, '--port', '0', '--data', dataDir];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [''])]);
  if (!line) throw new Error('the database did not start');
  const { url, pid } = JSON.parse(line) as { url: string; pid: number };
  const running = { child, url, pid };
  t.after(() => stop(running, 'SIGKILL'));
  return running;
}

async function stop({ child, pid }: Running, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  process.kill(pid, signal);
  const [code] = await once(child, 'exit');
  return code;
}

/** A write that breaks off is not tried again: nobody answers any more. */
async function connect(t: Pick<TestContext, 'after'>, url: string): Promise<MongoClient> {
  const client = await MongoClient.connect(url, { serverSelectionTimeoutMS: 20_000, retryWrites: false });
  t.after(() => client.close());
  return client;
}

type Known = { inserted: Set<number>; versions: Map<number, number> };

/** Writes until the connection breaks; what was acknowledged is remembered. */
async function writeUntilKilled(db: Db, known: Known, from: number): Promise<void> {
  const things = db.collection<{ _id: number; key: string; tags: number[]; version: number }>('things');
  for (let n = from; ; n += 1) {
    try {
      await things.insertOne({ _id: n, key: `key ${n}`, tags: [n, n % 10], version: 0 });
      known.inserted.add(n);
      const reply = await things.findOneAndUpdate(
        { _id: n - (n % 3) },
        { $inc: { version: 1 }, $push: { tags: -n } },
        { returnDocument: 'after' },
      );
      if (reply) known.versions.set(reply._id, Math.max(reply.version, known.versions.get(reply._id) ?? 0));
    } catch {
      return;
    }
  }
}

test('kill -9 at any moment loses no acknowledged write and leaves documents and indexes in step', async (t) => {
  const dataDir = temporaryDirectory(t);
  const known: Known = { inserted: new Set(), versions: new Map() };
  for (let round = 0; round < KILLS; round += 1) {
    const running = await startProcess(t, dataDir);
    const client = await connect(t, running.url);
    const db = client.db('test');
    await db
      .collection('things')
      .createIndexes([{ key: { key: 1 }, unique: true }, { key: { tags: 1, version: -1 } }]);
    const enough = known.inserted.size + 25;
    const writers = Array.from({ length: 8 }, (_, writer) =>
      writeUntilKilled(db, known, round * 1_000_000 + writer * 100_000),
    );
    do await sleep(150 + Math.random() * 250);
    while (known.inserted.size < enough);
    await stop(running, 'SIGKILL');
    await Promise.all(writers);
    await client.close();
  }
  const running = await startProcess(t, dataDir);
  const client = await connect(t, running.url);
  const db = client.db('test');
  const there = new Map(
    (await db.collection<{ _id: number; version: number }>('things').find().toArray()).map(
      ({ _id, version }) => [_id, version],
    ),
  );
  assert.ok(known.inserted.size > KILLS * 20, `only ${known.inserted.size} writes were made`);
  assert.deepEqual(
    [...known.inserted].filter((id) => !there.has(id)),
    [],
  );
  assert.deepEqual(
    [...known.versions].filter(([id, version]) => (there.get(id) ?? -1) < version),
    [],
  );
  const checked = await db.command({ validate: 'things' });
  assert.deepEqual({ valid: checked.valid, errors: checked.errors }, { valid: true, errors: [] });
  assert.equal(await db.collection('things').countDocuments({ key: 'key 0' }), 1);
  await client.close();
  await stop(running, 'SIGTERM');
});

test('an acknowledged write has been synced to the disk', async (t) => {
  const trace = join(temporaryDirectory(t), 'trace');
  const prefix = ['strace', '-f', '-qq', '-e', 'trace=fdatasync', '-o', trace];
  try {
    execFileSync('strace', ['-V'], { stdio: 'ignore' });
  } catch {
    t.skip('strace is not installed');
    return;
  }
  const running = await startProcess(t, temporaryDirectory(t), prefix);
  const client = await connect(t, running.url);
  const things = client.db('test').collection('things');
  await things.insertOne({ first: true });
  const syncs = () => execFileSync('grep', ['-c', 'fdatasync', trace], { encoding: 'utf8' });
  const before = Number(syncs());
  for (let n = 0; n < 10; n += 1) await things.insertOne({ n });
  assert.ok(Number(syncs()) - before >= 10);
  await client.close();
  await stop(running, 'SIGKILL');
});

test('SIGTERM and SIGINT end the process cleanly', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const running = await startProcess(t, temporaryDirectory(t));
    const client = await connect(t, running.url);
    await client.db('test').collection('things').insertOne({});
    assert.equal(await stop(running, signal), 0);
    await client.close();
  }
});

test('a second start on the same data names the process that holds it', async (t) => {
  const dataDir = temporaryDirectory(t);
  const running = await startProcess(t, dataDir);
  const second = spawn(process.execPath, [main, '--port', '0', '--data', dataDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors: Buffer[] = [];
  second.stderr.on('data', (piece: Buffer) => errors.push(piece));
  const [code] = await once(second, 'close');
  assert.equal(code, 1);
  assert.match(Buffer.concat(errors).toString(), new RegExp(`held by process ${running.pid}\\b`));
});

test('the lock of a process that died is taken over, even when its number has been given to another', async (t) => {
  const dataDir = temporaryDirectory(t);
  await stop(await startProcess(t, dataDir), 'SIGKILL');
  await stop(await startProcess(t, dataDir), 'SIGTERM');
  writeFileSync(join(dataDir, 'embedded.lock'), `${process.pid} 1`);
  await stop(await startProcess(t, dataDir), 'SIGTERM');
});

test('a full disk is an error to the writer; reads go on, and after it nothing is damaged', async (t) => {
  const disk = smallDisk(t);
  if (!disk) {
    t.skip('a small disk cannot be mounted here');
    return;
  }
  const running = await startProcess(t, join(disk, 'db'));
  const client = await connect(t, running.url);
  const db = client.db('test');
  const things = db.collection<{ _id: number; filling: string }>('things');
  await things.createIndex({ filling: 1 });
  let written = 0;
  const fill = async () => {
    for (; written < 10_000; written += 1)
      await things.insertOne({ _id: written, filling: `${written}`.padEnd(3000, '.') });
  };
  await assert.rejects(fill, { code: 14031, codeName: 'OutOfDiskSpace' });
  assert.ok(written > 100);
  assert.equal((await things.findOne({ _id: written - 1 }))?._id, written - 1);
  assert.equal(await things.countDocuments({}), written);
  assert.equal(
    (await db.command({ validate: 'things' }).catch((error: Error) => error)) instanceof Error,
    false,
  );
  await client.close();
  await stop(running, 'SIGKILL');
  execFileSync('mount', ['-o', 'remount,size=64m', disk]);
  const again = await startProcess(t, join(disk, 'db'));
  const reconnected = await connect(t, again.url);
  const after = reconnected.db('test');
  assert.equal(await after.collection('things').countDocuments({}), written);
  assert.equal((await after.command({ validate: 'things' })).valid, true);
  await after.collection('things').insertOne({ filling: 'more' });
  await reconnected.close();
  await stop(again, 'SIGTERM');
});

/** A disk of 8 MB that is gone after the test; undefined where mounting is not allowed. */
function smallDisk(t: TestContext): string | undefined {
  const disk = mkdtempSync(join(tmpdir(), 'embedded-disk-'));
  let mounted = false;
  t.after(() => {
    if (mounted) execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk], { stdio: 'ignore' });
    mounted = true;
    return disk;
  } catch {
    return undefined;
  }
}
