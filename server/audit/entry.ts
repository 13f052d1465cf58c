import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import { searchWords } from './words.ts';

const schema = new Schema(
  {
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

/** Writes one line of the log. There is no way to change or delete one. */
export async function record(happening: Happening, now = new Date()): Promise<void> {
  await AuditEntry.create({ ...happening, words: searchWords(happening.details, happening.why), at: now });
}
