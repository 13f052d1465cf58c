import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import { letterSchema } from '../letters/settings.ts';
import { openLetterSchema } from '../open-letters/signatory.ts';

export const languages = ['en', 'fr'] as const;
export type Language = (typeof languages)[number];

/** How much of a thing the signature form asks for. */
export const askings = ['off', 'optional', 'required'] as const;
export type Asking = (typeof askings)[number];

export const outcomes = ['delivered', 'answered', 'victory', 'withdrawn'] as const;
export type Outcome = (typeof outcomes)[number];
/** What official petitions go through before they are answered. */
const officialStages = ['certified', 'presented'] as const;

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

const bilingual = { en: String, fr: String };

const question = new Schema(
  {
    /** Names the answers; stays when the words change. */
    key: { type: String, required: true },
    kind: { type: String, enum: ['text', 'choice', 'yesNo'], required: true },
    label: bilingual,
    isRequired: { type: Boolean, default: false },
    /** Of a `choice`, as many in every language. */
    options: [{ ...bilingual, _id: false }],
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
    /** Addresses it was published under before; they lead to the present one. */
    formerSlugs: [String],
    /** Goes up with every change an organizer makes: whoever edits an older one is told. */
    revision: { type: Number, default: 0 },
    /** Of the text. Goes up with every change of it once it was public; see versions/version.ts. */
    version: { type: Number, default: 1 },
    versionAt: Date,
    editedBy: Schema.Types.ObjectId,
    /** `file` is a path below public/; `upload` is the hash of a picture in the database. */
    image: { file: String, upload: String, width: Number, height: Number },
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
          enum: [...outcomes, ...officialStages, 'corrected'],
          required: true,
        },
        at: { type: Date, required: true },
        note: { en: String, fr: String },
      },
    ],
    /** Paper and partner signatures: shown apart, added to the public total. Entries are added, never edited. */
    ledger: [
      {
        at: { type: Date, required: true },
        who: { type: String, required: true },
        source: { type: String, required: true },
        /** What it adds; for a correcting entry the difference, which may be negative. */
        number: { type: Number, required: true },
        recordedAt: Date,
        organizer: Schema.Types.ObjectId,
        /** The entry this one corrects, and why. */
        corrects: Schema.Types.ObjectId,
        why: String,
      },
    ],
    /** Whether names and comments are shown at once, or only when a moderator has approved them. */
    moderation: { type: String, enum: ['before', 'after'], default: 'after' },
    /** What the signature form asks for beside name, address and country. */
    asks: {
      postalCode: { type: String, enum: askings, default: 'optional' },
      phone: { type: String, enum: askings, default: 'off' },
      comment: { type: String, enum: askings, default: 'optional' },
    },
    questions: { type: [question], default: [] },
    /** Asked in public once and no longer: their answers are still there. */
    formerQuestions: { type: [question], default: [] },
    /** The words of the consent, where they are not the usual ones. */
    consent: { signing: bilingual, updates: bilingual },
    hashtags: [String],
    /** Of kind `letter`: its words and how it goes out. */
    letter: letterSchema,
    /** Of kind `openLetter`: how its signatories are listed. */
    openLetter: openLetterSchema,
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
    /** Of a letter that goes to everybody's own representatives: who knows them, and in which offices. */
    representatives: { provider: { type: String, enum: ['represent', 'table'] }, offices: [String] },
  },
  { versionKey: false, timestamps: true, minimize: false },
);
schema.index({ publishedAt: -1 });
schema.index({ formerSlugs: 1 });

export type Petition = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
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

/** The petition's own questions, those it no longer asks too: what was answered to them is still there. */
export const everAsked = ({
  questions,
  formerQuestions,
}: Partial<Pick<Petition, 'questions' | 'formerQuestions'>>) => [
  ...(questions ?? []),
  ...(formerQuestions ?? []),
];
