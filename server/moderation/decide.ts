import type { Types } from 'mongoose';
import { record } from '../audit/entry.ts';
import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { reopenReports, settleReports } from '../reports/report.ts';
import { Signature } from '../signatures/signature.ts';
import { type Claim, claimItem, releaseItem } from './claim.ts';
import { inPublic, type Refusal, type Showing } from './review.ts';

/** `shows: 'all'` approves; anything less refuses, for a reason. The signature counts either way. */
export type Decision = { shows: Showing; reason?: Refusal; why?: string };

/** `taken`: somebody else is looking at it; `settled`: somebody was faster; `gone`: it is not public any more. */
export type Decided =
  | { outcome: 'decided' }
  | { outcome: 'taken'; claim: Claim }
  | { outcome: 'settled'; by: string }
  | { outcome: 'gone' };

type Item = { petition: Pick<Petition, '_id'>; item: Types.ObjectId; organizer: Types.ObjectId };

/** Decides what the public sees of a signature's words. */
export async function decideOn(
  { redis }: Pick<Platform, 'redis'>,
  { petition, item, organizer }: Item,
  { shows, reason, why }: Decision,
  now = new Date(),
): Promise<Decided> {
  const which = { _id: item, petition: petition._id };
  const claim = await claimItem(redis, item, organizer);
  if (claim) return { outcome: 'taken', claim };
  const review = { settled: true, shows, by: organizer, at: now, reports: 0, ...(reason && { reason }) };
  const { matchedCount } = await Signature.updateOne(
    { ...which, ...inPublic, 'review.settled': { $ne: true } },
    { $set: { review } },
  );
  await releaseItem(redis, item, organizer);
  if (matchedCount === 0) {
    const found = await Signature.findOne({ ...which, ...inPublic }, { review: 1 }).lean<Signature>();
    return found?.review?.by ? { outcome: 'settled', by: String(found.review.by) } : { outcome: 'gone' };
  }
  await settleReports(item, now);
  const action = shows === 'all' ? 'moderation.approve' : 'moderation.refuse';
  const details = reason ? { shows, reason } : {};
  await record({ organizer, action, petition: petition._id, subject: String(item), details, why });
  return { outcome: 'decided' };
}

/** Puts a decided item back into the queue. False where it is there, or gone. */
export async function undoDecision({ petition, item, organizer }: Item): Promise<boolean> {
  const before = await Signature.findOneAndUpdate(
    { _id: item, petition: petition._id, 'review.settled': true },
    { $unset: { review: 1 } },
    { projection: { review: 1 } },
  ).lean<Signature>();
  if (!before?.review?.at) return false;
  await reopenReports(item, before.review.at);
  const details = { was: before.review.shows };
  await record({
    organizer,
    action: 'moderation.undo',
    petition: petition._id,
    subject: String(item),
    details,
  });
  return true;
}
