import { officialWork } from '../config/limits.ts';
import { recordReading } from '../server/linked/counts.ts';
import { mainUrl, Official, type ReadingFailure } from '../server/linked/official.ts';
import { type Reading, readOfficialCount } from '../server/linked/reading.ts';
import { calendarDay } from '../server/locales.ts';
import { Petition } from '../server/petitions/petition.ts';
import { withdrawalOf } from '../server/petitions/phase.ts';
import type { Platform } from '../server/platform.ts';
import { before } from './sweep.ts';

/**
 * Reads an official count where it is due. Taking the turn moves it on, so that of many jobs one asks, and a job that
 * dies has its turn again later. A failure leaves the last count as it is, with its day.
 */
export async function readDueCount(
  { log, metrics }: Pick<Platform, 'log' | 'metrics'>,
  petitionId: string,
  now = new Date(),
): Promise<void> {
  const official = await Official.findOneAndUpdate(
    {
      _id: petitionId,
      nextReadAt: { $lte: now },
      triedAt: { $not: { $gt: before(now, officialWork.every) } },
    },
    { $set: { nextReadAt: after(now, officialWork.every), triedAt: now } },
    { returnDocument: 'after' },
  ).lean<Official>();
  const petition = official && (await Petition.findById(official._id).lean<Petition>());
  if (!official || !petition) return;
  if (withdrawalOf(petition)) {
    await Official.updateOne({ _id: official._id }, { $unset: { nextReadAt: 1 } });
    return;
  }
  const read = await readOfficialCount(mainUrl(official, petition));
  metrics.officialReadings.inc({ outcome: read.outcome === 'read' ? 'read' : read.reason });
  if (read.outcome === 'read') return keepReading(official, petition, read.reading, now);
  log.warn({ petitionId, reason: read.reason }, 'an official count could not be read');
  await keepFailure(official, read.reason, now);
}

const after = (now: Date, seconds: number): Date => before(now, -seconds);

/** Only where it is still about the petition that was asked for: organizers may have changed the address meanwhile. */
async function keepReading(
  { _id, triedAt, revision }: Official,
  petition: Petition,
  { count, isOver, ...said }: Reading,
  now: Date,
): Promise<void> {
  const { matchedCount } = await Official.updateOne(
    { _id, triedAt, revision, nextReadAt: { $ne: null } },
    {
      $set: {
        read: { ...said, at: now },
        ...(isOver && { nextReadAt: after(now, officialWork.everyOver) }),
      },
      $unset: { failure: 1 },
    },
  );
  const day = calendarDay(now, petition.timeZone ?? 'UTC');
  if (matchedCount === 1) await recordReading(petition, { count, day }, now);
}

/** Written down once per row of failures; `since` is when it last worked no more. */
async function keepFailure({ _id, failure, triedAt, revision }: Official, reason: ReadingFailure, now: Date) {
  const since = failure?.since ?? now;
  const times = (failure?.times ?? 0) + 1;
  await Official.updateOne({ _id, triedAt, revision }, { $set: { failure: { reason, since, times } } });
}
