import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { mailWork, periods } from '../../config/limits.ts';
import { Mailing } from '../../server/mailings/mailing.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { pingMongo } from '../../server/stores.ts';
import { Tally } from '../../server/tallies/tally.ts';
import { jobs } from '../../workers/queues.ts';
import { sweep } from '../../workers/sweep.ts';
import { eventually } from '../support/world.ts';
import { endPatience } from './part.ts';
import type { System } from './system.ts';

/**
 * What was known when everything was started again: mails whose sending was begun and never said to have ended, and
 * whether workers were killed then because they took too long to end.
 */
export type Settled = { at: number; unrecorded: Set<string>; wereKilled: boolean };

const patience = 30_000;

type Unfinished = {
  /** Web processes that may still do what they did not answer: while we compare they may not. */
  owing: ReadonlySet<string>;
  /** Whether workers may have died at their work. */
  jobsAreLeft: boolean;
  redisIsLost: boolean;
};

/** Starts everything again, lets more than a day pass, and waits until there is nothing left to do. */
export async function settle(
  system: System,
  petitions: readonly Petition[],
  { owing, jobsAreLeft, redisIsLost }: Unfinished,
): Promise<Settled> {
  const { parts, urls, platform } = system;
  // First of all what the others wait for.
  await Promise.all([parts.database.start(), parts.redis.start()]);
  await eventually(databaseAnswers, 'the database answers', patience);
  const mayHoldClaims = jobsAreLeft || (await claimsStay(petitions));
  const ending = Date.now();
  await Promise.all([
    ...([parts.web1, parts.web2] as const).map((web, n) => owing.has(urls[n] ?? '') && web.end('SIGKILL')),
    ...[parts.workers1, parts.workers2].map((workers) => mayHoldClaims && workers.end('SIGTERM')),
  ]);
  const wereKilled = Date.now() - ending >= endPatience;
  // Claims of workers that live are theirs: they record what they do in a moment.
  const unrecorded = mayHoldClaims ? await letClaimsRunOut(petitions) : new Set<string>();
  const settled = { at: Date.now(), unrecorded, wereKilled };
  if (redisIsLost) await system.emptyRedis();
  await parts.redis.start();
  await eventually(() => platform.redis.status === 'ready', 'Redis answers', patience);
  if (mayHoldClaims) await letLocksRunOut(system);
  await startAll(system);
  await untilNothingIsLeft(system, petitions);
  return settled;
}

const databaseAnswers = () =>
  pingMongo().then(
    () => true,
    () => false,
  );

/** Whether mails are still claimed when those that are being sent must have been: whoever claimed them is gone. */
async function claimsStay(petitions: readonly Petition[]): Promise<boolean> {
  const end = Date.now() + 1_000;
  const claimed = { petition: { $in: petitions.map(({ _id }) => _id) }, state: 'claimed' as const };
  while (Date.now() < end) {
    if ((await Mailing.countDocuments(claimed).catch(() => 1)) === 0) return false;
    await sleep(50);
  }
  return true;
}

/** Resolves when every process runs and the web processes can serve. */
export async function startAll({ parts, urls }: Pick<System, 'parts' | 'urls'>): Promise<void> {
  await Promise.all(Object.values(parts).map((part) => part.start()));
  for (const url of urls) {
    const isReady = () =>
      fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
    await eventually(isReady, `${url} is ready`, patience);
  }
}

async function letClaimsRunOut(petitions: readonly Petition[]): Promise<Set<string>> {
  const claimed = { petition: { $in: petitions.map(({ _id }) => _id) }, state: 'claimed' as const };
  const unrecorded = (await Mailing.find(claimed, { _id: 1 }).lean()).map(({ _id }) => _id);
  await Mailing.updateMany(claimed, { $set: { leaseUntil: new Date(0) } });
  return new Set(unrecorded);
}

/** A job whose worker died is given back once its lock has run out and two checks have seen it so: a minute in all. */
async function letLocksRunOut({ platform: { redis } }: System): Promise<void> {
  for (const name of Object.keys(jobs)) {
    const active = await redis.lrange(`bull:${name}:active`, 0, -1);
    await redis.del([`bull:${name}:stalled-check`, ...active.map((id) => `bull:${name}:${id}:lock`)]);
    if (active.length > 0) await redis.sadd(`bull:${name}:stalled`, active);
  }
}

async function untilNothingIsLeft({ platform }: System, petitions: readonly Petition[]): Promise<void> {
  const petition = { $in: petitions.map(({ _id }) => _id) };
  const aDayLater = new Date(Date.now() + (periods.remindAfter + mailWork.sweepAfter + 60) * 1000);
  const queues = [
    new Queue('mail', { connection: platform.redis }),
    new Queue('tally', { connection: platform.redis }),
  ];
  let left: object = {};
  const nothingIsLeft = async () => {
    await sweep(platform, aDayLater);
    for (const queue of queues) await queue.promoteJobs();
    const [mails, recounts, batches] = await Promise.all([
      Signature.countDocuments({ petition, 'mail.dueAt': { $exists: true } }),
      Signature.countDocuments({ petition, recount: true }),
      Tally.countDocuments({ _id: petition, batch: { $ne: null } }),
    ]);
    left = { mails, recounts, batches };
    return mails + recounts + batches === 0;
  };
  try {
    await eventually(nothingIsLeft, 'all is done', patience).catch((error) => {
      throw new Error(`It does not settle: ${JSON.stringify(left)} (${error.message})`);
    });
  } finally {
    await Promise.all(queues.map((queue) => queue.close()));
  }
}
