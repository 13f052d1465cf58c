import { Types } from 'mongoose';
import { z } from 'zod';
import { campaignWork } from '../../config/limits.ts';
import { formatNumber } from '../locales.ts';
import type { Platform } from '../platform.ts';
import { Signature } from '../signatures/signature.ts';
import { beginTask, type Step, type Task } from '../tasks/task.ts';
import { Campaign, campaignTextIn } from './campaign.ts';
import { Participation } from './participation.ts';
import { petitionsOf, runCampaignRound } from './round.ts';
import { CampaignTally } from './tally.ts';
import { touchKnown, touchPeople } from './touch.ts';

const inputSchema = z.object({ campaignId: z.string(), petitions: z.array(z.string()) });
/**
 * Where it is: first with those who are on the tally's list, because a round that is under way may have read which
 * petitions the campaign had before; then with each of the petitions, those who are known on it and whoever signed it.
 */
const cursorSchema = z.object({
  at: z.number().default(0),
  of: z.enum(['listed', 'known', 'signers']).default('listed'),
  after: z.string().default(''),
});

/**
 * Begins to take petitions that came into a campaign, or left it, into its count. Returns the work, or undefined where
 * there is none to do.
 */
export async function beginRecount(
  platform: Pick<Platform, 'queues'>,
  campaignId: Types.ObjectId,
  organizer?: Types.ObjectId,
): Promise<Types.ObjectId | undefined> {
  const campaign = await Campaign.findById(campaignId).lean<Campaign>();
  const petitions = campaign?.recountDue ?? [];
  const by = organizer ?? campaign?.editedBy;
  if (!campaign || !by || petitions.length === 0) return undefined;
  const task = await beginTask(platform, {
    ...{ kind: 'campaignPetitions', needs: 'campaign.edit', organizer: by },
    title: `Count the people of “${campaignTextIn(campaign, campaign.language).title}”`,
    input: { campaignId: campaignId.toHexString(), petitions: petitions.map(String) },
    total: await Signature.countDocuments({ petition: { $in: petitions.filter(isIn(campaign.petitions)) } }),
  });
  await Campaign.updateOne({ _id: campaignId }, { $pull: { recountDue: { $in: petitions } } });
  return task;
}

const isIn = (ids: readonly Types.ObjectId[]) => (id: Types.ObjectId) =>
  ids.some((other) => other.equals(id));

/** Begins what a process that died left out. */
export async function beginRecountsLeft(platform: Pick<Platform, 'queues'>, now = new Date()): Promise<void> {
  const before = new Date(now.getTime() - campaignWork.recheck * 1000);
  const left = await Campaign.find(
    { 'recountDue.0': { $exists: true }, updatedAt: { $lte: before } },
    { _id: 1 },
  ).lean();
  for (const { _id } of left) await beginRecount(platform, _id);
}

/**
 * One step of taking petitions into the count of a campaign or out of it: puts people on the list of its tally, which
 * finds by itself what changed. The campaign was changed before, so whoever signs meanwhile is found as well.
 */
export async function recountStep(
  { queues }: Pick<Platform, 'queues'>,
  { input, cursor }: Pick<Task, 'input' | 'cursor'>,
): Promise<Step> {
  const { campaignId, petitions } = inputSchema.parse(input);
  const place = cursorSchema.parse(cursor ?? {});
  const campaign = new Types.ObjectId(campaignId);
  const named = petitions[place.at];
  if (!named) return countThem(campaign, cursor);
  const petition = new Types.ObjectId(named);
  const after = place.after ? new Types.ObjectId(place.after) : undefined;
  const { looked, last } = await touch[place.of](campaign, petition, after);
  queues.enqueue('campaignTally', { campaignId });
  const next = last ? { ...place, after: last.toHexString() } : afterAll[place.of](place.at);
  return { done: place.of === 'signers' ? looked : 0, cursor: next, finished: false };
}

const afterAll = {
  listed: (at: number) => ({ at, of: 'known' }),
  known: (at: number) => ({ at, of: 'signers' }),
  signers: (at: number) => ({ at: at + 1, of: 'known' }),
} as const;

/** Everybody is on the list; the last steps count them, so that the work ends with the number. */
async function countThem(campaign: Types.ObjectId, cursor: unknown): Promise<Step> {
  const more = { done: 0, cursor, finished: false };
  for (let round = 0; round < campaignWork.rounds; round += 1) {
    const outcome = await runCampaignRound(campaign);
    if (outcome === 'held') return { ...more, rest: 2 };
    if (outcome === 'moved') continue;
    const people = (await CampaignTally.findById(campaign, { people: 1 }).lean())?.people ?? 0;
    const summary = `${formatNumber('en', people)} different people take part now.`;
    return { done: 0, cursor: null, finished: true, result: { summary, people } };
  }
  return more;
}

type Looked = { looked: number; last?: Types.ObjectId };
const behind = (after?: Types.ObjectId) => (after ? { _id: { $gt: after } } : {});

async function touchThose(which: object, after?: Types.ObjectId): Promise<Looked> {
  const people = await Participation.find({ ...which, ...behind(after) }, { _id: 1 })
    .sort({ _id: 1 })
    .limit(campaignWork.step)
    .lean();
  await touchKnown(people.map(({ _id }) => _id));
  return { looked: people.length, last: people.at(-1)?._id };
}

async function touchSignersOf(
  campaign: Types.ObjectId,
  petition: Types.ObjectId,
  after?: Types.ObjectId,
): Promise<Looked> {
  const members = await petitionsOf(campaign);
  if (!members.some((member) => member.equals(petition))) return { looked: 0 };
  const signers = await Signature.find({ petition, ...behind(after) }, { emailKey: 1, counted: 1 })
    .sort({ _id: 1 })
    .limit(campaignWork.step)
    .lean();
  const counted = signers.filter((signer) => signer.counted);
  await touchPeople(
    campaign,
    counted.map(({ emailKey }) => emailKey),
  );
  return { looked: signers.length, last: signers.at(-1)?._id };
}

const touch = {
  listed: (campaign, _petition, after) => touchThose({ campaign, recount: true }, after),
  known: (campaign, petition, after) =>
    touchThose({ campaign, $or: [{ petitions: petition }, { alsoIn: petition }] }, after),
  signers: touchSignersOf,
} satisfies Record<
  string,
  (campaign: Types.ObjectId, petition: Types.ObjectId, after?: Types.ObjectId) => Promise<Looked>
>;
