import { Schema } from 'mongoose';
import { type Language, languages } from '../petitions/petition.ts';

/** What is written, corrected, made public and taken off again: an update, an issue of the newsletter. */
export const publicationFields = {
  /** Goes up with every change: whoever saves over an older one is told. */
  revision: { type: Number, default: 1 },
  createdAt: { type: Date, required: true },
  createdBy: { type: Schema.Types.ObjectId, required: true },
  changedAt: Date,
  /** On the web since then, unless it was taken off. */
  publishedAt: Date,
  hiddenAt: Date,
} as const;

/** A publication's mailing. What goes out is what stood there when sending began, whatever is changed afterwards. */
export const sendingFields = {
  at: { type: Date, required: true },
  by: { type: Schema.Types.ObjectId, required: true },
  /** The work that mails it; there is none yet where a process died between the two. */
  task: { type: Schema.Types.ObjectId, required: true },
} as const;

type Published = { publishedAt?: Date | null | undefined; hiddenAt?: Date | null | undefined };

/** Whether the public may read it. */
export const isPublic = ({ publishedAt, hiddenAt }: Published): boolean => Boolean(publishedAt && !hiddenAt);

/** The languages it can be read in. */
export const languagesIn = ({ texts }: { texts?: { [Lang in Language]?: unknown } | null }): Language[] =>
  languages.filter((language) => texts?.[language]);
