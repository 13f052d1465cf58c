import { bulkMailingId, Mailing } from '../mailings/mailing.ts';
import { NewsletterComment } from './comments/comment.ts';
import { Issue } from './issues/issue.ts';
import { Subscriber } from './subscriber.ts';

/**
 * Takes an address off the list: it is forgotten at once, and its keyed hash remains so that no list an organizer sends
 * invites it again. The evidence of what was agreed to stays.
 */
export async function leaveNewsletter(emailKey: string, now = new Date()): Promise<void> {
  await Subscriber.updateOne(
    { emailKey, state: { $ne: 'unsubscribed' } },
    { $set: { state: 'unsubscribed', unsubscribedAt: now }, $unset: { sealed: 1, 'mail.dueAt': 1 } },
  );
}

/** Forgets a reader: the subscription, the comments also where they were printed, and which issues went to the address. */
export async function eraseReader(emailKey: string, now = new Date()): Promise<void> {
  await leaveNewsletter(emailKey, now);
  await Subscriber.updateOne(
    { emailKey },
    { $set: { erasedAt: now, consent: [] }, $unset: { source: 1, sealed: 1, 'mail.dueAt': 1 } },
  );
  await NewsletterComment.deleteMany({ emailKey });
  const sent = await Issue.find({ sending: { $ne: null } }, { _id: 1 }).lean();
  if (sent.length > 0)
    await Mailing.deleteMany({ _id: { $in: sent.map(({ _id }) => bulkMailingId('issue', _id, emailKey)) } });
}

/** Takes back one comment. */
export async function removeComment(emailKey: string, _id: unknown): Promise<void> {
  await NewsletterComment.deleteOne({ _id, emailKey });
}
