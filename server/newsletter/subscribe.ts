import { Types } from 'mongoose';
import { mailAgainAfter } from '../../config/limits.ts';
import { insertTogether } from '../grouped.ts';
import type { Language } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { wordingOf } from './consent.ts';
import type { SubscriptionForm } from './form.ts';
import { placeOf, Subscriber } from './subscriber.ts';

type Details = Partial<Pick<Subscriber, 'language' | 'source'>> & {
  sealed: { email: Buffer; name?: Buffer };
  consent: object[];
};
const insertSubscriber = insertTogether(Subscriber);

/**
 * Stores that somebody would like the newsletter, and asks for the mail that has them confirm it. Whoever gets it already
 * is mailed that instead; the caller cannot tell.
 */
export async function subscribe(
  { env, vault, queues }: Pick<Platform, 'env' | 'vault' | 'queues'>,
  form: SubscriptionForm,
  { page, lang, now = new Date() }: { page: string; lang: Language; now?: Date },
): Promise<void> {
  const emailKey = vault.emailKey(form.email.canonical);
  const details: Details = {
    sealed: {
      email: vault.seal(form.email.address, placeOf(emailKey, 'email')),
      ...(form.name && { name: vault.seal(form.name, placeOf(emailKey, 'name')) }),
    },
    language: form.language ?? lang,
    source: form.from ?? 'page',
    consent: [{ ...wordingOf(env, 'newsletter.consent', lang), at: now, page }],
  };
  const id = await insertPending(emailKey, details, now).catch((error) => {
    if (error?.code !== 11000) throw error;
    return askAgain(emailKey, details, now);
  });
  if (id) queues.enqueue('subscriberMail', { subscriberId: id.toHexString() });
}

async function insertPending(emailKey: string, details: Details, now: Date): Promise<Types.ObjectId> {
  const _id = new Types.ObjectId();
  const mail = { kind: 'confirm', n: 1, requestedAt: now, dueAt: now };
  await insertSubscriber({ _id, emailKey, ...details, state: 'pending', createdAt: now, mail });
  return _id;
}

/**
 * One update for every state the address may be in: who has not confirmed or has left is asked to confirm what was typed
 * now, who gets it already is told so. Nobody is mailed again within a moment.
 */
async function askAgain(emailKey: string, details: Details, now: Date): Promise<Types.ObjectId | undefined> {
  const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
  const isOpen = { $ne: ['$state', 'subscribed'] };
  const comesBack = { $eq: ['$state', 'unsubscribed'] };
  const isDue = {
    $lte: [
      '$mail.requestedAt',
      { $cond: [isOpen, ago(mailAgainAfter.confirm), ago(mailAgainAfter.duplicate)] },
    ],
  };
  const mail = {
    kind: { $cond: [isOpen, 'confirm', 'already'] },
    n: { $add: [{ $ifNull: ['$mail.n', 0] }, 1] },
    ...{ requestedAt: now, dueAt: now },
  };
  const replaced = Object.fromEntries(
    Object.entries(details).map(([key, value]) => [key, { $cond: [isOpen, { $literal: value }, `$${key}`] }]),
  );
  const found = await Subscriber.findOneAndUpdate(
    { emailKey },
    [
      {
        $set: {
          ...replaced,
          mail: { $cond: [{ $or: [isDue, comesBack] }, mail, '$mail'] },
          createdAt: { $cond: [comesBack, now, '$createdAt'] },
          state: { $cond: [isOpen, 'pending', '$state'] },
        },
      },
      { $unset: 'erasedAt' },
    ],
    { returnDocument: 'after', projection: { mail: 1 }, updatePipeline: true },
  ).lean();
  return found?.mail?.dueAt ? found._id : undefined;
}
