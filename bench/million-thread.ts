import { parentPort, workerData } from 'node:worker_threads';
import { createLog } from '../config/log.ts';
import { Petition } from '../server/petitions/petition.ts';
import { createVault } from '../server/signers/vault.ts';
import { connectMongo, disconnectMongo } from '../server/stores.ts';
import { type CrowdSums, storeCrowd } from './crowd.ts';
import type { CrowdOptions } from './people.ts';

/** A thread of million.ts, which makes one part of a crowd. */
export type ThreadOrder = {
  MONGODB_URL: string;
  /** Keys arrive as plain bytes. */
  ENCRYPTION_KEYS: readonly { id: string; key: Uint8Array }[];
  LOOKUP_KEY: Uint8Array;
  petitionId: string;
  crowd: CrowdOptions;
  part: number;
  parts: number;
};

if (parentPort) {
  parentPort.postMessage(await work(workerData as ThreadOrder));
  parentPort.close();
}

async function work({ MONGODB_URL, ENCRYPTION_KEYS, LOOKUP_KEY, ...order }: ThreadOrder): Promise<CrowdSums> {
  await connectMongo(MONGODB_URL, createLog('million', 'warn'));
  const petition = await Petition.findById(order.petitionId).lean<Petition>();
  if (!petition) throw new Error('There is no such petition');
  const keys = ENCRYPTION_KEYS.map(({ id, key }) => ({ id, key: Buffer.from(key) }));
  const vault = createVault(keys, Buffer.from(LOOKUP_KEY));
  const sums = await storeCrowd(vault, petition, order.crowd, order);
  await disconnectMongo();
  return sums;
}
