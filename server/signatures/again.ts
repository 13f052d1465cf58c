import type { Types } from 'mongoose';
import { mailAgainAfter } from '../../config/limits.ts';
import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { historyWith } from './history.ts';
import { Signature } from './signature.ts';

/** One person on one petition. */
export type Mailbox = { petition: Types.ObjectId; emailKey: string };
type Mailer = Pick<Platform, 'vault' | 'queues'>;

/**
 * One update for every state the earlier signature may be in: a pending one takes the new details, a withdrawn one
 * becomes pending again, any other stays as it is; each has its mail, unless it was mailed a moment ago.
 */
export async function signAgain(
  mailbox: Mailbox,
  details: object | undefined,
  now: Date,
): Promise<Types.ObjectId | undefined> {
  const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
  const isPending = { $eq: ['$state', 'pending'] };
  const comesBack = details ? { $eq: ['$state', 'withdrawn'] } : { $literal: false };
  const isOpen = { $or: [isPending, comesBack] };
  const isDue = {
    $lte: [
      '$mail.requestedAt',
      { $cond: [isOpen, ago(mailAgainAfter.confirm), ago(mailAgainAfter.duplicate)] },
    ],
  };
  const mail = {
    kind: { $cond: [isOpen, 'confirm', 'duplicate'] },
    n: { $add: ['$mail.n', 1] },
    requestedAt: now,
    dueAt: now,
  };
  const replaced = Object.fromEntries(
    Object.entries(details ?? {}).map(([key, value]) => [
      key,
      { $cond: [isOpen, { $literal: value ?? null }, `$${key}`] },
    ]),
  );
  const found = await Signature.findOneAndUpdate(
    mailbox,
    [
      {
        $set: {
          ...replaced,
          mail: { $cond: [{ $or: [isDue, comesBack] }, mail, '$mail'] },
          createdAt: { $cond: [comesBack, now, '$createdAt'] },
          recount: { $cond: [comesBack, true, { $ifNull: ['$recount', false] }] },
          history: {
            $cond: [
              comesBack,
              historyWith({ at: now, to: 'pending', by: 'signer' }),
              { $ifNull: ['$history', []] },
            ],
          },
          changedIn: { $cond: [comesBack, '$$REMOVE', '$changedIn'] },
          // New words have not been looked at.
          review: { $cond: [comesBack, '$$REMOVE', '$review'] },
          state: { $cond: [comesBack, 'pending', '$state'] },
        },
      },
    ],
    { returnDocument: 'after', projection: { mail: 1 }, updatePipeline: true },
  ).lean();
  return found?.mail?.dueAt ? found._id : undefined;
}

/** Sends the mail of one petition's signature once more. Says nothing about whether there is one. */
export async function requestMailAgain(
  { vault, queues }: Mailer,
  petition: Petition,
  canonical: string,
  now = new Date(),
) {
  const id = await signAgain({ petition: petition._id, emailKey: vault.emailKey(canonical) }, undefined, now);
  if (id) queues.enqueue('mail', { signatureIds: [id.toHexString()] });
}

/** Sends new links for whatever waits to be confirmed from an address, for whoever no longer knows for which petition. */
export async function requestNewLinks({ vault, queues }: Mailer, canonical: string, now = new Date()) {
  const emailKey = vault.emailKey(canonical);
  const waiting = await Signature.find({ emailKey, state: 'pending' }, { petition: 1 }).limit(10).lean();
  for (const { petition } of waiting) {
    const id = await signAgain({ petition, emailKey }, undefined, now);
    if (id) queues.enqueue('mail', { signatureIds: [id.toHexString()] });
  }
}
