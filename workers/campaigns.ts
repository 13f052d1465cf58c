import type { Types } from 'mongoose';
import { Campaign } from '../server/campaigns/campaign.ts';
import { compareCampaign } from '../server/campaigns/compare.ts';
import { readCampaignCount } from '../server/campaigns/count.ts';
import { runCampaignRound } from '../server/campaigns/round.ts';
import { campaignsWith } from '../server/campaigns/touch.ts';
import type { Platform } from '../server/platform.ts';
import { publishCount } from '../server/tallies/live.ts';

type Tools = Pick<Platform, 'redis' | 'log' | 'queues' | 'metrics'>;

/** Brings a campaign's tally up to date, round by round, and tells the open pages after each. */
export async function tallyCampaign(tools: Pick<Tools, 'redis' | 'log'>, campaignId: string): Promise<void> {
  const campaign = await Campaign.findById(campaignId).lean<Campaign>();
  if (!campaign) return;
  while ((await runCampaignRound(campaign._id)) === 'moved') await tellPeople(tools, campaign);
}

/** Tells the open pages how many people take part. */
async function tellPeople({ redis, log }: Pick<Tools, 'redis' | 'log'>, campaign: Campaign): Promise<void> {
  const { public: count } = await readCampaignCount(campaign);
  await publishCount(redis, campaign._id.toHexString(), count).catch((error) => {
    log.warn({ err: error, campaign: campaign._id }, 'open pages were not told of a new count');
  });
}

/** Has the campaigns of a petition look at whoever its tally moved. */
export async function enqueueCampaignsWith(
  { queues }: Pick<Tools, 'queues'>,
  petition: Types.ObjectId,
): Promise<void> {
  for (const id of await campaignsWith(petition))
    queues.enqueue('campaignTally', { campaignId: id.toHexString() });
}

/** Compares the tally of every campaign with a full count, one after the other. One that fails holds up no other. */
export async function compareCampaigns(tools: Tools, now = new Date()): Promise<void> {
  const { log, queues, metrics } = tools;
  for (const campaign of await Campaign.find().lean<Campaign[]>()) {
    try {
      const { outcome } = await compareCampaign(campaign._id, log, now);
      metrics.comparisons.inc({ outcome });
      if (outcome === 'busy')
        log.warn({ campaign: campaign._id }, 'the tally of a campaign could not be compared tonight');
      if (outcome === 'corrected') await tellPeople(tools, campaign);
    } catch (error) {
      metrics.comparisons.inc({ outcome: 'failed' });
      log.error({ err: error, campaign: campaign._id }, 'comparing the tally of a campaign failed');
    }
    queues.enqueue('campaignTally', { campaignId: campaign._id.toHexString() });
  }
}
