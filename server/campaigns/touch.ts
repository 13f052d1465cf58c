import type { Types } from 'mongoose';
import { Signature } from '../signatures/signature.ts';
import { Campaign } from './campaign.ts';
import { Participation } from './participation.ts';

type Id = Types.ObjectId;

/** Nothing is said here of how somebody takes part, only that the tally has to look again. */
const again = { $set: { recount: true }, $inc: { changes: 1 }, $unset: { recheckAt: 1 } } as const;

const isTaken = (error: unknown): boolean => (error as { code?: number })?.code === 11000;

/** The campaigns that have a petition. */
export const campaignsWith = async (petition: Id): Promise<Id[]> =>
  (await Campaign.find({ petitions: petition }, { _id: 1 }).lean()).map(({ _id }) => _id);

/** Puts people on the list of what a campaign's tally has to look at, those too who were not in it. */
export async function touchPeople(campaign: Id, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  const operations = [...new Set(keys)].map((key) => ({
    updateOne: { filter: { campaign, key }, update: again, upsert: true },
  }));
  try {
    await Participation.bulkWrite(operations, { ordered: false });
  } catch (error) {
    // Two at once made the same person. Now they are there.
    if (!isTaken(error)) throw error;
    await Participation.bulkWrite(operations, { ordered: false });
  }
}

/** Puts those on the list who are in a campaign's count already. Returns how many. */
export async function touchKnown(ids: readonly Id[]): Promise<number> {
  const { matchedCount } = await Participation.updateMany({ _id: { $in: ids } }, again);
  return matchedCount;
}

/**
 * After a petition's tally marked signatures: whoever is behind them is looked at by the tallies of the petition's
 * campaigns. Which these are is read after the marks: a campaign that takes the petition in later finds the marks.
 */
export async function touchSigners(petition: Id, signatures: readonly Id[]): Promise<void> {
  const campaigns = await campaignsWith(petition);
  if (campaigns.length === 0) return;
  const signers = await Signature.find({ _id: { $in: signatures } }, { _id: 0, emailKey: 1 }).lean();
  const keys = signers.map(({ emailKey }) => emailKey);
  for (const campaign of campaigns) await touchPeople(campaign, keys);
}

/** Puts those on the list whom somebody was about to change long enough ago. Returns how many. */
export async function touchLeft(now = new Date()): Promise<number> {
  const { modifiedCount } = await Participation.updateMany(
    { recheckAt: { $lte: now } },
    { ...again, $unset: { recheckAt: 1, leaving: 1 } },
  );
  return modifiedCount;
}
