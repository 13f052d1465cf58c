import { setTimeout } from 'node:timers/promises';
import { type InferSchemaType, model, Schema, Types } from 'mongoose';
import { hashOf } from './chain.ts';
import { searchWords } from './words.ts';

const schema = new Schema(
  {
    /** 1, 2, 3 ... without a gap. Entries from before they were numbered have neither this nor a hash. */
    seq: Number,
    /** The keyed hash of this entry and all before it: see `chain.ts`. */
    hash: String,
    /** On the first: how many there were without a number. */
    unnumbered: Number,
    at: { type: Date, required: true },
    /** Who did it; unset for what the platform did by itself. */
    organizer: Schema.Types.ObjectId,
    /** What was done: `petition.publish`, `signature.export`, `organizer.invite` ... */
    action: { type: String, required: true },
    petition: Schema.Types.ObjectId,
    /** The id of what it was done to, where that is not the petition. */
    subject: String,
    /** Small facts without personal data: numbers, names of fields, filters. */
    details: { type: Schema.Types.Mixed, default: {} },
    /** The reason that was given. */
    why: String,
    /** What it is found by, from the two before. */
    words: [String],
  },
  { versionKey: false, minimize: false, collection: 'audit' },
);
schema.index({ seq: 1 }, { unique: true, sparse: true });
schema.index({ at: -1 });
schema.index({ petition: 1, at: -1 });
schema.index({ organizer: 1, at: -1 });
schema.index({ action: 1, at: -1 });
schema.index({ words: 1, at: -1 });

export type AuditEntry = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export const AuditEntry = model('AuditEntry', schema);

type Happening = {
  organizer?: Types.ObjectId;
  action: string;
  petition?: Types.ObjectId;
  subject?: string;
  details?: Record<string, unknown>;
  why?: string;
};

/** So many others may be faster in a row before something else must be wrong. */
const mostTries = 500;

/**
 * Adds an entry to the end of the log. There is no way to change or delete one. Of several writers who find the same
 * end the index on `seq` lets one go on it; the others look again.
 */
export async function record(happening: Happening, now = new Date()): Promise<void> {
  const words = searchWords(happening.details, happening.why);
  const content = { _id: new Types.ObjectId(), ...happening, words, at: now };
  for (let tries = 1; !(await wasAdded(content)); tries += 1) {
    if (tries === mostTries) throw new Error('The end of the log was not found');
    await setTimeout(Math.random() * Math.min(tries, 20) * 2);
  }
}

/** The entry with the highest number; undefined where none has one. */
export const lastEntry = (): Promise<AuditEntry | null> =>
  AuditEntry.findOne({ seq: { $gt: 0 } })
    .sort({ seq: -1 })
    .lean<AuditEntry>();

export const countUnnumbered = (): Promise<number> => AuditEntry.countDocuments({ seq: { $exists: false } });

async function wasAdded(content: Happening & { at: Date }): Promise<boolean> {
  const last = await lastEntry();
  const place = last ? { seq: Number(last.seq) + 1 } : { seq: 1, unnumbered: await countUnnumbered() };
  const entry = new AuditEntry({ ...content, ...place }).toObject();
  try {
    await AuditEntry.create({ ...entry, hash: hashOf(entry, last?.hash ?? '') });
    return true;
  } catch (error) {
    if ((error as { code?: number }).code !== 11000) throw error;
    return false;
  }
}
