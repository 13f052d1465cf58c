import type { Language } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import type { Purpose } from '../signers/tokens.ts';
import { wordingOf } from './consent.ts';
import { Subscriber } from './subscriber.ts';

/** What a link to confirm leads to. `unknown` was never issued; for `expired` there is nothing to confirm any more. */
export type Subscription =
  | { outcome: 'unknown' | 'expired' }
  | { outcome: 'confirmable' | 'subscribed'; subscriber: Subscriber };

/** The subscriber of a mail's link. */
export async function findSubscriber(
  { tokens }: Pick<Platform, 'tokens'>,
  purpose: Purpose,
  token: string,
): Promise<Subscriber | null | undefined> {
  const id = tokens.read(purpose, token);
  return id && Subscriber.findById(id).lean<Subscriber>();
}

/** Says what pressing the button would do. Changes nothing. */
export async function findSubscription(
  platform: Pick<Platform, 'tokens'>,
  token: string,
): Promise<Subscription> {
  const subscriber = await findSubscriber(platform, 'subscribe', token);
  if (subscriber === undefined) return { outcome: 'unknown' };
  if (!subscriber || subscriber.state === 'unsubscribed') return { outcome: 'expired' };
  return { outcome: subscriber.state === 'subscribed' ? 'subscribed' : 'confirmable', subscriber };
}

/**
 * Puts somebody on the list, once however often it is called. Who was invited from a list has agreed to nothing before:
 * what they agree to are the words beside the button.
 */
export async function confirmSubscription(
  platform: Pick<Platform, 'tokens' | 'env'>,
  token: string,
  now = new Date(),
): Promise<Subscription> {
  const found = await findSubscription(platform, token);
  if (found.outcome !== 'confirmable') return found;
  const { _id, consent, language } = found.subscriber;
  const words = wordingOf(platform.env, 'newsletter.consent', language as Language);
  const evidence = { ...words, at: now, page: '/newsletter/confirm' };
  const { matchedCount } = await Subscriber.updateOne(
    { _id, state: 'pending' },
    {
      $set: { state: 'subscribed', subscribedAt: now },
      $unset: { 'mail.dueAt': 1, unsubscribedAt: 1 },
      ...(consent.length === 0 && { $push: { consent: evidence } }),
    },
  );
  if (matchedCount === 0) return findSubscription(platform, token);
  return { ...found, outcome: 'subscribed' };
}
