import { noteMilestones } from '../server/milestones/milestone.ts';
import { Petition } from '../server/petitions/petition.ts';
import type { Platform } from '../server/platform.ts';
import { publishCount } from '../server/tallies/live.ts';
import { runTallyRound } from '../server/tallies/round.ts';
import { readCount } from '../server/tallies/tally.ts';

/** Brings one petition's tally up to date, round by round, tells the open pages after each that moved it, and notes milestones. */
export async function tallyPetition(
  { redis, log, queues }: Pick<Platform, 'redis' | 'log' | 'queues'>,
  petitionId: string,
): Promise<void> {
  const petition = await Petition.findById(petitionId).lean<Petition>();
  if (!petition) return;
  while ((await runTallyRound(petition)) === 'moved') {
    const { public: count } = await readCount(petition);
    await publishCount(redis, petitionId, count).catch((error) => {
      log.warn({ err: error, petitionId }, 'open pages were not told of a new count');
    });
  }
  await noteMilestones({ queues }, petition);
}
