import { Types } from 'mongoose';
import { record } from '../audit/entry.ts';
import type { Petition } from '../petitions/petition.ts';
import { OfficialCount } from './official.ts';

/** An entry as it stands now, with what it said first and its corrections. */
export type Entry = OfficialCount & { first: OfficialCount; corrections: OfficialCount[] };
type Which = Pick<Petition, '_id'>;
type By = { _id: Types.ObjectId };

/** Every count of a petition as it was corrected, the latest day first. */
export async function listCounts({ _id }: Which): Promise<Entry[]> {
  const all = await OfficialCount.find({ petition: _id }).sort({ day: -1 }).lean<OfficialCount[]>();
  return entriesOf(all);
}

/** Of several petitions at once: the latest count of each. */
export async function latestCounts(ids: readonly Types.ObjectId[]): Promise<Map<string, Entry>> {
  const all = await OfficialCount.find({ petition: { $in: ids } })
    .sort({ day: -1 })
    .lean<OfficialCount[]>();
  const latest = new Map<string, Entry>();
  for (const entry of entriesOf(all)) {
    const key = String(entry.petition);
    if (!latest.has(key)) latest.set(key, entry);
  }
  return latest;
}

function entriesOf(all: readonly OfficialCount[]): Entry[] {
  const byTime = (a: OfficialCount, b: OfficialCount) => a.recordedAt.getTime() - b.recordedAt.getTime();
  const correctionsOf = (id: string) => all.filter(({ corrects }) => corrects === id).sort(byTime);
  return all
    .filter(({ corrects }) => !corrects)
    .map((first) => {
      const corrections = correctionsOf(first._id);
      const { count, day } = corrections.at(-1) ?? first;
      return { ...first, count, day, first, corrections };
    })
    .sort((a, b) => b.day.localeCompare(a.day) || byTime(b, a));
}

/** Writes down a count that an organizer read on the official page. The same `id` again adds nothing. */
export async function recordCount(
  { _id: petition }: Which,
  { _id: organizer }: By,
  { id, count, day }: { id?: string; count: number; day: string },
  now = new Date(),
): Promise<void> {
  const _id = id ?? new Types.ObjectId().toHexString();
  if (!(await insertOnce({ _id, petition, day, count, recordedAt: now, organizer }))) return;
  await record({
    ...{ organizer, action: 'official.count', petition, subject: _id },
    details: { count, day },
  });
}

/** Writes down a count that a job read: one entry a day, with the day's latest number. */
export async function recordReading(
  { _id: petition }: Which,
  { count, day }: { count: number; day: string },
  now: Date,
): Promise<void> {
  await OfficialCount.updateOne(
    { _id: `${petition.toHexString()}:${day}` },
    { $set: { petition, day, count, recordedAt: now } },
    { upsert: true },
  );
}

type Correction = { count: number; day: string; why: string; seen: number };

/**
 * Says what an entry should have been, by a further entry. `seen` is how many corrections it had on the organizer's
 * page: of two who correct at once, the other is told.
 */
export async function correctCount(
  petition: Which,
  { _id: organizer }: By,
  id: string,
  { count, day, why, seen }: Correction,
  now = new Date(),
): Promise<'corrected' | 'same' | 'unknown' | 'changed'> {
  const entry = (await listCounts(petition)).find(({ _id }) => _id === id);
  if (!entry) return 'unknown';
  if (entry.corrections.length !== seen) return 'changed';
  if (entry.count === count && entry.day === day) return 'same';
  const wasAdded = await insertOnce({
    ...{ _id: `${id}:${seen + 1}`, petition: petition._id, day, count, recordedAt: now, organizer },
    ...{ corrects: id, why },
  });
  if (!wasAdded) return 'changed';
  await record({
    ...{ organizer, action: 'official.correct', petition: petition._id, subject: id, why },
    details: { from: entry.count, to: count, day },
  });
  return 'corrected';
}

async function insertOnce(entry: OfficialCount): Promise<boolean> {
  try {
    await OfficialCount.create(entry);
    return true;
  } catch (error) {
    if ((error as { code?: number }).code !== 11000) throw error;
    return false;
  }
}
