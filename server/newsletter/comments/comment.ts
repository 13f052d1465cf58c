import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import { reviewSchema } from '../../moderation/review.ts';
import { languages } from '../../petitions/petition.ts';
import type { Platform } from '../../platform.ts';

const schema = new Schema(
  {
    issue: { type: Schema.Types.ObjectId, required: true },
    emailKey: { type: String, required: true },
    /** The keyed hash of its words: the same thing sent twice is there once. */
    textKey: { type: String, required: true },
    sealed: { email: Buffer, name: Buffer, comment: Buffer },
    language: { type: String, enum: languages, required: true },
    /** Nobody reads one before its writer has confirmed it by mail. */
    state: { type: String, enum: ['pending', 'confirmed'], required: true },
    /** Its writer agreed that it may be printed in another issue. */
    mayPrint: { type: Boolean, default: false },
    consent: [{ _id: false, wording: String, version: String, at: Date, page: String }],
    createdAt: { type: Date, required: true },
    confirmedAt: Date,
    /** What moderators made of it; it appears once they approved it. */
    review: reviewSchema,
    /** The issue it was last put into. */
    printedIn: Schema.Types.ObjectId,
    mail: { n: { type: Number, default: 0 }, requestedAt: Date, dueAt: Date },
  },
  { versionKey: false, minimize: false, collection: 'newsletterComments' },
);
schema.index({ issue: 1, emailKey: 1, textKey: 1 }, { unique: true });
/** What stands below an issue. */
schema.index({ issue: 1, state: 1, 'review.shows': 1, confirmedAt: 1 });
/** The moderators' lists. */
schema.index({ state: 1, 'review.settled': 1, 'review.shows': 1, confirmedAt: 1 });
schema.index({ state: 1, createdAt: 1 });
schema.index({ emailKey: 1, createdAt: -1 });
schema.index({ 'mail.dueAt': 1 }, { sparse: true });

export type NewsletterComment = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export const NewsletterComment = model('NewsletterComment', schema);

type CommentField = 'email' | 'name' | 'comment';

/** Where a sealed value belongs. */
export const placeOf = (_id: Types.ObjectId, field: CommentField): string =>
  `newsletterComment/${_id.toHexString()}/${field}`;

/** One sealed value in the clear; empty where there is none. */
export function openComment(
  { vault }: Pick<Platform, 'vault'>,
  { _id, sealed }: Pick<NewsletterComment, '_id' | 'sealed'>,
  field: CommentField,
): string {
  const value = sealed?.[field];
  return value ? vault.open(value, placeOf(_id, field)) : '';
}

/** What everybody may read. */
export const shown = { state: 'confirmed', 'review.shows': 'all' } as const;
