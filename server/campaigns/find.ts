import type { Types } from 'mongoose';
import { Petition } from '../petitions/petition.ts';
import { phaseOf, withdrawalOf } from '../petitions/phase.ts';
import type { Platform } from '../platform.ts';
import { type Count, withCounts } from '../tallies/tally.ts';
import { Campaign } from './campaign.ts';
import { type CampaignCount, readCampaignCount } from './count.ts';

export type CampaignWithCount = { campaign: Campaign; count: CampaignCount };

/** A campaign the public may know of, by its address or one it had before. Drafts look as if they did not exist. */
export async function readPublishedCampaign(slug: string, now: Date): Promise<CampaignWithCount | undefined> {
  const campaign =
    (await Campaign.findOne({ slug }).lean<Campaign>()) ??
    (await Campaign.findOne({ formerSlugs: slug }).lean<Campaign>());
  if (!campaign || phaseOf(campaign, now) === 'draft') return undefined;
  return { campaign, count: await readCampaignCount(campaign, now) };
}

/** The same, as it was at most a moment ago. */
export const findPublishedCampaign = (
  { recent }: Pick<Platform, 'recent'>,
  slug: string,
  now: Date,
): Promise<CampaignWithCount | undefined> =>
  recent.campaigns.get(slug, () => readPublishedCampaign(slug, now));

/** Every published campaign with its people and how many actions its page shows, the newest first. */
export async function listPublishedCampaigns(
  now: Date,
): Promise<(CampaignWithCount & { actions: number })[]> {
  const listed = await listWith({ publishedAt: { $lte: now } }, now);
  return Promise.all(
    listed.map(async (one) => ({ ...one, actions: await countShownActions(one.campaign, now) })),
  );
}

const countShownActions = ({ petitions }: Campaign, now: Date): Promise<number> =>
  Petition.countDocuments({
    _id: { $in: petitions },
    publishedAt: { $lte: now },
    'history.outcome': { $ne: 'withdrawn' },
  });

/** Every campaign, drafts too. */
export const listCampaigns = (now: Date): Promise<CampaignWithCount[]> => listWith({}, now);

async function listWith(which: Record<string, unknown>, now: Date): Promise<CampaignWithCount[]> {
  const campaigns = await Campaign.find(which)
    .sort({ publishedAt: -1, _id: -1 })
    .limit(200)
    .lean<Campaign[]>();
  return Promise.all(
    campaigns.map(async (campaign) => ({ campaign, count: await readCampaignCount(campaign, now) })),
  );
}

/** The campaigns that a petition's page may name. */
export const publicCampaignsWith = (petition: Types.ObjectId, now: Date): Promise<Campaign[]> =>
  Campaign.find({ petitions: petition, publishedAt: { $lte: now } })
    .sort({ publishedAt: -1 })
    .lean<Campaign[]>();

/** The petitions of a campaign that the public may see, with their numbers, in its order. */
export async function actionsOf(
  campaign: Pick<Campaign, 'petitions'>,
  now: Date,
): Promise<{ petition: Petition; count: Count }[]> {
  const found = await petitionsIn(campaign);
  const shown = found.filter((petition) => phaseOf(petition, now) !== 'draft' && !withdrawalOf(petition));
  return withCounts(shown, now);
}

/** The petitions of a campaign in its order, drafts too. */
export async function petitionsIn({ petitions }: Pick<Campaign, 'petitions'>): Promise<Petition[]> {
  const found = await Petition.find({ _id: { $in: petitions } }).lean<Petition[]>();
  const place = (petition: Petition) => petitions.findIndex((id) => id.equals(petition._id));
  return found.sort((a, b) => place(a) - place(b));
}
