import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import { updateLimits } from '../../config/limits.ts';
import { type Language, languages, type Petition } from '../petitions/petition.ts';
import { publicationFields, sendingFields } from './publication.ts';

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

const sending = new Schema(
  {
    ...sendingFields,
    kind: { type: String, enum: updateKinds, required: true },
    texts: { en: text, fr: text },
    image: { upload: String },
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
    ...publicationFields,
    sending,
  },
  { versionKey: false },
);
schema.index({ petition: 1, n: -1 }, { unique: true });

export type Update = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export type UpdateTexts = { [Lang in Language]?: { title: string; body: string; imageAlt?: string | null } };
export const Update = model('Update', schema);

type Worded = Pick<Update, 'texts'>;

/** The update in a language, or in the petition's own, or in whichever it has. */
export function updateTextIn({ texts }: Worded, petition: Pick<Petition, 'language'>, lang: Language) {
  const order = [lang, petition.language, ...languages];
  const found = order.find((language) => texts?.[language]);
  const written = found && texts?.[found];
  if (!found || !written) throw new Error('An update has no text');
  return { lang: found, title: written.title, body: written.body, imageAlt: written.imageAlt ?? '' };
}
