import type { Types } from 'mongoose';
import { record } from '../audit/entry.ts';
import { type Claim, claimItem, releaseItem } from '../moderation/claim.ts';
import type { Refusal } from '../moderation/review.ts';
import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { historyWith } from '../signatures/history.ts';
import { Signature, type SignatureState } from '../signatures/signature.ts';
import { detailsOf } from './details.ts';

/** What a moderator decides on a signatory. `isAnother`: it is not the organisation it looks like. */
export type Decision =
  | { what: 'approve'; isAnother: boolean }
  | { what: 'refuse'; reason: Refusal; why?: string }
  | { what: 'merge'; into: Types.ObjectId };

/**
 * `taken`: somebody else is looking at it; `settled`: somebody was faster; `gone`: the signer took it back; `double`: an
 * approved organisation has its name or its website; `unlike`: there is no such organisation to merge it into.
 */
export type Decided =
  | { outcome: 'approved' | 'refused' | 'merged' | 'settled' | 'gone' | 'double' | 'unlike' }
  | { outcome: 'taken'; claim: Claim };

type Item = { petition: Pick<Petition, '_id'>; item: Types.ObjectId; organizer: Types.ObjectId };
type Tools = Pick<Platform, 'redis' | 'vault' | 'queues'>;

/** Signatories that somebody must look at. */
export const isWaiting = { state: 'held', 'sealed.signatory': { $exists: true } } as const;

/** Decides whether a signatory stands under the letter, and counts. */
export async function decideOnSignatory(
  platform: Tools,
  who: Item,
  decision: Decision,
  now = new Date(),
): Promise<Decided> {
  const { petition, item, organizer } = who;
  const claim = await claimItem(platform.redis, item, organizer);
  if (claim) return { outcome: 'taken', claim };
  const which = { _id: item, petition: petition._id, ...isWaiting };
  const signature = await Signature.findOne(which).lean<Signature>();
  const outcome = signature ? await decide(platform, who, signature, decision, now) : await whyNot(who);
  await releaseItem(platform.redis, item, organizer);
  if (outcome === 'approved') platform.queues.enqueue('tally', { petitionId: petition._id.toHexString() });
  return { outcome };
}

type Outcome = Exclude<Decided['outcome'], 'taken'>;

async function decide(
  platform: Tools,
  who: Item,
  signature: Signature,
  decision: Decision,
  now: Date,
): Promise<Outcome> {
  if (decision.what === 'approve') return approve(platform, who, signature, decision.isAnother, now);
  if (decision.what === 'refuse') {
    const { reason, why } = decision;
    const isDone = await takeOff(who, { reason }, {}, now);
    if (!isDone) return whyNot(who);
    await note(who, 'signatory.refuse', { reason }, why);
    return 'refused';
  }
  const { into } = decision;
  const keys = signature.signatory?.keys ?? [];
  const isLike = !into.equals(who.item) && (await Signature.exists({ ...sameAs(who, keys), _id: into }));
  if (!isLike) return 'unlike';
  if (!(await takeOff(who, {}, { 'signatory.mergedInto': into }, now))) return whyNot(who);
  await note(who, 'signatory.merge', { into: into.toHexString() });
  return 'merged';
}

/** Organisations under the same letter with one of these keys that are or may come to be listed. */
export const sameAs = ({ petition }: { petition: Pick<Petition, '_id'> }, keys: readonly string[]) => ({
  petition: petition._id,
  'signatory.kind': 'organisation' as const,
  'signatory.keys': { $in: [...keys] },
  state: { $in: ['held', 'confirmed'] as SignatureState[] },
});

/** One update makes it count, take its seats and be named; the index on seats refuses an organisation that has them. */
async function approve(
  platform: Tools,
  who: Item,
  signature: Signature,
  isAnother: boolean,
  now: Date,
): Promise<Outcome> {
  const { item, organizer } = who;
  const details = detailsOf(platform, signature);
  const keys = signature.signatory?.keys ?? [];
  // One that only looks like another has seats of its own.
  const seats = isAnother ? keys.map((key) => `${key} ${item.toHexString()}`) : keys;
  const isOrganisation = details?.kind === 'organisation';
  const stands = {
    'signatory.approvedAt': now,
    ...(isOrganisation && { 'signatory.seats': seats, 'signatory.name': { $literal: details.organisation } }),
    review: { settled: true, shows: 'all', by: organizer, at: now, reports: 0 },
  };
  await freeSeats(who, seats);
  const isDone = await move(who, 'confirmed', stands, now).catch((error) => {
    if (error?.code !== 11000) throw error;
    return 'double' as const;
  });
  if (isDone === 'double') return 'double';
  if (!isDone) return whyNot(who);
  await note(who, 'signatory.approve', { as: signature.signatory?.kind, ...(isAnother && { isAnother }) });
  return 'approved';
}

/** Seats of organisations that no longer stand under the letter are free. They would have to be approved anew. */
const freeSeats = ({ petition, item }: Item, seats: readonly string[]) =>
  Signature.updateMany(
    {
      ...{ petition: petition._id, _id: { $ne: item }, 'signatory.seats': { $in: [...seats] } },
      state: { $ne: 'confirmed' },
    },
    { $unset: { 'signatory.seats': 1, 'signatory.approvedAt': 1 } },
  );

const takeOff = ({ petition, item, organizer }: Item, review: object, marks: object, now: Date) =>
  move(
    { petition, item, organizer },
    'invalidated',
    { ...marks, review: { settled: true, shows: 'nothing', by: organizer, at: now, reports: 0, ...review } },
    now,
  );

/** Takes a waiting signatory to another state, once. */
async function move(
  { petition, item, organizer }: Item,
  to: 'confirmed' | 'invalidated',
  marks: object,
  now: Date,
): Promise<boolean> {
  const { matchedCount } = await Signature.updateOne(
    { _id: item, petition: petition._id, ...isWaiting },
    [
      {
        $set: {
          history: historyWith({ at: now, to, by: 'organizer', organizer }),
          ...{ ...marks, state: to, recount: true },
        },
      },
      { $unset: ['changedIn'] },
    ],
    { updatePipeline: true },
  );
  return matchedCount === 1;
}

async function whyNot({ petition, item }: Item): Promise<'settled' | 'gone'> {
  const which = { _id: item, petition: petition._id, 'review.settled': true };
  return (await Signature.exists(which)) ? 'settled' : 'gone';
}

/** Puts a decided signatory back before the moderators. False where it is there, or was taken back. */
export async function undoSignatory(
  { queues }: Pick<Platform, 'queues'>,
  who: Item,
  now = new Date(),
): Promise<boolean> {
  const { petition, item, organizer } = who;
  const before = await Signature.findOneAndUpdate(
    {
      ...{ _id: item, petition: petition._id, 'signatory.kind': { $exists: true }, 'review.settled': true },
      ...{ state: { $in: ['confirmed', 'invalidated'] }, 'sealed.signatory': { $exists: true } },
    },
    [
      {
        $set: {
          history: historyWith({ at: now, to: 'held', by: 'organizer', organizer }),
          ...{ state: 'held', recount: true },
        },
      },
      {
        $unset: [
          ...['changedIn', 'review', 'signatory.approvedAt', 'signatory.seats', 'signatory.name'],
          ...['signatory.pinnedAt', 'signatory.mergedInto'],
        ],
      },
    ],
    { projection: { state: 1 }, updatePipeline: true },
  ).lean<Signature>();
  if (!before) return false;
  queues.enqueue('tally', { petitionId: petition._id.toHexString() });
  await note(who, 'signatory.undo', { was: before.state === 'confirmed' ? 'approved' : 'refused' });
  return true;
}

const note = (
  { petition, item, organizer }: Item,
  action: string,
  details: Record<string, unknown> = {},
  why?: string,
) => record({ organizer, action, petition: petition._id, subject: String(item), details, why });
