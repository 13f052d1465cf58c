import type { Types } from 'mongoose';
import { campaignWork, tallyWork } from '../../config/limits.ts';
import type { Log } from '../../config/log.ts';
import { Signature } from '../signatures/signature.ts';
import { Participation } from './participation.ts';
import { countedAs, countedOn, petitionsOf, runCampaignRound } from './round.ts';
import { CampaignTally, pathsOf } from './tally.ts';
import { touchKnown, touchPeople } from './touch.ts';

type Id = Types.ObjectId;
type Sums = Pick<CampaignTally, 'people' | 'times' | 'shared'>;

/** What a comparison found. `busy`: the tally could not be held still; the next night tries again. */
type CampaignComparison = { outcome: 'equal' | 'busy' } | { outcome: 'corrected'; was: number; is: number };

/**
 * Counts the people of a campaign one by one and compares the result with its tally, while rounds are held back. A
 * difference is corrected in one dated update and told in the log. Whoever takes part in another way than is known of
 * them is put on the tally's list.
 */
export async function compareCampaign(campaign: Id, log: Log, now = new Date()): Promise<CampaignComparison> {
  const version = await holdTally(campaign, now);
  if (version === undefined) return { outcome: 'busy' };
  try {
    await findForgotten(campaign);
    const comparison = await countAndCorrect(campaign, version, now);
    if (comparison.outcome === 'corrected')
      log.error({ campaign, ...comparison }, 'the people of a campaign differed from a full count');
    return comparison;
  } finally {
    await CampaignTally.updateOne({ _id: campaign }, { $unset: { heldUntil: 1 } });
  }
}

/** Finishes what is under way and keeps the next round from beginning; the hold runs out by itself. */
async function holdTally(_id: Id, now: Date): Promise<number | undefined> {
  const heldUntil = new Date(now.getTime() + tallyWork.hold * 1000);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const held = await CampaignTally.findOneAndUpdate(
      { _id, batch: null },
      { $set: { heldUntil }, $inc: { version: 1 } },
      { returnDocument: 'after', projection: { version: 1 } },
    ).lean();
    if (held) return held.version;
    await runCampaignRound(_id, now);
  }
  return undefined;
}

async function countAndCorrect(_id: Id, version: number, now: Date): Promise<CampaignComparison> {
  const tally = await CampaignTally.findOne({ _id, version }).lean<CampaignTally>();
  if (!tally) return { outcome: 'busy' };
  const full = await countMarks(_id);
  if (sameSums(tally, full)) return { outcome: 'equal' };
  const [was, is] = [tally.people, full.people];
  const corrected = await CampaignTally.updateOne(
    { _id, version, batch: null },
    { $set: { ...full, updatedAt: now }, $inc: { version: 1 }, $push: { corrections: { at: now, was, is } } },
  );
  return corrected.matchedCount === 1 ? { outcome: 'corrected', was, is } : { outcome: 'busy' };
}

/** The sums of all marks. */
async function countMarks(campaign: Id): Promise<Sums> {
  const paths: Record<string, number> = Object.create(null);
  const all = Participation.collection.find<Pick<Participation, 'counted'>>(
    { campaign },
    { projection: { _id: 0, counted: 1 }, batchSize: 5_000 },
  );
  for await (const { counted } of all)
    for (const path of counted ? pathsOf(counted) : []) paths[path] = (paths[path] ?? 0) + 1;
  const below = (name: string) =>
    Object.fromEntries(
      Object.entries(paths).flatMap(([path, number]) =>
        path.startsWith(`${name}.`) ? [[path.slice(name.length + 1), number]] : [],
      ),
    );
  return { people: paths.people ?? 0, times: below('times'), shared: below('shared') };
}

function sameSums(tally: Sums, full: Sums): boolean {
  const same = (a: Record<string, number>, b: Record<string, number>) =>
    [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => (a[key] ?? 0) === (b[key] ?? 0));
  return tally.people === full.people && same(tally.times, full.times) && same(tally.shared, full.shared);
}

/** Whoever is counted on a petition and not known to be, or known to be and not, is put on the list. */
async function findForgotten(campaign: Id): Promise<void> {
  const members = await petitionsOf(campaign);
  for (const petition of members)
    for await (const keys of inBatches(
      Signature.collection.find<{ emailKey: string }>(
        { petition, counted: { $ne: null } },
        { projection: { _id: 0, emailKey: 1 } },
      ),
    ))
      await touchUnknown(
        campaign,
        petition,
        keys.map(({ emailKey }) => emailKey),
      );
  for await (const people of inBatches(Participation.collection.find<Participation>({ campaign })))
    await touchWrong(people, members);
}

async function touchUnknown(campaign: Id, petition: Id, keys: string[]): Promise<void> {
  const known = await Participation.distinct('key', {
    campaign,
    key: { $in: keys },
    $or: [{ petitions: petition }, { recount: true }],
  });
  const isKnown = new Set(known);
  await touchPeople(
    campaign,
    keys.filter((key) => !isKnown.has(key)),
  );
}

async function touchWrong(people: readonly Participation[], members: readonly Id[]): Promise<void> {
  const signed = await countedOn(
    members,
    people.map(({ key }) => key),
  );
  const wrong = people.filter((person) => {
    const petitions = signed.get(person.key) ?? [];
    const counted = countedAs(petitions, person, members);
    const said = person.petitions.map(String).sort();
    return (
      !person.recount &&
      (String(said) !== String(petitions.map(String).sort()) || String(person.counted) !== String(counted))
    );
  });
  if (wrong.length > 0) await touchKnown(wrong.map(({ _id }) => _id));
}

async function* inBatches<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < campaignWork.read) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
