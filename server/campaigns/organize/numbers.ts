import { type Petition, textIn } from '../../petitions/petition.ts';
import { withCounts } from '../../tallies/tally.ts';
import { type Campaign, campaignTextIn } from '../campaign.ts';
import { listCampaigns, petitionsIn } from '../find.ts';
import { CampaignTally } from '../tally.ts';

/** What organizers see of a campaign's people: how many actions they took part in, and which they share. */
export async function readNumbers(campaign: Campaign, now: Date) {
  const [tally, petitions] = await Promise.all([
    CampaignTally.findById(campaign._id).lean<CampaignTally>(),
    petitionsIn(campaign),
  ]);
  const lines = await withCounts(petitions, now);
  const people = tally?.people ?? 0;
  const signatures = lines.reduce((sum, { count }) => sum + count.confirmed, 0);
  return {
    people,
    signatures,
    updatedAt: tally?.updatedAt,
    offline: lines.reduce((sum, { count }) => sum + count.offline, 0),
    times: timesView(tally?.times ?? {}, people),
    petitions: lines.map(({ petition, count }, at) => ({
      ...{ number: at + 1, id: String(petition._id), ...titleOf(petition) },
      ...{ confirmed: count.confirmed, offline: count.offline, phase: count.public.phase },
    })),
    overlap: petitions.map((petition, at) => ({
      ...{ number: at + 1, ...titleOf(petition) },
      shared: petitions.map((other) => sharedBy(tally?.shared ?? {}, petition, other)),
    })),
    corrections: (tally?.corrections ?? []).map(({ at, was, is }) => ({ at, was, is })),
  };
}

/** Every campaign in a line, for the numbers of everything together. */
export async function campaignLines(now: Date) {
  const campaigns = await listCampaigns(now);
  return campaigns.map(({ campaign, count: { people, offline } }) => ({
    ...{ path: `/organize/campaigns/${campaign._id.toHexString()}`, lang: campaign.language },
    ...{ title: campaignTextIn(campaign, campaign.language).title, people, offline },
    petitions: campaign.petitions.length,
  }));
}

const titleOf = (petition: Petition) => ({
  title: textIn(petition, petition.language).title,
  lang: petition.language,
});

/** How many people took part in 1, 2, 3 ... actions, each with its share of all. */
function timesView(times: Record<string, number>, people: number) {
  return Object.entries(times)
    .filter(([, number]) => number > 0)
    .map(([actions, number]) => ({
      actions: Number(actions),
      people: number,
      percent: people > 0 ? Math.round((number / people) * 100) : 0,
    }))
    .sort((a, b) => a.actions - b.actions);
}

/** How many people two petitions share; of one with itself, how many it has. */
function sharedBy(shared: Record<string, number>, one: Petition, other: Petition) {
  const ids = [...new Set([String(one._id), String(other._id)])].sort();
  return { people: shared[ids.join('-')] ?? 0, isOwn: ids.length === 1 };
}
