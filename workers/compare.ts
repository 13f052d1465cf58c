import { Petition } from '../server/petitions/petition.ts';
import type { Platform } from '../server/platform.ts';
import { compareTally } from '../server/tallies/compare.ts';
import { tellCount } from './tally.ts';

type Tools = Pick<Platform, 'redis' | 'log' | 'queues' | 'metrics'>;

/** Compares the tally of every petition with a full count, one after the other. One that fails holds up no other. */
export async function compareTallies(tools: Tools, now = new Date()): Promise<void> {
  const { log, queues, metrics } = tools;
  const ids = await Petition.distinct('_id', { publishedAt: { $lte: now } });
  for (const id of ids) {
    await compareOne(tools, id, now).catch((error) => {
      metrics.comparisons.inc({ outcome: 'failed' });
      log.error({ err: error, petition: id }, 'comparing a tally failed');
    });
    queues.enqueue('tally', { petitionId: String(id) });
  }
  log.info({ petitions: ids.length }, 'tallies compared');
}

async function compareOne(tools: Tools, id: unknown, now: Date): Promise<void> {
  const petition = await Petition.findById(id).lean<Petition>();
  if (!petition) return;
  const { outcome } = await compareTally(petition, tools.log, now);
  tools.metrics.comparisons.inc({ outcome });
  if (outcome === 'busy') tools.log.warn({ petition: id }, 'a tally could not be compared tonight');
  if (outcome === 'corrected') await tellCount(tools, petition);
}
