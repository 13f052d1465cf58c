import { type HydratedDocument, type InferSchemaType, model, Schema, type Types } from 'mongoose';

export const languages = ['en', 'fr'] as const;
export type Language = (typeof languages)[number];

const text = new Schema(
  {
    title: { type: String, required: true, maxlength: 200 },
    addressedTo: { type: String, required: true, maxlength: 200 },
    /** One or two sentences for lists and shared links. */
    summary: { type: String, required: true, maxlength: 400 },
    /** Markdown. */
    body: { type: String, required: true, maxlength: 50_000 },
    imageAlt: { type: String, default: '', maxlength: 300 },
  },
  { _id: false },
);

const schema = new Schema(
  {
    slug: { type: String, required: true, unique: true, match: /^[a-z0-9]+(-[a-z0-9]+)*$/, maxlength: 80 },
    kind: { type: String, enum: ['petition', 'letter', 'openLetter', 'linked'], default: 'petition' },
    /** The language shown when none is asked for. */
    language: { type: String, enum: languages, required: true },
    texts: { en: text, fr: text },
    /** `file` is a path below public/. */
    image: { file: String, width: Number, height: Number },
    /** Who runs it, and how the press reaches them. */
    group: {
      name: { type: String, required: true },
      url: String,
      pressName: String,
      pressEmail: String,
      pressPhone: String,
    },
    goal: {
      kind: { type: String, enum: ['fixed', 'auto'], required: true },
      number: { type: Number, min: 1 },
    },
    publishedAt: Date,
    opensAt: Date,
    closesAt: Date,
    timeZone: { type: String, default: 'UTC' },
    /** What came of it, dated; a petition's phase is never stored. */
    history: [
      {
        _id: false,
        outcome: {
          type: String,
          enum: ['delivered', 'answered', 'victory', 'withdrawn', 'corrected'],
          required: true,
        },
        at: { type: Date, required: true },
        note: { en: String, fr: String },
      },
    ],
    /** Paper and partner signatures: shown apart, added to the public total. */
    ledger: [
      {
        _id: false,
        at: { type: Date, required: true },
        who: { type: String, required: true },
        source: { type: String, required: true },
        number: { type: Number, required: true },
      },
    ],
    hashtags: [String],
    /** Organizers with a stronger role here than everywhere. */
    team: [
      {
        _id: false,
        organizer: { type: Schema.Types.ObjectId, required: true },
        role: { type: String, enum: ['viewer', 'moderator', 'editor', 'owner'], required: true },
      },
    ],
    donationUrl: String,
    newsletterUrl: String,
  },
  { versionKey: false, timestamps: true, minimize: false },
);
schema.index({ publishedAt: -1 });

export type Petition = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export type PetitionDocument = HydratedDocument<Petition>;
export const Petition = model('Petition', schema);

/** The petition's text in a language, or in its own where it has no such text. */
export function textIn(
  petition: Petition,
  language: Language,
): NonNullable<Petition['texts']>['en'] & object {
  const found = petition.texts?.[language] ?? petition.texts?.[petition.language];
  if (!found) throw new Error(`Petition ${petition.slug} has no text`);
  return found;
}

/** The languages the petition can be read in, its own first. */
export const languagesOf = (petition: Petition): Language[] =>
  [...languages]
    .filter((language) => petition.texts?.[language])
    .sort((a, b) => Number(b === petition.language) - Number(a === petition.language));
