import { noteMilestones } from '../server/milestones/milestone.ts';
import { Petition } from '../server/petitions/petition.ts';
import type { Platform } from '../server/platform.ts';
import { publishCorrections } from '../server/tallies/corrections.ts';
import { publishCount } from '../server/tallies/live.ts';
import { runTallyRound } from '../server/tallies/round.ts';
import { readCount } from '../server/tallies/tally.ts';
import { enqueueCampaignsWith } from './campaigns.ts';

/**
 * Brings one petition's tally up to date, round by round, tells the open pages after each that moved it, and notes
 * milestones and what a comparison corrected.
 */
export async function tallyPetition(
  platform: Pick<Platform, 'redis' | 'log' | 'queues' | 'metrics'>,
  petitionId: string,
): Promise<void> {
  const petition = await Petition.findById(petitionId).lean<Petition>();
  if (!petition) return;
  const noteLag = (oldest: Date) =>
    platform.metrics.tallyLag.observe((Date.now() - oldest.getTime()) / 1_000);
  while ((await runTallyRound(petition, new Date(), noteLag)) === 'moved')
    await tellCount(platform, petition);
  await enqueueCampaignsWith(platform, petition._id);
  await noteMilestones(platform, petition);
  await publishCorrections(petition, platform.log);
}

/** Tells the open pages a petition's count. */
export async function tellCount(
  { redis, log }: Pick<Platform, 'redis' | 'log'>,
  petition: Petition,
): Promise<void> {
  const { public: count } = await readCount(petition);
  await publishCount(redis, petition._id.toHexString(), count).catch((error) => {
    log.warn({ err: error, petition: petition._id }, 'open pages were not told of a new count');
  });
}
