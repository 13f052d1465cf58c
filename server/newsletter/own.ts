import type { Types } from 'mongoose';
import type { Language } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { NewsletterComment, openComment } from './comments/comment.ts';
import { openSubscriber, Subscriber } from './subscriber.ts';

/** Everything the newsletter holds about one address. */
export type OwnData = {
  emailKey: string;
  language: Language;
  subscriber: Subscriber | null;
  comments: NewsletterComment[];
};

/** What a link from any mail of the newsletter lets its reader see: whichever of their records it was made for. */
export async function findOwnData(
  { tokens }: Pick<Platform, 'tokens'>,
  token: string,
): Promise<OwnData | undefined> {
  const id = tokens.read('newsletter', token);
  const record = id && ((await Subscriber.findById(id).lean<Subscriber>()) ?? (await findComment(id)));
  if (!record) return undefined;
  const { emailKey } = record;
  const [subscriber, comments] = await Promise.all([
    Subscriber.findOne({ emailKey, erasedAt: null }).lean<Subscriber>(),
    NewsletterComment.find({ emailKey }).sort({ createdAt: -1 }).limit(200).lean<NewsletterComment[]>(),
  ]);
  if (!subscriber && comments.length === 0) return undefined;
  return { emailKey, language: record.language as Language, subscriber, comments };
}

const findComment = (_id: Types.ObjectId) => NewsletterComment.findById(_id).lean<NewsletterComment>();

/** The same in the clear, for its owner. */
export function ownView(platform: Pick<Platform, 'vault'>, { subscriber, comments }: OwnData) {
  return {
    subscription: subscriber && {
      state: subscriber.state,
      email: openSubscriber(platform, subscriber, 'email'),
      name: openSubscriber(platform, subscriber, 'name'),
      language: subscriber.language,
      source: subscriber.source,
      askedAt: subscriber.createdAt,
      subscribedAt: subscriber.subscribedAt,
      unsubscribedAt: subscriber.unsubscribedAt,
      consent: subscriber.consent.map(({ wording, version, at, page }) => ({ wording, version, at, page })),
    },
    comments: comments.map((comment) => ({
      id: comment._id.toHexString(),
      email: openComment(platform, comment, 'email'),
      name: openComment(platform, comment, 'name'),
      comment: openComment(platform, comment, 'comment'),
      state: comment.state,
      mayPrint: comment.mayPrint,
      isPrinted: Boolean(comment.printedIn),
      shows: comment.review?.settled ? comment.review.shows : undefined,
      reason: comment.review?.settled ? comment.review.reason : undefined,
      writtenAt: comment.createdAt,
      confirmedAt: comment.confirmedAt,
      consent: comment.consent.map(({ wording, version, at, page }) => ({ wording, version, at, page })),
    })),
  };
}
