import { type InferSchemaType, model, Schema, Types } from 'mongoose';

/**
 * `due` → `claimed` → `sent`. `deferred`: tried, and to be tried again. `bounced`: there is no such mailbox; `refused`:
 * the server would not have it. `unclear`: the worker or the connection died while it was handed over, and it is not
 * sent again by itself. `stopped`: whoever wrote it took it back, or it has nobody to go to.
 */
const letterStates = [
  ...(['due', 'claimed', 'sent', 'deferred', 'bounced', 'refused', 'unclear', 'stopped'] as const),
];
export type LetterState = (typeof letterStates)[number];

const schema = new Schema(
  {
    /** `<signature>:<target>`: one letter, however many jobs try to write or send it. */
    _id: { type: String, required: true },
    petition: { type: Schema.Types.ObjectId, required: true },
    signature: { type: Schema.Types.ObjectId, required: true },
    target: { type: Schema.Types.ObjectId, required: true },
    state: { type: String, enum: letterStates, required: true },
    createdAt: { type: Date, required: true },
    dueAt: { type: Date, required: true },
    attempts: { type: Number, default: 0 },
    leaseUntil: Date,
    /** The mail it goes in together with others. */
    batch: Schema.Types.ObjectId,
    at: Date,
    /** What the mail server said: its reply code or the connection's error code, never its words. */
    reason: String,
  },
  { versionKey: false, collection: 'letters' },
);
schema.index({ target: 1, state: 1, dueAt: 1 });

export type Letter = InferSchemaType<typeof schema>;
export const Letter = model('Letter', schema);

export const letterId = (signature: Types.ObjectId, target: Types.ObjectId): string =>
  `${signature.toHexString()}:${target.toHexString()}`;

export const newBatch = (): Types.ObjectId => new Types.ObjectId();
