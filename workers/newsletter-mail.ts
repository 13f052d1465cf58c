import type { Types } from 'mongoose';
import { mailWork } from '../config/limits.ts';
import { translate } from '../server/locales.ts';
import { claimMailing, settleMailing } from '../server/mailings/mailing.ts';
import { NewsletterComment, openComment } from '../server/newsletter/comments/comment.ts';
import { wordingOf } from '../server/newsletter/consent.ts';
import { Issue, issueTextIn } from '../server/newsletter/issues/issue.ts';
import { newsletterFrame, readerLinks } from '../server/newsletter/issues/mail.ts';
import { openSubscriber, Subscriber } from '../server/newsletter/subscriber.ts';
import type { Language } from '../server/petitions/petition.ts';
import type { Platform } from '../server/platform.ts';
import { mayMail } from '../server/signers/suppression.ts';
import type { Views } from '../server/views.ts';
import { MailDeferred, messageIdOf } from './mail.ts';
import type { Mail, Mailer } from './mailer.ts';

type Tools = Pick<Platform, 'env' | 'vault' | 'tokens' | 'metrics'> & { mailer: Mailer; views: Views };

/** A mail that somebody is due, or none where it would be pointless or against their wish. */
type Due = {
  _id: Types.ObjectId;
  n: number;
  compose(mailing: string): Mail;
  isWanted(): Promise<boolean>;
  settle(): Promise<unknown>;
};

/** Sends the mail a subscriber is due: to confirm, to accept an invitation, or to hear that they get it already. */
export const sendSubscriberMail = async (tools: Tools, id: string, now = new Date()): Promise<void> =>
  sendDue(tools, await subscriberMail(tools, id), now);

/** Sends the writer of a comment the mail that has them confirm it. */
export const sendCommentMail = async (tools: Tools, id: string, now = new Date()): Promise<void> =>
  sendDue(tools, await commentMail(tools, id), now);

/**
 * Sends what is due, once however often it runs. Throws {@link MailDeferred} where another try may help; a mail refused
 * for good is recorded and no longer due.
 */
async function sendDue(tools: Tools, due: Due | undefined, now: Date): Promise<void> {
  if (!due) return;
  const id = `newsletter:${due._id.toHexString()}:${due.n}`;
  const claim = await claimMailing(id, due._id, now);
  if (claim === 'taken') return;
  if (claim === 'claimed') {
    const delivery = (await due.isWanted())
      ? await tools.mailer.send(due.compose(id))
      : ({ outcome: 'suppressed' } as const);
    tools.metrics.mails.inc({ kind: 'newsletter', outcome: delivery.outcome });
    if (delivery.outcome === 'deferred') {
      await settleMailing(id, 'deferred', delivery.reason, now);
      throw new MailDeferred(`The mail server did not take a mail (${delivery.reason})`);
    }
    const isRefused = delivery.outcome === 'refused';
    await settleMailing(
      id,
      isRefused ? 'failed' : delivery.outcome,
      isRefused ? delivery.reason : undefined,
      now,
    );
  }
  await due.settle();
}

async function subscriberMail(tools: Tools, id: string): Promise<Due | undefined> {
  const subscriber = await Subscriber.findById(id).lean<Subscriber>();
  const { kind, n, dueAt } = subscriber?.mail ?? {};
  if (!subscriber || !kind || !n || !dueAt) return undefined;
  const { _id, emailKey } = subscriber;
  const isPointless = kind === 'already' ? subscriber.state !== 'subscribed' : subscriber.state !== 'pending';
  return {
    ...{ _id, n },
    compose: (mailing) => composeForSubscriber(tools, subscriber, kind, mailing),
    isWanted: async () => !isPointless && mayMail(emailKey, kind === 'invitation' ? 'unasked' : 'asked'),
    settle: () => Subscriber.updateOne({ _id, 'mail.n': n }, { $unset: { 'mail.dueAt': 1 } }),
  };
}

function composeForSubscriber(
  tools: Tools,
  subscriber: Subscriber,
  kind: NonNullable<NonNullable<Subscriber['mail']>['kind']>,
  mailing: string,
): Mail {
  const { env, tokens } = tools;
  const lang = subscriber.language as Language;
  const links = readerLinks(tools, subscriber._id);
  const context = {
    ...newsletterFrame(tools, lang, kind === 'invitation' ? 'invited' : 'asked'),
    ...links,
    ...{ isInvitation: kind === 'invitation', isAlready: kind === 'already' },
    name: openSubscriber(tools, subscriber, 'name'),
    wording: wordingOf(env, 'newsletter.consent', lang).wording,
    confirmUrl: `${env.BASE_URL}/newsletter/confirm/${tokens.issue('subscribe', subscriber._id)}`,
  };
  return {
    to: openSubscriber(tools, subscriber, 'email') ?? '',
    subject: translate(lang, `newsletter.mail.${kind}.subject`, { sender: env.SENDER_NAME }),
    text: tools.views.render('newsletter/mail/subscription.text', context),
    html: tools.views.render('newsletter/mail/subscription.html', context),
    messageId: messageIdOf(mailing, env.BASE_URL),
    unsubscribeUrl: links.unsubscribeUrl,
  };
}

async function commentMail(tools: Tools, id: string): Promise<Due | undefined> {
  const comment = await NewsletterComment.findById(id).lean<NewsletterComment>();
  const issue = comment?.mail?.dueAt && (await Issue.findById(comment.issue).lean<Issue>());
  if (!comment || !issue) return undefined;
  const { _id, emailKey, state } = comment;
  const n = comment.mail?.n ?? 1;
  return {
    ...{ _id, n },
    compose: (mailing) => composeForComment(tools, comment, issue, mailing),
    isWanted: async () => state === 'pending' && mayMail(emailKey, 'asked'),
    settle: () => NewsletterComment.updateOne({ _id, 'mail.n': n }, { $unset: { 'mail.dueAt': 1 } }),
  };
}

function composeForComment(tools: Tools, comment: NewsletterComment, issue: Issue, mailing: string): Mail {
  const { env, tokens } = tools;
  const lang = comment.language as Language;
  const { manageUrl } = readerLinks(tools, comment._id);
  const { subject: title } = issueTextIn(issue, lang);
  const context = {
    ...newsletterFrame(tools, lang, 'comment'),
    ...{ manageUrl, unsubscribeUrl: undefined, title },
    name: openComment(tools, comment, 'name'),
    comment: openComment(tools, comment, 'comment'),
    confirmUrl: `${env.BASE_URL}/newsletter/comments/${tokens.issue('comment', comment._id)}`,
  };
  return {
    to: openComment(tools, comment, 'email'),
    subject: translate(lang, 'newsletter.mail.comment.subject', { title }),
    text: tools.views.render('newsletter/mail/comment.text', context),
    html: tools.views.render('newsletter/mail/comment.html', context),
    messageId: messageIdOf(mailing, env.BASE_URL),
  };
}

/** Everybody who is due a mail that no job was found for; the next sweep takes the next. */
export async function findDueNewsletterMails(now: Date) {
  const due = { 'mail.dueAt': { $lte: new Date(now.getTime() - mailWork.sweepAfter * 1000) } };
  const sort = { 'mail.dueAt': 1 } as const;
  const [subscribers, comments] = await Promise.all([
    Subscriber.find(due, { _id: 1 }).sort(sort).limit(mailWork.newsletterAtOnce).lean(),
    NewsletterComment.find(due, { _id: 1 }).sort(sort).limit(mailWork.newsletterAtOnce).lean(),
  ]);
  return {
    subscriberIds: subscribers.map(({ _id }) => _id.toHexString()),
    commentIds: comments.map(({ _id }) => _id.toHexString()),
  };
}
