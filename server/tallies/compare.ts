import type { Types } from 'mongoose';
import { tallyWork } from '../../config/limits.ts';
import type { Log } from '../../config/log.ts';
import { Petition } from '../petitions/petition.ts';
import { Signature } from '../signatures/signature.ts';
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
 * A difference is logged, corrected in one dated update, and shown in the petition's history.
 */
export async function compareTally(petition: Petition, log: Log, now = new Date()): Promise<Comparison> {
  const { _id } = petition;
  const version = await holdTally(_id, now);
  if (version === undefined) return { outcome: 'busy' };
  try {
    await rescueLostChanges(_id);
    const tally = await Tally.findOne({ _id, version }).lean<Tally & { _id: Types.ObjectId }>();
    if (!tally) return { outcome: 'busy' };
    const full = await countFully(_id, tally.hoursFrom ?? '');
    if (sameSums(tally as unknown as Sums, full)) return { outcome: 'equal' };

    const correction = { at: now, was: tally.confirmed, is: full.confirmed };
    const corrected = await Tally.updateOne(
      { _id, version, batch: null },
      { $set: { ...full, updatedAt: now }, $inc: { version: 1 }, $push: { corrections: correction } },
    );
    if (corrected.matchedCount === 0) return { outcome: 'busy' };
    log.error({ petition: _id, ...correction }, 'a tally differed from the full count and was corrected');
    await Petition.updateOne(
      { _id },
      { $push: { history: { outcome: 'corrected', at: now, note: noteOn(correction) } } },
    );
    return { outcome: 'corrected', was: tally.confirmed, is: full.confirmed };
  } finally {
    await Tally.updateOne({ _id }, { $unset: { heldUntil: 1 } });
  }
}

/** Finishes what is under way and keeps the next round from beginning; the hold runs out by itself. */
async function holdTally(_id: Types.ObjectId, now: Date): Promise<number | undefined> {
  const heldUntil = new Date(now.getTime() + tallyWork.hold * 1000);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const held = await Tally.findOneAndUpdate(
      { _id, batch: null },
      { $set: { heldUntil }, $inc: { version: 1 } },
      { returnDocument: 'after', projection: { version: 1 } },
    ).lean();
    if (held) return held.version;
    await runTallyRound({ _id }, now);
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

const noteOn = ({ was, is }: { was: number; is: number }) => ({
  en: `A full count found ${is} confirmed signatures where the running count said ${was}. The running count was corrected.`,
  fr: `Un décompte complet a trouvé ${is} signatures confirmées là où le compteur en indiquait ${was}. Le compteur a été corrigé.`,
});
