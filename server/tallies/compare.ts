import type { Types } from 'mongoose';
import { tallyWork } from '../../config/limits.ts';
import type { Log } from '../../config/log.ts';
import type { Petition } from '../petitions/petition.ts';
import { Signature } from '../signatures/signature.ts';
import { publishCorrections } from './corrections.ts';
import { runTallyRound } from './round.ts';
import { type Counted, Tally } from './tally.ts';

type Sums = {
  confirmed: number;
  days: Record<string, number>;
  regions: Record<string, number>;
  sources: Record<string, number>;
  hours: Record<string, number>;
};

/** What a comparison found. `busy`: the tally could not be held still; the next night tries again. */
export type Comparison = { outcome: 'equal' | 'busy' } | { outcome: 'corrected'; was: number; is: number };

/**
 * Counts a petition's signatures one by one and compares the result with its tally, while rounds are held back.
 * A difference is corrected in one dated update, and told in the log and in the petition's public history.
 */
export async function compareTally(petition: Petition, log: Log, now = new Date()): Promise<Comparison> {
  const { _id } = petition;
  const version = await holdTally(petition, now);
  if (version === undefined) return { outcome: 'busy' };
  try {
    const comparison = await countAndCorrect(_id, version, now);
    await publishCorrections(petition, log);
    return comparison;
  } finally {
    await Tally.updateOne({ _id }, { $unset: { heldUntil: 1 } });
  }
}

async function countAndCorrect(_id: Types.ObjectId, version: number, now: Date): Promise<Comparison> {
  await rescueLostChanges(_id);
  const tally = await Tally.findOne({ _id, version }).lean<Tally & { _id: Types.ObjectId }>();
  if (!tally) return { outcome: 'busy' };
  const full = await countFully(_id, tally.hoursFrom ?? '');
  if (sameSums(tally as unknown as Sums, full)) return { outcome: 'equal' };
  const [was, is] = [tally.confirmed, full.confirmed];
  const corrected = await Tally.updateOne(
    { _id, version, batch: null },
    { $set: { ...full, updatedAt: now }, $inc: { version: 1 }, $push: { corrections: { at: now, was, is } } },
  );
  return corrected.matchedCount === 1 ? { outcome: 'corrected', was, is } : { outcome: 'busy' };
}

/** Finishes what is under way and keeps the next round from beginning; the hold runs out by itself. */
async function holdTally(petition: Petition, now: Date): Promise<number | undefined> {
  const { _id } = petition;
  const heldUntil = new Date(now.getTime() + tallyWork.hold * 1000);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const held = await Tally.findOneAndUpdate(
      { _id, batch: null },
      { $set: { heldUntil }, $inc: { version: 1 } },
      { returnDocument: 'after', projection: { version: 1 } },
    ).lean();
    if (held) return held.version;
    await runTallyRound(petition, now);
  }
  return undefined;
}

/** A signature whose mark and state differ must be on the tally's list, whatever became of the list. */
async function rescueLostChanges(petition: Types.ObjectId): Promise<void> {
  await Signature.updateMany(
    {
      petition,
      recount: { $ne: true },
      $or: [
        { state: 'confirmed', counted: null },
        { state: { $ne: 'confirmed' }, counted: { $ne: null } },
      ],
    },
    { $set: { recount: true } },
  );
}

async function countFully(petition: Types.ObjectId, hoursFrom: string): Promise<Sums> {
  const empty = (): Record<string, number> => Object.create(null);
  const sums: Sums = { confirmed: 0, days: empty(), regions: empty(), sources: empty(), hours: empty() };
  const marked = Signature.find({ petition, counted: { $ne: null } }, { counted: 1 }).lean<
    { counted: Counted }[]
  >();
  for await (const { counted } of marked.cursor({ batchSize: 5_000 }) as AsyncIterable<{
    counted: Counted;
  }>) {
    sums.confirmed += 1;
    sums.days[counted.day] = (sums.days[counted.day] ?? 0) + 1;
    sums.regions[counted.region] = (sums.regions[counted.region] ?? 0) + 1;
    sums.sources[counted.source] = (sums.sources[counted.source] ?? 0) + 1;
    const { hour } = counted;
    if (hour && hour >= hoursFrom) sums.hours[hour] = (sums.hours[hour] ?? 0) + 1;
  }
  return sums;
}

function sameSums(tally: Sums, full: Sums): boolean {
  const same = (a: Record<string, number>, b: Record<string, number>) =>
    [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => (a[key] ?? 0) === (b[key] ?? 0));
  return (
    tally.confirmed === full.confirmed &&
    same(tally.days, full.days) &&
    same(tally.regions, full.regions) &&
    same(tally.sources, full.sources) &&
    same(tally.hours ?? {}, full.hours)
  );
}
