import { goalAt } from '../petitions/goal.ts';
import { Petition } from '../petitions/petition.ts';
import { phaseOf } from '../petitions/phase.ts';
import type { PublicCount } from '../tallies/tally.ts';
import type { Campaign } from './campaign.ts';
import { CampaignTally } from './tally.ts';

export type CampaignCount = Awaited<ReturnType<typeof readCampaignCount>>;

/**
 * The people of a campaign, each once, and apart from them what its petitions have on paper: nobody can tell whether
 * these are others. `goal` is the next step of the ladder.
 */
export async function readCampaignCount(campaign: Campaign, now = new Date()) {
  const [tally, petitions] = await Promise.all([
    CampaignTally.findById(campaign._id, { people: 1, updatedAt: 1, corrections: 1 }).lean<CampaignTally>(),
    Petition.find({ _id: { $in: campaign.petitions } }, { ledger: 1 }).lean(),
  ]);
  const people = tally?.people ?? 0;
  const offline = petitions.flatMap(({ ledger }) => ledger).reduce((sum, { number }) => sum + number, 0);
  const shown: PublicCount = {
    count: people,
    goal: goalAt({ goal: { kind: 'auto' } }, people),
    phase: phaseOf(campaign, now),
    updatedAt: new Date(Math.max(+(tally?.updatedAt ?? 0), +(campaign.publishedAt ?? 0))).toISOString(),
  };
  return { people, offline, corrections: tally?.corrections ?? [], public: shown };
}
