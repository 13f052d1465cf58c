import type { Types } from 'mongoose';
import { record } from '../audit/entry.ts';
import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import type { OfficialForm } from './form.ts';
import { findOfficial, mainUrl, Official } from './official.ts';
import { nextReading } from './reading.ts';
import { jsonUrlOf } from './site.ts';

/**
 * Saves what organizers say of the official petition. `changed` where somebody saved another version since the form was
 * opened. What was read of another petition does not stay.
 */
export async function saveOfficial(
  petition: Petition,
  { reads, revision, ...form }: OfficialForm,
  { _id: organizer }: { _id: Types.ObjectId },
  now = new Date(),
): Promise<'saved' | 'changed'> {
  const { _id } = petition;
  const stored = await findOfficial(petition);
  if ((stored?.revision ?? 0) !== revision) return 'changed';
  const isSame = stored && jsonUrlOf(mainUrl(stored, petition)) === jsonUrlOf(mainUrl(form, petition));
  const known = Object.entries(form).filter(([, value]) => value !== undefined);
  const gone = Object.entries(form).filter(([, value]) => value === undefined);
  const update = {
    $set: {
      ...Object.fromEntries(known),
      revision: revision + 1,
      ...(reads && !(isSame && stored.nextReadAt) && { nextReadAt: nextReading(stored, now) }),
    },
    $unset: {
      ...Object.fromEntries(gone.map(([name]) => [name, 1])),
      ...(!reads && { nextReadAt: 1, failure: 1 }),
      ...(!isSame && { read: 1, failure: 1 }),
    },
  };
  try {
    const { matchedCount, upsertedCount } = await Official.updateOne(
      stored ? { _id, revision } : { _id, revision: 0 },
      update,
      { upsert: !stored },
    );
    if (matchedCount + upsertedCount === 0) return 'changed';
  } catch (error) {
    if ((error as { code?: number }).code !== 11000) throw error;
    return 'changed';
  }
  const fields = Object.keys(form).filter((name) => {
    const of = (each: object | null) =>
      JSON.stringify((each as Record<string, unknown> | null)?.[name] ?? null);
    return of(stored) !== of(form);
  });
  await record({ organizer, action: 'official.edit', petition: _id, details: { fields: fields.join(', ') } });
  return 'saved';
}

/**
 * Has the count read as soon as may be. `waits`: the site was asked a short while ago; `off`: organizers enter the count
 * themselves.
 */
export async function askForReading(
  { queues }: Pick<Platform, 'queues'>,
  petition: Petition,
  now = new Date(),
): Promise<'asked' | 'waits' | 'off'> {
  const official = await findOfficial(petition);
  if (!official?.nextReadAt) return 'off';
  const next = nextReading(official, now);
  await Official.updateOne({ _id: official._id, nextReadAt: { $gt: next } }, { $set: { nextReadAt: next } });
  if (next > now) return 'waits';
  queues.enqueue('officialCount', { petitionId: official._id.toHexString() });
  return 'asked';
}
