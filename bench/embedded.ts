import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { serialize } from 'bson';
import { open } from 'lmdb';
import mongoose from 'mongoose';

/**
 * Measures the embedded database over the driver: at a thousand documents, at a million, and against the same work
 * done on LMDB directly. The load is in this process, the database in another, on the same cores.
 */
const { values: options } = parseArgs({
  options: {
    documents: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '4' },
    writers: { type: 'string', default: '64' },
  },
});
const MILLION = Number(options.documents);
const SECONDS = Number(options.seconds);
const WRITERS = Number(options.writers);
const THOUSAND = 1000;
const PETITIONS = 10;
const TURNS = 6;
const START = 1_700_000_000_000;

type Signature = ReturnType<typeof signature>;
type Collection = mongoose.mongo.Collection<Signature>;
type Measured = 'reads' | 'updates' | 'pages';

const print = (line: string) => process.stdout.write(`${line}\n`);
const number = (value: number) => Math.round(value).toLocaleString('en');
const emailKey = (n: number) => `key-${String(n).padStart(12, '0')}`;

function signature(n: number) {
  return {
    _id: n,
    petition: n % PETITIONS,
    emailKey: emailKey(n),
    state: 'pending',
    createdAt: new Date(START + n * 1000),
    version: 0,
    sealed: 'x'.repeat(200),
  };
}

/** Keeps `WRITERS` loops busy for the measured time; gives what they did in a second. */
async function rate(work: (turn: number) => Promise<unknown>, seconds = SECONDS): Promise<number> {
  let turn = 0;
  const started = performance.now();
  const writer = async () => {
    while (performance.now() < started + seconds * 1000) await work(turn++);
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  return (turn / (performance.now() - started)) * 1000;
}

async function prepare(collection: Collection): Promise<Collection> {
  await collection.createIndexes([
    { key: { petition: 1, emailKey: 1 }, unique: true },
    { key: { petition: 1, createdAt: -1 } },
    { key: { emailKey: 1 } },
  ]);
  return collection;
}

async function fill(collection: Collection, count: number): Promise<void> {
  for (let n = 0; n < count; n += 2000) {
    const batch = Array.from({ length: Math.min(2000, count - n) }, (_, i) => signature(n + i));
    await collection.insertMany(batch);
  }
}

/** What one loop does in each turn, for a collection of `size` documents. */
function operations(collection: Collection, size: number): Record<Measured, () => Promise<unknown>> {
  const any = () => Math.floor(Math.random() * size);
  return {
    reads: () => collection.findOne({ emailKey: emailKey(any()) }),
    updates: () =>
      collection.updateOne(
        { _id: any(), state: { $in: ['pending', 'confirmed'] } },
        { $set: { state: 'confirmed' }, $inc: { version: 1 } },
      ),
    pages: () => {
      const before = new Date(START + (size / 2 + any() / 2) * 1000);
      const filter = { petition: any() % PETITIONS, createdAt: { $lt: before } };
      return collection.find(filter).sort({ createdAt: -1 }).limit(20).toArray();
    },
  };
}

/** Measures both in turns, so that whatever else the machine does falls on both; the first turn only warms up. */
async function inTurns(
  one: () => Promise<unknown>,
  other: () => Promise<unknown>,
): Promise<[number, number]> {
  const rates: [number, number] = [0, 0];
  for (let turn = 0; turn <= TURNS; turn += 1) {
    for (const [side, work] of [one, other].entries()) {
      const measured = await rate(work, SECONDS / TURNS);
      if (turn > 0) rates[side as 0 | 1] += measured / TURNS;
    }
  }
  return rates;
}

/** The slowest point read while an index is built over everything, in milliseconds, and how long the building took. */
async function buildIndex(collection: Collection): Promise<{ slowest: number; took: number }> {
  const started = performance.now();
  let took = 0;
  const built = collection.createIndex({ state: 1, createdAt: 1 }).then(() => {
    took = performance.now() - started;
  });
  let slowest = 0;
  while (took === 0) {
    const asked = performance.now();
    await collection.findOne({ emailKey: emailKey(1) });
    slowest = Math.max(slowest, performance.now() - asked);
  }
  await built;
  return { slowest, took };
}

/** The same inserts and reads on LMDB itself: a document and its four entries, one transaction for each group of writers. */
async function bare(path: string): Promise<{ inserts: number; reads: number }> {
  const root = open<Buffer, Buffer>({ path, overlappingSync: false });
  const table = (name: string) =>
    root.openDB<Buffer, Buffer>({ name, keyEncoding: 'binary', encoding: 'binary' });
  const [records, entries, empty] = [table('records'), table('entries'), Buffer.alloc(0)];
  let n = 0;
  const id = (value: number) => {
    const key = Buffer.alloc(8);
    key.writeBigUInt64BE(BigInt(value));
    return key;
  };
  const put = () => {
    const { _id, petition, createdAt, ...rest } = signature(n);
    records.putSync(id(n), Buffer.from(serialize({ _id, petition, createdAt, ...rest })));
    for (const [i, key] of [
      _id,
      petition + rest.emailKey,
      petition + String(+createdAt),
      rest.emailKey,
    ].entries()) {
      entries.putSync(Buffer.concat([Buffer.of(i), Buffer.from(String(key)), id(n)]), empty);
    }
    n += 1;
  };
  const started = performance.now();
  while (performance.now() < started + SECONDS * 1000) {
    root.transactionSync(() => {
      for (let i = 0; i < WRITERS; i += 1) put();
    });
  }
  const inserts = (n / (performance.now() - started)) * 1000;
  const startedReading = performance.now();
  for (let i = 0; i < 100_000; i += 1) {
    const start = Buffer.concat([Buffer.of(3), Buffer.from(emailKey(Math.floor(Math.random() * n)))]);
    for (const key of entries.getKeys({ start, limit: 1 })) records.get(Buffer.from(key.subarray(-8)));
  }
  const reads = (100_000 / (performance.now() - startedReading)) * 1000;
  await root.close();
  return { inserts, reads };
}

const dataDir = mkdtempSync(join(tmpdir(), 'bench-embedded-'));
const main = join(import.meta.dirname, '../embedded/main.ts');
const server = spawn(process.execPath, [main, '--port', '0', '--data', join(dataDir, 'db')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const [line] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
  const { url } = JSON.parse(line) as { url: string };
  const connection = await mongoose.createConnection(url, { maxPoolSize: WRITERS }).asPromise();
  const named = (name: string) => prepare(connection.getClient().db('bench').collection<Signature>(name));

  const inserted = await named('inserted');
  await rate((turn) => inserted.insertOne(signature(turn)), 1);
  const inserts = await rate((turn) => inserted.insertOne(signature(10_000_000 + turn)));
  print(`inserts, acknowledged, ${WRITERS} writers: ${number(inserts)}/s`);

  const small = await named('small');
  await fill(small, THOUSAND);
  const big = await named('big');
  await fill(big, MILLION);
  const [few, many] = [operations(small, THOUSAND), operations(big, MILLION)];
  let readsOfMany = 0;
  for (const name of ['reads', 'updates', 'pages'] as const) {
    const [one, other] = await inTurns(few[name], many[name]);
    if (name === 'reads') readsOfMany = other;
    print(
      `${name}: ${number(one)}/s at ${number(THOUSAND)}, ${number(other)}/s at ${number(MILLION)}, ratio ${(other / one).toFixed(2)}`,
    );
  }
  let next = 20_000_000;
  const [intoFew, intoMany] = await inTurns(
    () => inserted.insertOne(signature(next++)),
    () => big.insertOne(signature(next++)),
  );
  print(
    `inserts into ${number(MILLION)}: ${number(intoMany)}/s, ratio to a small collection ${(intoMany / intoFew).toFixed(2)}`,
  );

  const started = performance.now();
  const counted = await big.countDocuments({ petition: 3 });
  print(`count of ${number(counted)} by index prefix: ${(performance.now() - started).toFixed(1)} ms`);
  const { slowest, took } = await buildIndex(big);
  print(
    `index built over ${number(MILLION)} in ${(took / 1000).toFixed(1)} s, slowest read meanwhile ${number(slowest)} ms`,
  );
  await connection.close();
  server.kill('SIGTERM');
  await once(server, 'exit');

  const direct = await bare(join(dataDir, 'bare'));
  print(
    `inserts on lmdb directly: ${number(direct.inserts)}/s, ratio ${(inserts / direct.inserts).toFixed(3)}`,
  );
  print(
    `reads on lmdb directly: ${number(direct.reads)}/s, ratio ${(readsOfMany / direct.reads).toFixed(3)}`,
  );
} finally {
  server.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
}
