import { Types } from 'mongoose';
import { record } from '../audit/entry.ts';
import type { Organizer } from '../organizers/organizer.ts';
import { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { publishCount } from '../tallies/live.ts';
import { readCount } from '../tallies/tally.ts';

export type LedgerEntry = Petition['ledger'][number];
type NewEntry = { at: Date; who: string; source: string; number: number };
type Tools = Pick<Platform, 'redis' | 'log' | 'queues'>;

/** Each entry with its corrections and the number they made of it. */
export const ledgerEntries = (petition: Pick<Petition, 'ledger'>) =>
  petition.ledger.filter(({ corrects }) => !corrects).map((entry) => withCorrections(petition, entry));

/** What the public sees: entries as they were corrected, those that came to nothing left out. */
export const correctedEntries = (petition: Pick<Petition, 'ledger'>) =>
  ledgerEntries(petition).filter(({ number }) => number !== 0);

function withCorrections({ ledger }: Pick<Petition, 'ledger'>, entry: LedgerEntry) {
  const corrections = ledger.filter(({ corrects }) => corrects && entry._id?.equals(corrects));
  const number = corrections.reduce((sum, correction) => sum + correction.number, entry.number);
  return { ...entry, number, counted: entry.number, corrections };
}

/** Adds numbers that were collected elsewhere; the public total follows at once. The same `_id` again adds nothing. */
export async function addToLedger(
  tools: Tools,
  { _id: petition }: Pick<Petition, '_id'>,
  organizer: Organizer,
  { _id = new Types.ObjectId(), ...entry }: NewEntry & { _id?: Types.ObjectId },
  now = new Date(),
): Promise<void> {
  const changed = await Petition.findOneAndUpdate(
    { _id: petition, 'ledger._id': { $ne: _id } },
    { $push: { ledger: { _id, ...entry, recordedAt: now, organizer: organizer._id } } },
    { returnDocument: 'after' },
  ).lean<Petition>();
  if (!changed) return;
  const { number, source } = entry;
  await record({
    ...{ organizer: organizer._id, action: 'ledger.add', petition, subject: String(_id) },
    details: { number, source },
  });
  await announce(tools, changed, now);
}

type Correction = { outcome: 'corrected' | 'same' | 'unknown' | 'changed' };

/**
 * Says what an entry's number should be, by a further entry that makes up the difference. `seen` is the number the
 * organizer corrects: where somebody else has corrected it meanwhile, nothing is added.
 */
export async function correctEntry(
  tools: Tools,
  { _id: petition }: Pick<Petition, '_id'>,
  organizer: Organizer,
  id: string,
  { number, seen, why }: { number: number; seen: number; why: string },
  now = new Date(),
): Promise<Correction> {
  const current = await Petition.findById(petition).lean<Petition>();
  const entry = current?.ledger.find(({ _id, corrects }) => !corrects && String(_id) === id);
  if (!current || !entry) return { outcome: 'unknown' };
  const { number: stands } = withCorrections(current, entry);
  if (stands !== seen) return { outcome: 'changed' };
  if (stands === number) return { outcome: 'same' };
  const { at, who, source } = entry;
  const correction = { _id: new Types.ObjectId(), at, who, source, number: number - stands };
  const changed = await Petition.findOneAndUpdate(
    // Its length is its version: entries are only ever added.
    { _id: petition, ledger: { $size: current.ledger.length } },
    {
      $push: {
        ledger: { ...correction, recordedAt: now, organizer: organizer._id, corrects: entry._id, why },
      },
    },
    { returnDocument: 'after' },
  ).lean<Petition>();
  if (!changed) return { outcome: 'changed' };
  await record({
    ...{ organizer: organizer._id, action: 'ledger.correct', petition, subject: id, why },
    details: { from: stands, to: number, source },
  });
  await announce(tools, changed, now);
  return { outcome: 'corrected' };
}

/**
 * Open pages are told, and the tally looks whether a milestone was passed. Where Redis is away pages read the new total
 * the next time they ask.
 */
async function announce({ redis, log, queues }: Tools, petition: Petition, now: Date): Promise<void> {
  queues.enqueue('tally', { petitionId: petition._id.toHexString() });
  const { public: count } = await readCount(petition, now);
  await publishCount(redis, petition._id.toHexString(), count).catch((error) => {
    log.warn({ err: error, petitionId: petition._id }, 'open pages were not told of a new count');
  });
}
