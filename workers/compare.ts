import { Petition } from '../server/petitions/petition.ts';
import type { Platform } from '../server/platform.ts';
import { compareTally } from '../server/tallies/compare.ts';

/** Compares the tally of every petition with a full count, one after the other. */
export async function compareTallies(
  { log, queues }: Pick<Platform, 'log' | 'queues'>,
  now = new Date(),
): Promise<void> {
  const petitions = await Petition.find({ publishedAt: { $lte: now } }).lean<Petition[]>();
  for (const petition of petitions) {
    const comparison = await compareTally(petition, log, now);
    if (comparison.outcome === 'busy')
      log.warn({ petition: petition._id }, 'a tally could not be compared tonight');
    queues.enqueue('tally', { petitionId: petition._id.toHexString() });
  }
  log.info({ petitions: petitions.length }, 'tallies compared');
}
