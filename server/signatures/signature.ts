import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import { inPublic, reviewSchema } from '../moderation/review.ts';
import { signatorySchema } from '../open-letters/signatory.ts';
import { countedSchema } from '../tallies/tally.ts';

export const signatureStates = ['pending', 'confirmed', 'held', 'withdrawn', 'invalidated'] as const;
export type SignatureState = (typeof signatureStates)[number];

const mailKinds = ['confirm', 'reminder', 'duplicate'] as const;
export type MailKind = (typeof mailKinds)[number];

const happening = new Schema(
  {
    at: { type: Date, required: true },
    from: { type: String, enum: [...signatureStates, null] },
    to: { type: String, enum: signatureStates, required: true },
    by: { type: String, enum: ['signer', 'organizer', 'platform'], required: true },
    organizer: Schema.Types.ObjectId,
    task: Schema.Types.ObjectId,
    why: String,
  },
  { _id: false },
);

const schema = new Schema(
  {
    petition: { type: Schema.Types.ObjectId, required: true },
    /** Stands for the signer's mailbox; `erased:<id>` once they asked to be forgotten. */
    emailKey: { type: String, required: true },
    /** Keyed hashes an organizer finds it by: of the name, and of the address's domain. They go with the person. */
    nameKey: String,
    domainKey: String,
    state: { type: String, enum: signatureStates, required: true },

    /** Personal data, each value sealed by the vault. */
    sealed: {
      ...{ email: Buffer, name: Buffer, postalCode: Buffer, region: Buffer, phone: Buffer },
      ...{ comment: Buffer, ip: Buffer },
      /** JSON: what was answered to the petition's own questions. */
      answers: Buffer,
      /** JSON: the subject and text of a letter, as its signer sent it. */
      letter: Buffer,
      /** JSON: the organisation, or the title, that an open letter is signed with. */
      signatory: Buffer,
    },
    country: String,
    /** The second half of an ISO 3166-2 code, where what was typed is one we know. */
    region: String,
    language: { type: String, required: true },
    showName: { type: Boolean, default: false },
    hasComment: { type: Boolean, default: false },
    source: String,
    /** Of the petition's text, as it was signed. */
    version: { type: Number, default: 1 },
    /** The exact wording agreed to, and where and when. */
    consent: [{ _id: false, to: String, wording: String, version: String, at: Date, page: String }],
    updates: { type: Boolean, default: false },

    createdAt: { type: Date, required: true },
    confirmedAt: Date,
    remindedAt: Date,
    /** Set as long as `sealed.ip` is. */
    ipAt: Date,

    /** Every change of the state, the oldest first. */
    history: { type: [happening], default: [] },
    /** The organizers' task that made the state what it is; unset once anybody else changes it. */
    changedIn: Schema.Types.ObjectId,
    /** For a signature on paper: the task that read it in, and its row. */
    importedIn: Schema.Types.ObjectId,
    importedRow: Number,

    /** How the tally includes it; null where it does not. */
    counted: { type: countedSchema, default: null },
    /** The tally's version that last marked `counted`: a late marker of an older one changes nothing. */
    countedIn: { type: Number, default: 0 },
    /** The state changed since the tally last looked. */
    recount: Boolean,

    /** What moderators made of the name and comment. */
    review: reviewSchema,

    /**
     * Of a petition of kind `letter`: to whom it goes, how much of it is in the signer's own words (percent), and,
     * from the moment it was confirmed until the letters are written down, since when.
     */
    letter: {
      type: new Schema({ targets: [Schema.Types.ObjectId], own: Number, dueAt: Date }, { _id: false }),
    },

    /** Of an open letter, where an organisation signs or somebody with a title. */
    signatory: { type: signatorySchema },

    /** The mail asked for last. `dueAt` stands until it is sent or refused for good. */
    mail: {
      kind: { type: String, enum: mailKinds },
      n: { type: Number, default: 0 },
      requestedAt: Date,
      dueAt: Date,
      /** The organizers' task that asked for it. */
      task: Schema.Types.ObjectId,
    },
  },
  { versionKey: false, minimize: false },
);

/** Its violation is the duplicate rule. */
schema.index({ petition: 1, emailKey: 1 }, { unique: true });
schema.index({ recount: 1, petition: 1 }, { partialFilterExpression: { recount: true } });
schema.index({ petition: 1, state: 1, showName: 1, confirmedAt: -1 });
/** The moderators' queue, the most reported first, and what they decided. */
schema.index(
  { petition: 1, 'review.settled': 1, 'review.reports': -1, confirmedAt: 1 },
  { partialFilterExpression: inPublic },
);
schema.index(
  { petition: 1, 'review.shows': 1, confirmedAt: -1 },
  { partialFilterExpression: { 'review.shows': { $exists: true } } },
);
/** Whom an update goes to. */
schema.index({ petition: 1, _id: 1 }, { partialFilterExpression: { state: 'confirmed', updates: true } });
schema.index({ state: 1, createdAt: 1 });
/** Those who were asked to confirm by mail, the latest first. */
schema.index({ petition: 1, createdAt: -1 }, { partialFilterExpression: { 'mail.kind': { $exists: true } } });
schema.index({ emailKey: 1 });
schema.index({ 'mail.dueAt': 1 }, { sparse: true });
schema.index({ ipAt: 1 }, { sparse: true });
/** Letters to write down: few at a time, and none but of letters. */
schema.index({ 'letter.dueAt': 1 }, { sparse: true });
/** The signatories of open letters, and who may be the same under another spelling. Empty but for them. */
schema.index(
  { petition: 1, 'signatory.kind': 1, 'signatory.keys': 1 },
  { partialFilterExpression: { 'signatory.kind': { $exists: true } } },
);
/** Its violation is the rule that an organisation counts once. */
schema.index(
  { petition: 1, 'signatory.seats': 1 },
  { unique: true, partialFilterExpression: { 'signatory.seats': { $exists: true } } },
);
/** What organizers look for. */
schema.index({ petition: 1, _id: 1 }, { name: 'inOrder' });
schema.index({ petition: 1, createdAt: -1, _id: -1 }, { name: 'inTime' });
schema.index({ petition: 1, state: 1, _id: 1 });
schema.index({ petition: 1, region: 1, _id: 1 }, { partialFilterExpression: { region: { $exists: true } } });
schema.index({ petition: 1, country: 1, _id: 1 });
schema.index({ petition: 1, source: 1, _id: 1 });
schema.index({ petition: 1, nameKey: 1 });
schema.index({ petition: 1, domainKey: 1, _id: 1 });
/** What a task changed, and what is still as it left it. */
schema.index(
  { 'history.task': 1, _id: 1 },
  { partialFilterExpression: { 'history.task': { $exists: true } } },
);
schema.index({ changedIn: 1, _id: 1 }, { partialFilterExpression: { changedIn: { $exists: true } } });
schema.index({ importedIn: 1, _id: 1 }, { partialFilterExpression: { importedIn: { $exists: true } } });

export type Signature = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export const Signature = model('Signature', schema);

export type SealedField = keyof NonNullable<Signature['sealed']>;

/** Where a sealed value belongs: the petition, the signer and the field. */
export const placeOf = (
  signature: { petition: Types.ObjectId; emailKey: string },
  field: SealedField,
): string => `${signature.petition.toHexString()}/${signature.emailKey}/${field}`;

/** The person is no longer behind it; only the anonymous count is left. */
export const isErased = ({ emailKey }: Pick<Signature, 'emailKey'>): boolean =>
  emailKey.startsWith('erased:');
