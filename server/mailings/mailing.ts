import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import { mailWork } from '../../config/limits.ts';
import { insertTogether, updateTogether } from '../grouped.ts';
import type { MailKind } from '../signatures/signature.ts';

const schema = new Schema(
  {
    /** `<kind>:<signature>:<n>`, or `update:<update>:<emailKey>`: one mail, however many jobs try to send it. */
    _id: { type: String, required: true },
    /** Or the issue of the newsletter, the subscriber or the comment that it is about. */
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

const insertMailing = insertTogether(Mailing);
const updateMailing = updateTogether(Mailing);

export const mailingId = (kind: MailKind, signature: Types.ObjectId, n: number): string =>
  `${kind}:${signature.toHexString()}:${n}`;

/** One text that goes to many to one mailbox, on however many lists its owner is. */
export const bulkMailingId = (kind: 'update' | 'issue', _id: Types.ObjectId, emailKey: string): string =>
  `${kind}:${_id.toHexString()}:${emailKey}`;

export const updateMailingId = (update: Types.ObjectId, emailKey: string): string =>
  bulkMailingId('update', update, emailKey);

/** One milestone to one organizer. */
export const milestoneMailingId = (milestone: Types.ObjectId, organizer: Types.ObjectId): string =>
  `milestone:${milestone.toHexString()}:${organizer.toHexString()}`;

const claimOf = (_id: string, petition: Types.ObjectId, now: Date) => ({
  ...{ petition, kind: _id.slice(0, _id.indexOf(':')), state: 'claimed' as const, attempts: 1, at: now },
  leaseUntil: leaseFrom(now),
});
const leaseFrom = (now: Date): Date => new Date(now.getTime() + mailWork.lease * 1000);

/**
 * Claims the right to send one mail. `done`: it was sent or refused for good before. `taken`: another worker is at it,
 * or died at it less than a lease ago; a sweep comes back for it.
 */
export async function claimMailing(
  _id: string,
  petition: Types.ObjectId,
  now: Date,
): Promise<'claimed' | 'done' | 'taken'> {
  try {
    await insertMailing({ _id, ...claimOf(_id, petition, now) });
    return 'claimed';
  } catch (error) {
    if ((error as { code?: number }).code !== 11000) throw error;
  }
  const left = [{ state: 'deferred' }, { state: 'claimed', leaseUntil: { $lte: now } }];
  if (await claimAgain({ _id, $or: left }, now)) return 'claimed';
  const mailing = await Mailing.findById(_id, { state: 1 }).lean();
  return mailing?.state === 'claimed' || mailing?.state === 'deferred' ? 'taken' : 'done';
}

/**
 * Claims mails for which twice would be worse than never: one whose worker died at it is not claimed again, because
 * nobody can know whether it went out. `others`: how each of those that were not claimed stands.
 */
export async function claimOnce(
  ids: readonly string[],
  petition: Types.ObjectId,
  now: Date,
): Promise<{ claimed: Set<string>; others: Map<string, Mailing['state']> }> {
  const insertions = ids.map((_id) => ({
    updateOne: { filter: { _id }, update: { $setOnInsert: claimOf(_id, petition, now) }, upsert: true },
  }));
  const { upsertedIds } = await Mailing.bulkWrite(insertions, { ordered: false });
  const claimed = new Set(Object.values(upsertedIds).map(String));
  const others = new Map<string, Mailing['state']>();
  if (claimed.size === ids.length) return { claimed, others };
  const known = await Mailing.find(
    { _id: { $in: ids.filter((id) => !claimed.has(id)) } },
    { state: 1 },
  ).lean();
  for (const { _id, state } of known) {
    if (state === 'deferred' && (await claimAgain({ _id, state }, now))) claimed.add(_id);
    else others.set(_id, state);
  }
  return { claimed, others };
}

async function claimAgain(which: Record<string, unknown>, now: Date): Promise<boolean> {
  const { matchedCount } = await Mailing.updateOne(which, {
    $set: { state: 'claimed', leaseUntil: leaseFrom(now), at: now },
    $inc: { attempts: 1 },
  });
  return matchedCount === 1;
}

/** How an attempt ended, as far as anybody could see. */
export type Ending = Exclude<Mailing['state'], 'claimed'>;

/** Records how the attempt of a claimed mailing ended. `reason` is what the mail server said, where it did. */
export async function settleMailing(
  _id: string,
  state: Ending,
  reason: string | undefined,
  now: Date,
): Promise<void> {
  await updateMailing({
    filter: { _id, state: 'claimed' },
    update: {
      $set: { state, at: now, ...(reason && { reason }) },
      $unset: { leaseUntil: 1, ...(!reason && { reason: 1 }) },
    },
  });
}
