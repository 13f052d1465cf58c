import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calculateObjectSize } from 'bson';
import { Redis } from 'ioredis';
import mongoose from 'mongoose';
import { createLog } from '../config/log.ts';
import { startPart } from '../scripts/part.ts';
import { startRedis } from '../scripts/redis.ts';
import { Signature } from '../server/signatures/signature.ts';
import { connectMongo, disconnectMongo } from '../server/stores.ts';
import { createQueues } from '../workers/queues.ts';
import { addCrowd } from './million.ts';
import { makePetition } from './petitions.ts';
import { type Endings, end } from './world.ts';

/** `npm run bench:storage`: what a signature, a key of a limit and a waiting mail take, in bytes. */
const count = Number(process.argv[2] ?? 20_000);
const keys = 20_000;
const endings: Endings = [];
const print = (what: string, bytes: number) =>
  process.stdout.write(`${what}: ${Math.round(bytes).toLocaleString('en')} bytes\n`);

try {
  const folder = await mkdtemp(join(tmpdir(), 'undersigned-storage-'));
  endings.push(() => rm(folder, { recursive: true, force: true }));
  await measureSignatures(join(folder, 'db'));
  await measureRedis(join(folder, 'redis'));
} finally {
  await end(endings);
}

/** Documents as MongoDB would store them before it compresses them; the file with all indexes is the embedded database's. */
async function measureSignatures(folder: string): Promise<void> {
  let port = '';
  const database = await startPart({
    command: process.execPath,
    args: [join(import.meta.dirname, '../embedded/main.ts'), '--port', '0', '--data', folder],
    ready(line) {
      port = /"listening":\s*(\d+)/.exec(line)?.[1] ?? '';
      return port !== '';
    },
    onLine: () => undefined,
  });
  endings.push(() => database.stop());
  const secrets = {
    MONGODB_URL: `mongodb://127.0.0.1:${port}/undersigned`,
    ENCRYPTION_KEYS: [{ id: 's1', key: randomBytes(32) }],
    LOOKUP_KEY: randomBytes(32),
  };
  await connectMongo(secrets.MONGODB_URL, createLog('storage', 'error'));
  endings.push(disconnectMongo);
  const before = await sizeOf(folder);
  await addCrowd(secrets, await makePetition('storage'), { count });
  const grown = (await sizeOf(folder)) - before;
  let documents = 0;
  for await (const document of mongoose.connection.collection(Signature.collection.name).find())
    documents += calculateObjectSize(document);
  print('a signature, the document', documents / count);
  print(
    `a signature, the embedded database's file with ${Signature.schema.indexes().length + 1} indexes`,
    grown / count,
  );
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).blocks * 512));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function measureRedis(folder: string): Promise<void> {
  const part = await startRedis(folder, {});
  endings.push(() => part.stop());
  const redis = new Redis(part.url, { maxRetriesPerRequest: null });
  endings.push(async () => redis.disconnect());
  await redis.ping();
  const used = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
  const measure = async (what: string, add: (n: number) => unknown) => {
    const before = await used();
    for (let n = 0; n < keys; n += 1) await add(n);
    print(what, ((await used()) - before) / keys);
  };
  await measure('Redis, one counter of a limit', () =>
    redis.set(`limit:signPerAddress:${randomBytes(32).toString('base64url')}`, 1, 'PX', 3_600_000),
  );
  const queues = createQueues(redis, createLog('storage', 'error'));
  const before = await used();
  for (let n = 0; n < keys; n += 1)
    queues.enqueue('mail', { signatureIds: [new mongoose.Types.ObjectId().toHexString()] });
  await queues.close();
  print('Redis, one mail that waits', ((await used()) - before) / keys);
}
