import type { Types } from 'mongoose';
import { tallyWork } from '../../config/limits.ts';
import type { Log } from '../../config/log.ts';
import { signatoryKinds } from '../open-letters/signatory.ts';
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
  signatories: Record<string, number>;
};

/** What a comparison found. `busy`: the tally could not be held still; the next night tries again. */
type Comparison = { outcome: 'equal' | 'busy' } | { outcome: 'corrected'; was: number; is: number };

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

type Marked = { _id: Types.ObjectId } & Pick<Signature, 'state' | 'recount' | 'signatory'> & {
    counted: Counted | null;
  };

/** The sums of all marks. Whatever it finds whose mark and state differ is put on the tally's list, if it was lost. */
async function countFully(petition: Types.ObjectId, hoursFrom: string): Promise<Sums> {
  const empty = (): Record<string, number> => Object.create(null);
  const sums: Sums = {
    ...{ confirmed: 0, days: empty(), regions: empty(), sources: empty(), hours: empty() },
    signatories: empty(),
  };
  const projection = { state: 1, counted: 1, recount: 1, 'signatory.kind': 1 };
  // Straight from the driver: there may be a million, and rounds wait.
  const all = Signature.collection.find<Marked>({ petition }, { projection, batchSize: 5_000 });
  let lost: Types.ObjectId[] = [];
  for await (const { _id, state, counted, recount, signatory } of all) {
    if (counted) addTo(sums, counted, hoursFrom);
    const isAsMarked = (state === 'confirmed') === Boolean(counted) && isMarkedAs(counted, signatory?.kind);
    if (!recount && !isAsMarked) lost.push(_id);
    if (lost.length < 1_000) continue;
    await rescueLostChanges(lost);
    lost = [];
  }
  await rescueLostChanges(lost);
  return sums;
}

/** Whether what is counted is counted as who signed. */
const isMarkedAs = (counted: Counted | null, kind: string | undefined): boolean =>
  !counted || (counted.signatory ?? undefined) === kind;

function addTo(sums: Sums, { day, region, source, hour, signatory }: Counted, hoursFrom: string): void {
  const add = (of: Record<string, number>, key: string) => {
    of[key] = (of[key] ?? 0) + 1;
  };
  sums.confirmed += 1;
  add(sums.days, day);
  add(sums.regions, region);
  add(sums.sources, source);
  if (hour && hour >= hoursFrom) add(sums.hours, hour);
  if (signatory) add(sums.signatories, signatory);
}

/** Counted as somebody else than who signed. */
const countedAsAnother = [
  ...signatoryKinds.map((kind) => ({ 'signatory.kind': kind, 'counted.signatory': { $ne: kind } })),
  { 'signatory.kind': null, 'counted.signatory': { $ne: null } },
];

/** A signature whose mark and state differ must be on the tally's list, whatever became of the list. */
async function rescueLostChanges(ids: readonly Types.ObjectId[]): Promise<void> {
  if (ids.length === 0) return;
  await Signature.updateMany(
    {
      _id: { $in: ids },
      $or: [
        { state: 'confirmed', counted: null },
        { state: { $ne: 'confirmed' }, counted: { $ne: null } },
        { state: 'confirmed', $or: countedAsAnother },
      ],
    },
    { $set: { recount: true } },
  );
}

function sameSums(tally: Sums, full: Sums): boolean {
  const same = (a: Record<string, number>, b: Record<string, number>) =>
    [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => (a[key] ?? 0) === (b[key] ?? 0));
  return (
    tally.confirmed === full.confirmed &&
    same(tally.days, full.days) &&
    same(tally.regions, full.regions) &&
    same(tally.sources, full.sources) &&
    same(tally.hours ?? {}, full.hours) &&
    same(tally.signatories ?? {}, full.signatories)
  );
}
