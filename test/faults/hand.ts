import { setTimeout as sleep } from 'node:timers/promises';
import { mailWork } from '../../config/limits.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { sweep } from '../../workers/sweep.ts';
import type { Disk } from './disk.ts';
import type { KeptPart } from './part.ts';
import type { Fault, Schedule } from './schedule.ts';
import type { System } from './system.ts';

/** Moments after which work of a worker may be unfinished: it was killed, or its database was away until then. */
export type Interruptions = number[];

/** Does what the schedule says. Resolves when all of it is over and every process runs again. */
export async function runHand(system: System, { faults }: Schedule): Promise<Interruptions> {
  const interruptions: Interruptions = [];
  await Promise.all(
    faults.map(async (fault) => {
      await sleep(fault.at);
      const undo = await begin(system, fault).catch(() => undefined);
      if (interrupts(fault)) interruptions.push(Date.now());
      await sleep(fault.lasts);
      // What does not start now is started in the end.
      await Promise.resolve(undo?.()).catch(() => undefined);
      if (interrupts(fault)) interruptions.push(Date.now());
    }),
  );
  return interruptions;
}

/** Whether a worker's jobs may have been left to a lock that has yet to run out. */
export const leavesJobs = ({ faults }: Schedule): boolean =>
  faults.some((fault) => 'part' in fault && /workers|redis/.test(fault.part));

/** What may keep a worker from recording what it did. */
const interrupts = (fault: Fault): boolean =>
  fault.what === 'disk full' ||
  ('part' in fault && fault.part === 'database') ||
  (fault.what === 'kill' && fault.part.startsWith('workers'));

type Undo = () => unknown;

async function begin(system: System, fault: Fault): Promise<Undo | undefined> {
  const { parts, post, siteverify, disk } = system;
  if (fault.what === 'pause') return parts[fault.part].pause();
  if (fault.what === 'kill') return endPart(parts[fault.part], 'SIGKILL', disk);
  if (fault.what === 'stop') return endPart(parts[fault.part], 'SIGTERM', disk);
  if (fault.what === 'mail') {
    post.begin(fault.manner);
    return () => post.end(fault.manner);
  }
  if (fault.what === 'captcha') {
    siteverify.begin(fault.manner);
    return () => siteverify.end(fault.manner);
  }
  if (fault.what === 'disk full') {
    disk?.fill();
    return () => disk?.free();
  }
  if (fault.what === 'Redis emptied') {
    await system.emptyRedis();
    return () => parts.redis.start();
  }
  if (fault.what === 'sweep') await sweepEarly(system);
  else await letDaysPass();
}

async function endPart(part: KeptPart, signal: 'SIGKILL' | 'SIGTERM', disk?: Disk): Promise<Undo> {
  const ending = part.end(signal);
  if (signal === 'SIGKILL') await ending;
  return async () => {
    await ending;
    // A database does not start on a full disk; whoever looks after it makes room first.
    await part.start().catch(() => {
      disk?.free();
      return part.start();
    });
  };
}

/** What the next sweep would find, a minute early. */
export const sweepEarly = ({ platform }: Pick<System, 'platform'>): Promise<void> =>
  sweep(platform, new Date(Date.now() + (mailWork.sweepAfter + 1) * 1000));

/** Everybody was last mailed so long ago that whoever signs again is mailed again. */
const letDaysPass = async (): Promise<void> => {
  const requestedAt = new Date(Date.now() - 3 * 86_400_000);
  await Signature.updateMany(
    { 'mail.requestedAt': { $exists: true } },
    { $set: { 'mail.requestedAt': requestedAt } },
  );
};
