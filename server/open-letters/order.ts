import type { Types } from 'mongoose';
import { record } from '../audit/entry.ts';
import { Petition } from '../petitions/petition.ts';
import { Signature } from '../signatures/signature.ts';
import type { SignatoryOrder } from './signatory.ts';

type Item = { petition: Pick<Petition, '_id'>; item: Types.ObjectId; organizer: Types.ObjectId };

/** Signatories that stand under the letter. */
export const isListed = { state: 'confirmed', 'signatory.approvedAt': { $ne: null } } as const;

/** Puts a listed signatory at the top, above those that were put there before. False where it is not listed. */
export async function pinSignatory(who: Item, now = new Date()): Promise<boolean> {
  return place(who, { $set: { 'signatory.pinnedAt': now } }, 'signatory.pin');
}

/** Lets a signatory stand in its turn again. */
export async function unpinSignatory(who: Item): Promise<boolean> {
  return place(who, { $unset: { 'signatory.pinnedAt': 1 } }, 'signatory.unpin');
}

async function place({ petition, item, organizer }: Item, update: object, action: string): Promise<boolean> {
  const which = { _id: item, petition: petition._id, 'signatory.kind': { $exists: true }, ...isListed };
  const { matchedCount, modifiedCount } = await Signature.updateOne(which, update);
  if (modifiedCount > 0) await record({ organizer, action, petition: petition._id, subject: String(item) });
  return matchedCount > 0;
}

/** Says how the signatories below those at the top are in order. */
export async function orderSignatories(
  { _id: petition }: Pick<Petition, '_id'>,
  organizer: Types.ObjectId,
  order: SignatoryOrder,
): Promise<void> {
  const { modifiedCount } = await Petition.updateOne(
    { _id: petition, 'openLetter.order': { $ne: order } },
    { $set: { openLetter: { order } } },
  );
  if (modifiedCount > 0) await record({ organizer, action: 'signatory.order', petition, details: { order } });
}
