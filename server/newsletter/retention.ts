import { periods } from '../../config/limits.ts';
import { NewsletterComment } from './comments/comment.ts';
import { Subscriber } from './subscriber.ts';

/**
 * Deletes what nobody confirmed, and comments that were never shown. Who had left before and did not confirm to come back
 * has left again: only the keyed hash remains.
 */
export async function forgetOldReaders(now: Date): Promise<{ subscribers: number; comments: number }> {
  const before = (seconds: number) => ({ $lte: new Date(now.getTime() - seconds * 1000) });
  const old = { state: 'pending' as const, createdAt: before(periods.pendingKept) };
  await Subscriber.updateMany(
    { ...old, unsubscribedAt: { $ne: null } },
    { $set: { state: 'unsubscribed' }, $unset: { sealed: 1, 'mail.dueAt': 1 } },
  );
  const subscribers = await Subscriber.deleteMany(old);
  const unconfirmed = await NewsletterComment.deleteMany(old);
  const unshown = await NewsletterComment.deleteMany({
    ...{ state: 'confirmed' as const, 'review.shows': { $ne: 'all' as const } },
    confirmedAt: before(periods.personalDataKept),
  });
  return {
    subscribers: subscribers.deletedCount,
    comments: unconfirmed.deletedCount + unshown.deletedCount,
  };
}
