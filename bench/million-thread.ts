import { parentPort, workerData } from 'node:worker_threads';
import { createLog } from '../config/log.ts';
import { Petition } from '../server/petitions/petition.ts';
import { Signature } from '../server/signatures/signature.ts';
import { createVault } from '../server/signers/vault.ts';
import { connectMongo, disconnectMongo } from '../server/stores.ts';
import { type CrowdMember, type CrowdOptions, createCrowd } from './people.ts';

/** A thread of million.ts: seals and stores every n-th batch of a crowd, and sums what it made. */
export type ThreadOrder = {
  MONGODB_URL: string;
  /** Keys arrive as plain bytes. */
  ENCRYPTION_KEYS: readonly { id: string; key: Uint8Array }[];
  LOOKUP_KEY: Uint8Array;
  petitionId: string;
  crowd: CrowdOptions;
  thread: number;
  threads: number;
};
export type ThreadSums = { confirmed: number } & Record<
  'days' | 'regions' | 'sources' | 'hours',
  Record<string, number>
>;

const batchSize = 1_000;

if (parentPort) {
  parentPort.postMessage(await fill(workerData as ThreadOrder));
  parentPort.close();
}

async function fill(order: ThreadOrder): Promise<ThreadSums> {
  await connectMongo(order.MONGODB_URL, createLog('million', 'warn'));
  const petition = await Petition.findById(order.petitionId).lean<Petition>();
  if (!petition) throw new Error('There is no such petition');
  const keys = order.ENCRYPTION_KEYS.map(({ id, key }) => ({ id, key: Buffer.from(key) }));
  const member = createCrowd(createVault(keys, Buffer.from(order.LOOKUP_KEY)), petition, order.crowd);
  const sums: ThreadSums = { confirmed: 0, days: {}, regions: {}, sources: {}, hours: {} };
  const { count } = order.crowd;
  // One batch is sealed while the one before is stored.
  let storing: Promise<unknown> = Promise.resolve();
  for (let n = order.thread * batchSize; n < count; n += order.threads * batchSize) {
    const batch = Array.from({ length: Math.min(batchSize, count - n) }, (_, i) => member(n + i));
    for (const { counted } of batch) if (counted) add(sums, counted);
    await storing;
    storing = Signature.collection.insertMany(batch, { ordered: false });
    storing.catch(() => undefined);
  }
  await storing;
  await disconnectMongo();
  return sums;
}

function add(sums: ThreadSums, { day, region, source, hour }: NonNullable<CrowdMember['counted']>): void {
  const count = (of: Record<string, number>, key: string) => {
    of[key] = (of[key] ?? 0) + 1;
  };
  sums.confirmed += 1;
  count(sums.days, day);
  count(sums.regions, region);
  count(sums.sources, source);
  if (hour) count(sums.hours, hour);
}
