import { model, Schema } from 'mongoose';
import { letterWork } from '../../config/limits.ts';
import { hourOf } from '../tallies/tally.ts';

const schema = new Schema(
  {
    /** `2026-09-04T13`: an hour, UTC. */
    _id: { type: String, required: true },
    /** How many mails with letters went out in it, of all petitions and to all targets. */
    taken: { type: Number, required: true },
    at: { type: Date, required: true },
  },
  { versionKey: false, collection: 'letterhours' },
);
schema.index({ at: 1 }, { expireAfterSeconds: 24 * 60 * 60 });

export const LetterHour = model('LetterHour', schema);

/** Takes a place for one mail in this hour; false where all are taken. A worker that dies with one leaves it empty. */
export async function takePlace(now: Date): Promise<boolean> {
  const free = { _id: hourOf(now), taken: { $lt: letterWork.mostAnHour } };
  const $inc = { taken: 1 };
  try {
    await LetterHour.updateOne(free, { $inc, $setOnInsert: { at: now } }, { upsert: true });
    return true;
  } catch (error) {
    if ((error as { code?: number }).code !== 11000) throw error;
  }
  // The hour is there: it is full, or another worker made it at the same moment.
  return (await LetterHour.updateOne(free, { $inc })).modifiedCount === 1;
}

/** For a place that nothing was sent in after all. */
export const giveBackPlace = (now: Date) =>
  LetterHour.updateOne({ _id: hourOf(now), taken: { $gt: 0 } }, { $inc: { taken: -1 } });

/** When there are places again, or later where a target rests longer. */
export function nextHour(now: Date, restsUntil?: Date | null): Date {
  const next = new Date(now);
  next.setUTCMinutes(60, 0, 0);
  return restsUntil && restsUntil > next ? restsUntil : next;
}
