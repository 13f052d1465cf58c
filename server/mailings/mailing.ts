import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import { mailWork } from '../../config/limits.ts';
import type { MailKind } from '../signatures/signature.ts';

const schema = new Schema(
  {
    /** `<kind>:<signature>:<n>`, or `update:<update>:<emailKey>`: one mail, however many jobs try to send it. */
    _id: { type: String, required: true },
    petition: { type: Schema.Types.ObjectId, required: true },
    /** The first part of its id. */
    kind: String,
    /** `unclear`: the connection broke when the server may have had the mail already. */
    state: {
      type: String,
      enum: ['claimed', 'sent', 'deferred', 'failed', 'suppressed', 'unclear'],
      required: true,
    },
    attempts: { type: Number, default: 1 },
    leaseUntil: Date,
    at: { type: Date, required: true },
    /** What the mail server said: its reply code or the connection's error code, never its words. */
    reason: String,
  },
  { versionKey: false, collection: 'mailings' },
);
schema.index({ petition: 1, kind: 1, state: 1, reason: 1 });
schema.index({ at: 1 });

export type Mailing = InferSchemaType<typeof schema>;
export const Mailing = model('Mailing', schema);

export const mailingId = (kind: MailKind, signature: Types.ObjectId, n: number): string =>
  `${kind}:${signature.toHexString()}:${n}`;

/** One update to one mailbox, under however many petitions its owner signed. */
export const updateMailingId = (update: Types.ObjectId, emailKey: string): string =>
  `update:${update.toHexString()}:${emailKey}`;

/** One milestone to one organizer. */
export const milestoneMailingId = (milestone: Types.ObjectId, organizer: Types.ObjectId): string =>
  `milestone:${milestone.toHexString()}:${organizer.toHexString()}`;

const kindOf = (_id: string): string => _id.slice(0, _id.indexOf(':'));

/**
 * Claims the right to send one mail. `done`: it was sent or refused for good before. `taken`: another worker is at it,
 * or died at it less than a lease ago; a sweep comes back for it. `whenDied` says what becomes of a mail whose worker
 * died at it, when nobody can know whether it went out: sent again, or, where twice would be worse than never, not.
 */
export async function claimMailing(
  _id: string,
  petition: Types.ObjectId,
  now: Date,
  whenDied: 'again' | 'never' = 'again',
): Promise<'claimed' | 'done' | 'taken'> {
  const leaseUntil = new Date(now.getTime() + mailWork.lease * 1000);
  try {
    await Mailing.create({ _id, petition, kind: kindOf(_id), state: 'claimed', leaseUntil, at: now });
    return 'claimed';
  } catch (error) {
    if ((error as { code?: number }).code !== 11000) throw error;
  }
  const again = await Mailing.updateOne(
    whenDied === 'again'
      ? { _id, $or: [{ state: 'deferred' }, { state: 'claimed', leaseUntil: { $lte: now } }] }
      : { _id, state: 'deferred' },
    { $set: { state: 'claimed', leaseUntil, at: now }, $inc: { attempts: 1 } },
  );
  if (again.matchedCount === 1) return 'claimed';
  const mailing = await Mailing.findById(_id, { state: 1 }).lean();
  return mailing?.state === 'claimed' || mailing?.state === 'deferred' ? 'taken' : 'done';
}

/** Records how the attempt of a claimed mailing ended. */
export async function settleMailing(
  _id: string,
  state: 'sent' | 'deferred' | 'failed' | 'suppressed' | 'unclear',
  reason: string | undefined,
  now: Date,
): Promise<void> {
  await Mailing.updateOne(
    { _id, state: 'claimed' },
    { $set: { state, reason, at: now }, $unset: { leaseUntil: 1 } },
  );
}
