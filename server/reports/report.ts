import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import { moderationWork, periods } from '../../config/limits.ts';
import { type Refusal, refusalCodes, shownOn } from '../moderation/review.ts';
import type { Petition } from '../petitions/petition.ts';
import { Signature } from '../signatures/signature.ts';

const schema = new Schema(
  {
    signature: { type: Schema.Types.ObjectId, required: true },
    /** The keyed hash of the network it came from; nothing else is kept of who reported. */
    network: { type: String, required: true },
    reason: { type: String, enum: refusalCodes, required: true },
    at: { type: Date, required: true },
    /** When a moderator decided on the item. */
    settledAt: Date,
  },
  { versionKey: false, collection: 'reports' },
);
/** A network is heard once on an item. */
schema.index({ signature: 1, network: 1 }, { unique: true });
schema.index({ at: 1 }, { expireAfterSeconds: periods.ipKept });

export type Report = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export const Report = model('Report', schema);

/** The signature behind a report link, as long as the petition's page shows it. */
export const findReportable = (petition: Petition, item: Types.ObjectId): Promise<Signature | null> =>
  Signature.findOne({ _id: item, petition: petition._id, ...shownOn(petition) }).lean<Signature>();

/**
 * Notes a reader's report. The same network again changes nothing and is told nothing. Reports hide nothing by
 * themselves: they move an item up in the queue, and several bring back one that was approved.
 */
export async function reportItem(
  petition: Petition,
  item: Types.ObjectId,
  { reason, network }: { reason: Refusal; network: string },
  now = new Date(),
): Promise<'reported' | 'gone'> {
  if (!(await findReportable(petition, item))) return 'gone';
  await Report.create({ signature: item, network, reason, at: now }).catch((error) => {
    if (error?.code !== 11000) throw error;
  });
  await countReports(item);
  return 'reported';
}

/** Brings an item's number of open reports up to date; a count that comes late never lowers it. */
async function countReports(item: Types.ObjectId): Promise<void> {
  const reports = await Report.countDocuments({ signature: item, settledAt: null });
  if (reports === 0) return;
  await Signature.updateOne({ _id: item }, { $max: { 'review.reports': reports } });
  if (reports >= moderationWork.reopenAt)
    await Signature.updateOne({ _id: item, 'review.settled': true }, { $unset: { 'review.settled': 1 } });
}

/** The open reports on an item are answered by what a moderator decided at this moment. */
export async function settleReports(item: Types.ObjectId, at: Date): Promise<void> {
  await Report.updateMany({ signature: item, settledAt: null }, { $set: { settledAt: at } });
}

/** A decision was taken back: the reports it answered are open again. */
export async function reopenReports(item: Types.ObjectId, decidedAt: Date): Promise<void> {
  await Report.updateMany({ signature: item, settledAt: decidedAt }, { $unset: { settledAt: 1 } });
  await countReports(item);
}

/** What was reported about each item and how often, by the item's id. */
export async function openReports(
  items: readonly Types.ObjectId[],
): Promise<Map<string, Map<Refusal, number>>> {
  const reports = await Report.find({ signature: { $in: items }, settledAt: null }).lean<Report[]>();
  const byItem = new Map<string, Map<Refusal, number>>();
  for (const { signature, reason } of reports) {
    const reasons = byItem.get(signature.toHexString()) ?? new Map<Refusal, number>();
    byItem.set(signature.toHexString(), reasons.set(reason, (reasons.get(reason) ?? 0) + 1));
  }
  return byItem;
}
