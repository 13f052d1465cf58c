import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import { updateLimits } from '../../config/limits.ts';
import { type Language, languages, type Petition } from '../petitions/petition.ts';

export const updateKinds = ['update', 'victory'] as const;
export type UpdateKind = (typeof updateKinds)[number];

const text = new Schema(
  {
    title: { type: String, required: true, maxlength: 2 * updateLimits.title },
    /** Markdown. */
    body: { type: String, required: true, maxlength: 2 * updateLimits.body },
    /** What the picture shows, where there is one. */
    imageAlt: { type: String, maxlength: 2 * updateLimits.imageAlt },
  },
  { _id: false },
);

/** What goes out is what stood there when sending began, whatever is changed afterwards. */
const sending = new Schema(
  {
    at: { type: Date, required: true },
    by: { type: Schema.Types.ObjectId, required: true },
    kind: { type: String, enum: updateKinds, required: true },
    texts: { en: text, fr: text },
    image: { upload: String },
    /** The work that mails it; there is none yet where a process died between the two. */
    task: { type: Schema.Types.ObjectId, required: true },
  },
  { _id: false },
);

const schema = new Schema(
  {
    petition: { type: Schema.Types.ObjectId, required: true },
    /** Its number on the petition, in its address. */
    n: { type: Number, required: true },
    kind: { type: String, enum: updateKinds, required: true },
    texts: { en: text, fr: text },
    /** The hash of a picture in the database. */
    image: { upload: String },
    /** Goes up with every change: whoever saves over an older one is told. */
    revision: { type: Number, default: 1 },
    createdAt: { type: Date, required: true },
    createdBy: { type: Schema.Types.ObjectId, required: true },
    changedAt: Date,
    /** On the petition's page since then, unless it was taken off. */
    publishedAt: Date,
    hiddenAt: Date,
    sending,
  },
  { versionKey: false },
);
schema.index({ petition: 1, n: -1 }, { unique: true });

export type Update = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export type UpdateTexts = { [Lang in Language]?: { title: string; body: string; imageAlt?: string | null } };
export const Update = model('Update', schema);

type Worded = Pick<Update, 'texts'>;
type Published = { publishedAt?: Date | null | undefined; hiddenAt?: Date | null | undefined };

/** The update in a language, or in the petition's own, or in whichever it has. */
export function updateTextIn({ texts }: Worded, petition: Pick<Petition, 'language'>, lang: Language) {
  const order = [lang, petition.language, ...languages];
  const found = order.find((language) => texts?.[language]);
  const written = found && texts?.[found];
  if (!found || !written) throw new Error('An update has no text');
  return { lang: found, title: written.title, body: written.body, imageAlt: written.imageAlt ?? '' };
}

/** Whether the public may read an update or an issue. */
export const isPublic = ({ publishedAt, hiddenAt }: Published): boolean => Boolean(publishedAt && !hiddenAt);

/** The languages an update or an issue can be read in. */
export const languagesIn = ({ texts }: { texts?: { [Lang in Language]?: unknown } | null }): Language[] =>
  languages.filter((language) => texts?.[language]);
