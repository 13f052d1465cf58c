import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import { goalLadder, milestoneShares } from '../../config/limits.ts';
import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { countOf, Tally } from '../tallies/tally.ts';

const schema = new Schema(
  {
    petition: { type: Schema.Types.ObjectId, required: true },
    /** The public total that was reached. */
    number: { type: Number, required: true },
    /** Of which goal, and how much of it in percent. */
    goal: { type: Number, required: true },
    percent: { type: Number, required: true },
    /** The public total when it was noticed. */
    count: { type: Number, required: true },
    at: { type: Date, required: true },
    /** Set until the team was mailed; missing where a higher one was reached at the same moment. */
    mailDueAt: Date,
  },
  { versionKey: false, collection: 'milestones' },
);
/** Once per milestone, however many workers tally. */
schema.index({ petition: 1, number: 1 }, { unique: true });
schema.index({ mailDueAt: 1 }, { sparse: true });

export type Milestone = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export const Milestone = model('Milestone', schema);

type Mark = { number: number; goal: number; percent: number };

/** The shares of one goal that lie above what was reached before it was set. */
const sharesOf = (goal: number, above: number): Mark[] =>
  milestoneShares
    .map((percent) => ({ number: Math.ceil((goal * percent) / 100), goal, percent }))
    .filter(({ number }) => number > above);

/**
 * The milestones a petition can pass on the way to a count: the shares of a fixed goal; each step of the ladder of an
 * automatic one, and the shares of every step that lie above the step before.
 */
export function milestonesUpTo({ goal }: Pick<Petition, 'goal'>, count: number): Mark[] {
  const all =
    goal?.kind === 'fixed' && goal.number
      ? sharesOf(goal.number, 0)
      : goalLadder.flatMap((step, index) => sharesOf(step, goalLadder[index - 1] ?? 0));
  // Two shares of a small goal can be one number: the larger share is the one to tell.
  const byNumber = new Map(all.map((mark) => [mark.number, mark]));
  return [...byNumber.values()].filter(({ number }) => number <= count);
}

/**
 * Notes the milestones a petition has passed since it was last looked at, and has its team mailed about the highest.
 * Safe to run at any time and by many at once; whoever comes late finds nothing new. True where one is new.
 */
export async function noteMilestones(
  { queues }: Pick<Platform, 'queues'>,
  petition: Petition,
  now = new Date(),
): Promise<boolean> {
  // What people tell us is not on the way to the goal of an official petition.
  if (petition.kind === 'linked') return false;
  const tally = await Tally.findById(petition._id, {
    confirmed: 1,
    updatedAt: 1,
    milestone: 1,
  }).lean<Tally>();
  const { count } = countOf(petition, tally, now).public;
  const passed = milestonesUpTo(petition, count).filter(({ number }) => number > (tally?.milestone ?? 0));
  const highest = passed.at(-1);
  if (!tally || !highest) return false;

  const about = { petition: petition._id, count, at: now };
  const isNew = await insertOnce({ ...about, ...highest, mailDueAt: now });
  for (const mark of passed.slice(0, -1)) await insertOnce({ ...about, ...mark });
  await Tally.updateOne({ _id: petition._id }, { $max: { milestone: highest.number } });
  queues.enqueue('milestone', { petitionId: petition._id.toHexString() });
  return isNew;
}

async function insertOnce(milestone: Omit<Milestone, '_id'>): Promise<boolean> {
  try {
    await Milestone.create(milestone);
    return true;
  } catch (error) {
    if ((error as { code?: number }).code !== 11000) throw error;
    return false;
  }
}
