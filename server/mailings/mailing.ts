import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import { mailWork } from '../../config/limits.ts';
import type { MailKind } from '../signatures/signature.ts';

const schema = new Schema(
  {
    /** `<kind>:<signature>:<n>`: one mail, however many jobs try to send it. */
    _id: { type: String, required: true },
    petition: { type: Schema.Types.ObjectId, required: true },
    state: { type: String, enum: ['claimed', 'sent', 'deferred', 'failed', 'suppressed'], required: true },
    attempts: { type: Number, default: 1 },
    leaseUntil: Date,
    at: { type: Date, required: true },
    /** What the mail server said: its reply code or the connection's error code, never its words. */
    reason: String,
  },
  { versionKey: false, collection: 'mailings' },
);
schema.index({ petition: 1, state: 1 });
schema.index({ at: 1 });

export type Mailing = InferSchemaType<typeof schema>;
export const Mailing = model('Mailing', schema);

export const mailingId = (kind: MailKind, signature: Types.ObjectId, n: number): string =>
  `${kind}:${signature.toHexString()}:${n}`;

/**
 * Claims the right to send one mail. `done`: it was sent or refused for good before. `taken`: another worker is at it,
 * or died at it less than a lease ago; a sweep comes back for it.
 */
export async function claimMailing(
  _id: string,
  petition: Types.ObjectId,
  now: Date,
): Promise<'claimed' | 'done' | 'taken'> {
  const leaseUntil = new Date(now.getTime() + mailWork.lease * 1000);
  try {
    await Mailing.create({ _id, petition, state: 'claimed', leaseUntil, at: now });
    return 'claimed';
  } catch (error) {
    if ((error as { code?: number }).code !== 11000) throw error;
  }
  const again = await Mailing.updateOne(
    { _id, $or: [{ state: 'deferred' }, { state: 'claimed', leaseUntil: { $lte: now } }] },
    { $set: { state: 'claimed', leaseUntil, at: now }, $inc: { attempts: 1 } },
  );
  if (again.matchedCount === 1) return 'claimed';
  const mailing = await Mailing.findById(_id, { state: 1 }).lean();
  return mailing?.state === 'claimed' || mailing?.state === 'deferred' ? 'taken' : 'done';
}

/** Records how the attempt of a claimed mailing ended. */
export async function settleMailing(
  _id: string,
  state: 'sent' | 'deferred' | 'failed' | 'suppressed',
  reason: string | undefined,
  now: Date,
): Promise<void> {
  await Mailing.updateOne(
    { _id, state: 'claimed' },
    { $set: { state, reason, at: now }, $unset: { leaseUntil: 1 } },
  );
}
