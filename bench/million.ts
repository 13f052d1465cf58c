import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { readStartEnv, type StartEnv } from '../config/env.ts';
import { tallyWork } from '../config/limits.ts';
import { createLog } from '../config/log.ts';
import { Petition } from '../server/petitions/petition.ts';
import { Signature } from '../server/signatures/signature.ts';
import { createVault } from '../server/signers/vault.ts';
import { connectMongo, disconnectMongo } from '../server/stores.ts';
import { compareTally } from '../server/tallies/compare.ts';
import { hourOf, Tally } from '../server/tallies/tally.ts';
import { type CrowdSums, storeCrowd } from './crowd.ts';
import type { ThreadOrder } from './million-thread.ts';
import type { CrowdOptions } from './people.ts';
import { makePetition } from './petitions.ts';

type Secrets = Pick<Required<StartEnv>, 'MONGODB_URL' | 'ENCRYPTION_KEYS' | 'LOOKUP_KEY'>;
/** From so many on, as many threads as there are cores seal them: starting one takes as long as some thousands. */
const worthThreads = 10_000;

/**
 * Makes `count` realistic signatures on a petition that has none, sealed and stored as the product would have, and the
 * tally that belongs to them; then has the product count them one by one. Needs a connection. Throws where the tally
 * is not exact. Returns how long making them took, in seconds.
 */
export async function addCrowd(
  secrets: Secrets,
  petition: Petition,
  { count, pending = 0.08 }: { count: number; pending?: number },
): Promise<number> {
  if (await Signature.exists({ petition: petition._id })) throw new Error(`${petition.slug} has signatures`);
  const now = new Date();
  const hoursFrom = hourOf(new Date(now.getTime() - tallyWork.hours * 3_600_000));
  const tag = petition._id.toHexString().slice(-6);
  const crowd = { count, pending, tag, end: now, version: now.getTime(), hoursFrom };
  const sums = await (count < worthThreads
    ? storeCrowd(createVault(secrets.ENCRYPTION_KEYS, secrets.LOOKUP_KEY), petition, crowd)
    : storeInThreads(secrets, petition, crowd));
  const seconds = (Date.now() - now.getTime()) / 1000;
  const tally = { version: crowd.version, ...sums, hoursFrom, batch: null, updatedAt: now };
  await Tally.create({ _id: petition._id, ...tally });
  await checkExact(petition, count);
  return seconds;
}

async function storeInThreads(
  { MONGODB_URL, ENCRYPTION_KEYS, LOOKUP_KEY }: Secrets,
  petition: Petition,
  crowd: CrowdOptions,
): Promise<CrowdSums> {
  const petitionId = petition._id.toHexString();
  const parts = availableParallelism();
  const order = { MONGODB_URL, ENCRYPTION_KEYS, LOOKUP_KEY, petitionId, crowd, parts };
  const made = await Promise.all(Array.from({ length: parts }, (_, part) => runThread({ ...order, part })));
  return merge(made);
}

const runThread = (order: ThreadOrder): Promise<CrowdSums> =>
  new Promise((resolve, reject) => {
    new Worker(new URL('million-thread.ts', import.meta.url), { workerData: order })
      .once('message', resolve)
      .once('error', reject);
  });

function merge(parts: CrowdSums[]): CrowdSums {
  const all: CrowdSums = { confirmed: 0, days: {}, regions: {}, sources: {}, hours: {} };
  for (const { confirmed, ...breakdowns } of parts) {
    all.confirmed += confirmed;
    for (const name of ['days', 'regions', 'sources', 'hours'] as const)
      for (const [key, number] of Object.entries(breakdowns[name]))
        all[name][key] = (all[name][key] ?? 0) + number;
  }
  return all;
}

async function checkExact(petition: Petition, count: number): Promise<void> {
  const stored = await Signature.countDocuments({ petition: petition._id });
  if (stored !== count) throw new Error(`${stored} of ${count} signatures were stored`);
  const { outcome } = await compareTally(petition, createLog('million', 'fatal'));
  if (outcome !== 'equal') throw new Error(`The tally of ${petition.slug} is not exact: ${outcome}`);
}

/** `node bench/million.ts --count 1000000 --slug a-petition`, with the settings of the database it goes to. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { count: { type: 'string', default: '1000000' }, slug: { type: 'string', default: 'million' } },
  });
  const { MONGODB_URL, ENCRYPTION_KEYS, LOOKUP_KEY } = readStartEnv();
  if (!MONGODB_URL || !ENCRYPTION_KEYS || !LOOKUP_KEY)
    throw new Error('MONGODB_URL, ENCRYPTION_KEYS and LOOKUP_KEY must say where to and with which keys');
  await connectMongo(MONGODB_URL, createLog('million', 'warn'));
  const petition =
    (await Petition.findOne({ slug: values.slug }).lean<Petition>()) ?? (await makePetition(values.slug));
  const count = Number(values.count);
  const begun = Date.now();
  const seconds = await addCrowd({ MONGODB_URL, ENCRYPTION_KEYS, LOOKUP_KEY }, petition, { count });
  const counting = (Date.now() - begun) / 1000 - seconds;
  await disconnectMongo();
  process.stdout.write(
    `${count} signatures on ${values.slug} in ${seconds.toFixed(1)} s (${Math.round(count / seconds)}/s); ` +
      `counted one by one in ${counting.toFixed(1)} s: the tally is exact\n`,
  );
}

if (import.meta.main) await main();
