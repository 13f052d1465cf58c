import type { Types } from 'mongoose';
import { type Outcome, Petition } from '../../petition.ts';
import { phaseOf } from '../../phase.ts';

/**
 * The moments of a petition's life. Each is one conditional update that also moves the revision, so that nobody who
 * has the form open undoes it unawares. False where the petition was past it already.
 */
type Who = { _id: Types.ObjectId };
type Entry = { outcome: Outcome; at: Date; note: { en?: string; fr?: string } };

async function change(filter: object, update: Record<string, object>, { _id: editedBy }: Who) {
  const { modifiedCount } = await Petition.updateOne(filter, {
    ...update,
    $set: { ...update.$set, editedBy },
    $inc: { revision: 1 },
  });
  return modifiedCount === 1;
}

const unpublished = (now: Date) => ({ $or: [{ publishedAt: null }, { publishedAt: { $gt: now } }] });

/** Makes it public, now or at a time that is to come. */
export const publishPetition = ({ _id }: Petition, at: Date, who: Who, now = new Date()): Promise<boolean> =>
  change({ _id, ...unpublished(now) }, { $set: { publishedAt: at } }, who);

/** Takes back a date that has not come. */
export const unschedulePetition = ({ _id }: Petition, who: Who, now = new Date()): Promise<boolean> =>
  change({ _id, publishedAt: { $gt: now } }, { $unset: { publishedAt: 1 } }, who);

/** Ends signing now. What was signed before can still be confirmed for a day. */
export const closePetition = ({ _id }: Petition, who: Who, now = new Date()): Promise<boolean> =>
  change(
    {
      _id,
      publishedAt: { $lte: now },
      $or: [{ closesAt: null }, { closesAt: { $gt: now } }],
    },
    { $set: { closesAt: now } },
    who,
  );

/** Opens signing again, until a date or without one. */
export const reopenPetition = (
  { _id }: Petition,
  until: Date | undefined,
  who: Who,
  now = new Date(),
): Promise<boolean> =>
  change(
    { _id, publishedAt: { $lte: now }, closesAt: { $lte: now }, 'history.outcome': { $ne: 'withdrawn' } },
    until ? { $set: { closesAt: until } } : { $unset: { closesAt: 1 } },
    who,
  );

/** Writes down what came of it. The same outcome on the same day is written once; nothing follows a withdrawal. */
export const addOutcome = ({ _id }: Petition, entry: Entry, who: Who, now = new Date()): Promise<boolean> =>
  change(
    {
      _id,
      publishedAt: { $lte: now },
      'history.outcome': { $ne: 'withdrawn' },
      history: { $not: { $elemMatch: { outcome: entry.outcome, at: entry.at } } },
    },
    { $push: { history: entry } },
    who,
  );

/** Takes back an outcome that was written down; corrections of the count are not ours to take back. */
export async function undoOutcome(petition: Petition, named: string, who: Who): Promise<boolean> {
  const found = petition.history.find((entry) => isOurs(entry) && nameOf(entry) === named);
  if (!found) return false;
  const { outcome, at } = found;
  return change(
    { _id: petition._id, history: { $elemMatch: { outcome, at } } },
    { $pull: { history: { outcome, at } } },
    who,
  );
}

export const isOurs = ({ outcome }: { outcome: string }): boolean => outcome !== 'corrected';

/** `victory 2026-09-04`: how a form names an entry of the history. */
export const nameOf = ({ outcome, at }: { outcome: string; at: Date }): string =>
  `${outcome} ${at.toISOString()}`;

/** Why it cannot be made public as it is; undefined where it can. */
export function obstacleTo({ texts, language, closesAt }: Petition, at: Date): string | undefined {
  if (!texts?.[language]?.body) return 'It has no text yet.';
  if (closesAt && closesAt <= at)
    return 'It would be closed before it is public. Change its closing date first.';
  return undefined;
}

/** What can be done with it just now. */
export function stepsOf(petition: Petition, now: Date) {
  const phase = phaseOf(petition, now);
  const isWithdrawn = petition.history.some(({ outcome }) => outcome === 'withdrawn');
  return {
    phase,
    isScheduled: phase === 'draft' && Boolean(petition.publishedAt),
    canPublish: phase === 'draft',
    canClose: phase === 'open' || phase === 'upcoming',
    canReopen: phase === 'closed' && !isWithdrawn,
    canAddOutcome: phase !== 'draft' && !isWithdrawn,
  };
}
