import type { Types } from 'mongoose';
import { tallyWork } from '../../config/limits.ts';
import { calendarDay } from '../locales.ts';
import { Signature } from '../signatures/signature.ts';
import { type Entry, finishBatch } from './batch.ts';
import { type Head, type Next, type RoundOutcome, runRound } from './journal.ts';
import { type Counted, hourOf, Tally } from './tally.ts';

type PetitionJournal = Head<Entry> & {
  _id: Types.ObjectId;
  sources: Record<string, number>;
  hours?: Record<string, number>;
  hoursFrom?: string;
};

/**
 * One round of a petition's tally, see {@link runRound}. `noteLag` hears when the oldest change of a batch was made, once
 * the sums hold it.
 */
export const runTallyRound = (
  petition: { _id: Types.ObjectId; timeZone?: string | null },
  now = new Date(),
  noteLag?: (oldest: Date) => void,
): Promise<RoundOutcome> =>
  runRound<Entry, PetitionJournal>(
    {
      read: () => readJournal(petition._id, now),
      next: (tally) => nextBatch(petition, tally, now, noteLag),
      async apply(version, update) {
        const applied = await Tally.updateOne({ _id: petition._id, version, batch: null }, update);
        return applied.matchedCount === 1;
      },
      finish: (version, batch) => finishBatch(petition._id, version, batch),
    },
    now,
  );

/** The next changed signatures, how each is counted from now on, and what that does to the sums. */
async function nextBatch(
  petition: { _id: Types.ObjectId; timeZone?: string | null },
  tally: PetitionJournal,
  now: Date,
  noteLag?: (oldest: Date) => void,
): Promise<Next<Entry> | undefined> {
  const changed = await Signature.find(
    { petition: petition._id, recount: true },
    {
      ...{ state: 1, counted: 1, confirmedAt: 1, country: 1, region: 1, source: 1, 'history.at': 1 },
      'signatory.kind': 1,
    },
  )
    .limit(tallyWork.batch)
    .lean<Signature[]>();
  if (changed.length === 0) return undefined;

  const hoursFrom = firstHour(tally, now);
  const sums = new Sums(hoursFrom);
  const sources = new Set(Object.keys(tally.sources));
  const entries = changed.map((signature): Entry => {
    const counted =
      signature.state === 'confirmed'
        ? (stillCounted(signature) ??
          countedAs(signature, petition.timeZone ?? undefined, sources, hoursFrom))
        : null;
    if (signature.counted && signature.counted !== counted) sums.add(signature.counted, -1);
    if (counted && signature.counted !== counted) sums.add(counted, 1);
    return { _id: signature._id, state: signature.state, counted };
  });
  return {
    entries,
    update: {
      $inc: sums.byPath,
      $set: { hoursFrom, ...(sums.moved && { updatedAt: now }) },
      ...letGo(tally, hoursFrom),
    },
    onApplied: () => noteLag?.(new Date(Math.min(...changed.map(lastChange)))),
  };
}

/** How it is in the sums, unless somebody took it back and signed anew as somebody else: a person, an organisation. */
const stillCounted = ({ counted, signatory }: Signature): Counted | null | undefined =>
  counted?.signatory === signatory?.kind ? counted : undefined;

/** When its state last changed, in milliseconds. When it was confirmed would not do: paper is dated by hand. */
const lastChange = ({ history, confirmedAt, createdAt }: Signature): number =>
  Number(history?.at(-1)?.at ?? confirmedAt ?? createdAt);

/** The sums that a batch changes, by their path in the tally. */
class Sums {
  readonly byPath: Record<string, number> = {};
  private readonly hoursFrom: string;

  constructor(hoursFrom: string) {
    this.hoursFrom = hoursFrom;
  }

  get moved(): boolean {
    return Object.values(this.byPath).some((change) => change !== 0);
  }

  add(counted: Counted, change: 1 | -1): void {
    const { day, region, source, hour, signatory } = counted;
    const paths = ['confirmed', `days.${day}`, `regions.${region}`, `sources.${source}`];
    if (hour && hour >= this.hoursFrom) paths.push(`hours.${hour}`);
    if (signatory) paths.push(`signatories.${signatory}`);
    for (const path of paths) this.byPath[path] = (this.byPath[path] ?? 0) + change;
  }
}

/** The first hour whose sum is kept from this round on. Never goes back, so that no sum is ever a part of one. */
function firstHour({ hoursFrom = '' }: Pick<PetitionJournal, 'hoursFrom'>, now: Date): string {
  const wanted = hourOf(new Date(now.getTime() - tallyWork.hours * 3_600_000));
  return hoursFrom > wanted ? hoursFrom : wanted;
}

function letGo({ hours = {} }: PetitionJournal, hoursFrom: string): { $unset?: Record<string, 1> } {
  const old = Object.keys(hours).filter((hour) => hour < hoursFrom);
  return old.length > 0 ? { $unset: Object.fromEntries(old.map((hour) => [`hours.${hour}`, 1])) } : {};
}

async function readJournal(_id: Types.ObjectId, now: Date): Promise<PetitionJournal> {
  const fields = { version: 1, batch: 1, heldUntil: 1, sources: 1, hours: 1, hoursFrom: 1 };
  const found = await Tally.findById(_id, fields).lean<PetitionJournal>();
  if (found) return found;
  // Begins at the clock, so that a tally made anew is later than every mark an older one left.
  const empty = {
    version: now.getTime(),
    confirmed: 0,
    days: {},
    regions: {},
    sources: {},
    hours: {},
    signatories: {},
    hoursFrom: firstHour({}, now),
    batch: null,
    updatedAt: now,
  };
  await Tally.updateOne({ _id }, { $setOnInsert: empty }, { upsert: true }).catch((error) => {
    if (error?.code !== 11000) throw error;
  });
  return readJournal(_id, now);
}

/** Links bring in whatever `ref` they like; past a limit the new ones are counted together. */
function countedAs(
  signature: Signature,
  timeZone: string | undefined,
  sources: Set<string>,
  hoursFrom: string,
): Counted {
  const { country, region, confirmedAt, createdAt, signatory } = signature;
  const hour = hourOf(confirmedAt ?? createdAt);
  const source = signature.source ?? 'direct';
  if (sources.size < tallyWork.sources) sources.add(source);
  return {
    day: calendarDay(confirmedAt ?? createdAt, timeZone),
    region: [country ?? 'unknown', region].filter(Boolean).join('-'),
    source: sources.has(source) ? source : 'other',
    ...(hour >= hoursFrom && { hour }),
    ...(signatory?.kind && { signatory: signatory.kind }),
  };
}
