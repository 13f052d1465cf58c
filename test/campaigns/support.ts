import assert from 'node:assert/strict';
import type { Types } from 'mongoose';
import { Campaign } from '../../server/campaigns/campaign.ts';
import { Participation } from '../../server/campaigns/participation.ts';
import { runCampaignRound } from '../../server/campaigns/round.ts';
import { CampaignTally, pathsOf } from '../../server/campaigns/tally.ts';
import { touchPeople } from '../../server/campaigns/touch.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { settle } from '../support/tally.ts';

let made = 0;

/** A published campaign of its own over some petitions, with whatever a test says otherwise. */
export async function makeCampaign(
  petitions: readonly Petition[],
  differences: Record<string, unknown> = {},
): Promise<Campaign> {
  made += 1;
  const campaign = await Campaign.create({
    slug: `campaign-${made}-${process.pid}`,
    language: 'en',
    texts: {
      en: {
        title: `A ${made}. place to rest`,
        summary: 'Benches, trees and a pond.',
        body: 'It began with **one** bench.',
        imageAlt: '',
      },
    },
    petitions: petitions.map(({ _id }) => _id),
    publishedAt: new Date(Date.now() - 86_400_000),
    wasPublic: true,
    ...differences,
  });
  return campaign.toObject() as unknown as Campaign;
}

/** Runs the rounds of petitions and of a campaign until there is nothing to do. */
export async function settleCampaign(
  { _id }: { _id: Types.ObjectId },
  petitions: readonly Petition[] = [],
): Promise<void> {
  for (const petition of petitions) await settle(petition);
  for (let round = 0; round < 100; round += 1) if ((await runCampaignRound(_id)) === 'idle') return;
  throw new Error('The tally of the campaign does not settle');
}

/** Takes all people of some petitions in, as when these came into the campaign. */
export async function recountAll(campaign: Campaign, petitions: readonly Petition[]): Promise<void> {
  for (const { _id } of petitions) {
    const counted = await Signature.distinct('emailKey', { petition: _id, counted: { $ne: null } });
    await touchPeople(campaign._id, counted);
  }
  await settleCampaign(campaign);
}

type Sums = { people: number; times: Record<string, number>; shared: Record<string, number> };

const positive = (sums: object) =>
  Object.fromEntries(Object.entries(sums).filter(([, number]) => number !== 0));

/** What the campaign's tally says, without what is back at nothing. */
export async function peopleOf({ _id }: { _id: Types.ObjectId }): Promise<Sums> {
  const tally = await CampaignTally.findById(_id).lean<CampaignTally>();
  return {
    people: tally?.people ?? 0,
    times: positive(tally?.times ?? {}),
    shared: positive(tally?.shared ?? {}),
  };
}

/** The sums of a full count: each key once, by the petitions where its signature is confirmed. */
async function countPeople({ _id }: { _id: Types.ObjectId }): Promise<Sums> {
  const { petitions } = await Campaign.findById(_id).orFail();
  const confirmed = await Signature.find({ petition: { $in: petitions }, state: 'confirmed' }).lean();
  const people = Map.groupBy(confirmed, ({ emailKey }) => emailKey);
  const sums: Sums = { people: 0, times: {}, shared: {} };
  for (const signatures of people.values()) {
    for (const path of pathsOf(signatures.map(({ petition }) => String(petition)))) {
      const [name = '', of = ''] = path.split('.');
      if (name === 'people') sums.people += 1;
      else {
        const sum = sums[name as 'times' | 'shared'];
        sum[of] = (sum[of] ?? 0) + 1;
      }
    }
  }
  return sums;
}

/** The campaign's tally is that of a full count, and nothing is left to do, nor anybody kept who takes no part. */
export async function assertEveryoneOnce(campaign: { _id: Types.ObjectId }): Promise<void> {
  assert.deepEqual(await peopleOf(campaign), await countPeople(campaign));
  const tally = await CampaignTally.findById(campaign._id).lean();
  assert.equal(tally?.batch ?? null, null, 'a batch is left');
  assert.equal(await Participation.countDocuments({ campaign: campaign._id, recount: true }), 0);
  const empty = { campaign: campaign._id, petitions: [], recheckAt: null };
  assert.equal(await Participation.countDocuments(empty), 0, 'somebody is kept who takes no part');
}
