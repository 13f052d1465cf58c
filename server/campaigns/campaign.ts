import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import { campaignLimits, petitionLimits } from '../../config/limits.ts';
import { type Language, languages } from '../petitions/petition.ts';

const text = new Schema(
  {
    title: { type: String, required: true, maxlength: 2 * petitionLimits.title },
    /** One or two sentences for lists and shared links. */
    summary: { type: String, required: true, maxlength: 2 * petitionLimits.summary },
    /** Markdown: the campaign's story. */
    body: { type: String, required: true, maxlength: 2 * campaignLimits.story },
    imageAlt: { type: String, default: '', maxlength: 300 },
  },
  { _id: false },
);

const schema = new Schema(
  {
    slug: { type: String, required: true, unique: true, match: /^[a-z0-9]+(-[a-z0-9]+)*$/, maxlength: 80 },
    /** Addresses it was published under before; they lead to the present one. */
    formerSlugs: { type: [String], default: [] },
    /** The language shown when none is asked for. */
    language: { type: String, enum: languages, required: true },
    texts: { en: text, fr: text },
    /** `file` is a path below public/; `upload` is the hash of a picture in the database. */
    image: { file: String, upload: String, width: Number, height: Number },
    hashtags: { type: [String], default: [] },
    /** Petitions of any kind, in the order of the page. */
    petitions: { type: [Schema.Types.ObjectId], default: [] },
    publishedAt: Date,
    /** It was public once: its addresses were given away. */
    wasPublic: { type: Boolean, default: false },
    opensAt: Date,
    closesAt: Date,
    timeZone: { type: String, default: 'UTC' },
    /** Came in or went out, and nobody has begun to take them into the count. */
    recountDue: { type: [Schema.Types.ObjectId], default: undefined },
    /** Goes up with every change an organizer makes: whoever edits an older one is told. */
    revision: { type: Number, default: 0 },
    editedBy: Schema.Types.ObjectId,
  },
  { versionKey: false, timestamps: true, minimize: false },
);
schema.index({ publishedAt: -1 });
schema.index({ formerSlugs: 1 });
schema.index({ petitions: 1 });
schema.index({ recountDue: 1 }, { sparse: true });

export type Campaign = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export const Campaign = model('Campaign', schema);

/** The campaign's text in a language, or in its own where it has no such text. */
export function campaignTextIn(campaign: Pick<Campaign, 'texts' | 'language' | 'slug'>, language: Language) {
  const found = campaign.texts?.[language] ?? campaign.texts?.[campaign.language];
  if (!found) throw new Error(`Campaign ${campaign.slug} has no text`);
  return found;
}

/** The languages the campaign can be read in, its own first. */
export const campaignLanguages = (campaign: Pick<Campaign, 'texts' | 'language'>): Language[] =>
  languages
    .filter((language) => campaign.texts?.[language])
    .sort((a, b) => Number(b === campaign.language) - Number(a === campaign.language));
