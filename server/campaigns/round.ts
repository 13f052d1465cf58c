import type { Types } from 'mongoose';
import { tallyWork } from '../../config/limits.ts';
import { Signature } from '../signatures/signature.ts';
import { type Head, type Next, type RoundOutcome, runRound } from '../tallies/journal.ts';
import { Campaign } from './campaign.ts';
import { Participation } from './participation.ts';
import { CampaignTally, pathsOf } from './tally.ts';

/** Somebody in a batch: how they took part when they were looked at, and how they are in the sums. */
type Entry = {
  _id: Types.ObjectId;
  changes: number;
  petitions: Types.ObjectId[];
  counted: string[] | null;
};
type CampaignJournal = Head<Entry> & { _id: Types.ObjectId };

/**
 * One round of a campaign's tally, see {@link runRound}. What is on its list says only that somebody may have changed;
 * how they take part is read from their signatures, so nothing that comes late, twice or in another order misleads it.
 */
export const runCampaignRound = (campaign: Types.ObjectId, now = new Date()): Promise<RoundOutcome> =>
  runRound<Entry, CampaignJournal>(
    {
      read: () => readJournal(campaign, now),
      next: () => nextBatch(campaign, now),
      async apply(version, update) {
        const applied = await CampaignTally.updateOne({ _id: campaign, version, batch: null }, update);
        return applied.matchedCount === 1;
      },
      finish: (version, batch) => finishBatch(campaign, version, batch),
    },
    now,
  );

async function readJournal(_id: Types.ObjectId, now: Date): Promise<CampaignJournal> {
  const found = await CampaignTally.findById(_id, {
    version: 1,
    batch: 1,
    heldUntil: 1,
  }).lean<CampaignJournal>();
  if (found) return found;
  // Begins at the clock, so that a tally made anew is later than every mark an older one left.
  const empty = { version: now.getTime(), people: 0, times: {}, shared: {}, batch: null, updatedAt: now };
  await CampaignTally.updateOne({ _id }, { $setOnInsert: empty }, { upsert: true }).catch((error) => {
    if (error?.code !== 11000) throw error;
  });
  return readJournal(_id, now);
}

/** Reads the list first, then the campaign, then the signatures: what changes after that is on the list again. */
async function nextBatch(campaign: Types.ObjectId, now: Date): Promise<Next<Entry> | undefined> {
  const changed = await Participation.find({ campaign, recount: true })
    .limit(tallyWork.batch)
    .lean<Participation[]>();
  if (changed.length === 0) return undefined;
  const members = await petitionsOf(campaign);
  const signed = await countedOn(
    members,
    changed.map(({ key }) => key),
  );
  const $inc: Record<string, number> = {};
  const add = (counted: readonly string[], change: 1 | -1) => {
    for (const path of pathsOf(counted)) $inc[path] = ($inc[path] ?? 0) + change;
  };
  const entries = changed.map((person): Entry => {
    const { _id, changes, counted: before } = person;
    const petitions = signed.get(person.key) ?? [];
    const counted = countedAs(petitions, person, members);
    if (before) add(before, -1);
    if (counted) add(counted, 1);
    return { _id, changes, petitions, counted };
  });
  const moving = Object.entries($inc).filter(([, change]) => change !== 0);
  const $set = moving.length > 0 ? { updatedAt: now } : {};
  return { entries, update: { $inc: Object.fromEntries(moving), $set } };
}

export const petitionsOf = async (campaign: Types.ObjectId): Promise<Types.ObjectId[]> =>
  (await Campaign.findById(campaign, { petitions: 1 }).lean())?.petitions ?? [];

/** On which of some petitions the signatures of some people are counted. */
export async function countedOn(
  petitions: readonly Types.ObjectId[],
  keys: readonly string[],
): Promise<Map<string, Types.ObjectId[]>> {
  const counted = await Signature.find(
    { emailKey: { $in: keys }, petition: { $in: petitions }, counted: { $ne: null } },
    { _id: 0, emailKey: 1, petition: 1 },
  ).lean();
  const signed = new Map<string, Types.ObjectId[]>();
  for (const { emailKey, petition } of counted)
    signed.set(emailKey, [...(signed.get(emailKey) ?? []), petition]);
  return signed;
}

/** Under which petitions somebody is counted; null where they are not, or under a key they have besides. */
export function countedAs(
  petitions: readonly Types.ObjectId[],
  { alsoIn }: Pick<Participation, 'alsoIn'>,
  members: readonly Types.ObjectId[],
): string[] | null {
  const isElsewhere = alsoIn?.some((id) => members.some((member) => member.equals(id)));
  if (petitions.length === 0 || isElsewhere) return null;
  return petitions.map(String).sort();
}

/**
 * Marks people with what the sums hold of them, lets those go who take no part any more, then clears the batch.
 * Whoever changed meanwhile stays on the list, but says what the sums now hold.
 */
async function finishBatch(_id: Types.ObjectId, version: number, batch: readonly Entry[]): Promise<void> {
  const groups = groupAlike(batch).map(({ ids, ...mark }) => ({
    which: { _id: { $in: ids }, countedIn: { $lt: version } },
    ...mark,
  }));
  await Participation.bulkWrite(
    groups.flatMap(({ which, changes, petitions, counted }) => [
      {
        updateMany: {
          filter: { ...which, changes },
          update: { $set: { petitions, counted, countedIn: version }, $unset: { recount: 1 } },
        },
      },
      { updateMany: { filter: which, update: { $set: { counted, countedIn: version } } } },
    ]),
    { ordered: true },
  );
  const gone = batch.filter(({ petitions }) => petitions.length === 0).map((entry) => entry._id);
  if (gone.length > 0)
    await Participation.deleteMany({
      _id: { $in: gone },
      // An erased signature may be counted yet: what is known of where else its person is stays.
      ...{ recount: null, recheckAt: null, counted: null, petitions: [], alsoIn: null },
    });
  await CampaignTally.updateOne({ _id, version }, { $set: { batch: null } });
}

/** Those with the same mark together. */
function groupAlike(batch: readonly Entry[]) {
  const alike = ({ changes, petitions, counted }: Entry) => JSON.stringify([changes, petitions, counted]);
  return [...Map.groupBy(batch, alike).values()].flatMap((group) => {
    const [first] = group;
    return first ? [{ ...first, ids: group.map(({ _id }) => _id) }] : [];
  });
}
