import type { Types } from 'mongoose';
import { record } from '../../audit/entry.ts';
import { claimItem, releaseItem } from '../../moderation/claim.ts';
import type { Decided, Decision } from '../../moderation/decide.ts';
import type { Platform } from '../../platform.ts';
import { NewsletterComment } from './comment.ts';

type Item = { item: Types.ObjectId; organizer: Types.ObjectId };

/** Decides whether a comment appears below its issue. */
export async function decideOnComment(
  { redis }: Pick<Platform, 'redis'>,
  { item, organizer }: Item,
  { shows, reason, why }: Decision,
  now = new Date(),
): Promise<Decided> {
  const claim = await claimItem(redis, item, organizer);
  if (claim) return { outcome: 'taken', claim };
  // A comment is its name and its words: there is no half of it.
  const review = { settled: true, shows: shows === 'all' ? 'all' : 'nothing', by: organizer, at: now };
  const { matchedCount } = await NewsletterComment.updateOne(
    { _id: item, state: 'confirmed', 'review.settled': { $ne: true } },
    { $set: { review: { ...review, ...(reason && { reason }) } } },
  );
  await releaseItem(redis, item, organizer);
  if (matchedCount === 0) {
    const found = await NewsletterComment.findOne({ _id: item, state: 'confirmed' }, { review: 1 }).lean();
    return found?.review?.by ? { outcome: 'settled', by: String(found.review.by) } : { outcome: 'gone' };
  }
  const action = shows === 'all' ? 'newsletter.approve' : 'newsletter.refuse';
  await record({ organizer, action, subject: String(item), details: reason ? { reason } : {}, why });
  return { outcome: 'decided' };
}

/** Puts a decided comment back into the queue. False where it is there, or gone. */
export async function undoCommentDecision({ item, organizer }: Item): Promise<boolean> {
  const before = await NewsletterComment.findOneAndUpdate(
    { _id: item, 'review.settled': true },
    { $unset: { review: 1 } },
    { projection: { review: 1 } },
  ).lean();
  if (!before) return false;
  const details = { was: before.review?.shows };
  await record({ organizer, action: 'newsletter.undo', subject: String(item), details });
  return true;
}
