import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import { type Language, languages, type Petition } from '../petition.ts';
import { phaseOf } from '../phase.ts';

/** What people agree to when they sign; the text of a picture is not part of it. */
export const signedFields = ['title', 'addressedTo', 'summary', 'body'] as const;
export type SignedField = (typeof signedFields)[number];
export type SignedTexts = Partial<Record<Language, Record<SignedField, string>>>;

const text = new Schema(
  Object.fromEntries(signedFields.map((field) => [field, { type: String, required: true }])),
  { _id: false },
);

const schema = new Schema(
  {
    petition: { type: Schema.Types.ObjectId, required: true },
    number: { type: Number, required: true },
    texts: { en: text, fr: text },
    from: Date,
    until: { type: Date, required: true },
    /** Nobody had signed it when it was replaced: no part of what the public is told. */
    isUnsigned: { type: Boolean, default: false },
  },
  { versionKey: false, collection: 'petitionVersions' },
);
schema.index({ petition: 1, number: 1 }, { unique: true });

/** A text of a petition that is no longer its present one. */
export type PetitionVersion = Omit<InferSchemaType<typeof schema>, 'texts'> & {
  _id: Types.ObjectId;
  texts: SignedTexts;
};
export const PetitionVersion = model('PetitionVersion', schema);

/** The part of a petition's texts that is signed. */
export function signedTextsOf({ texts }: { texts?: object | null }): SignedTexts {
  const given = (texts ?? {}) as SignedTexts;
  return Object.fromEntries(
    languages.flatMap((language) => {
      const found = given[language];
      if (!found) return [];
      return [[language, Object.fromEntries(signedFields.map((field) => [field, found[field]]))]];
    }),
  );
}

/** The number of the present text; petitions of old databases have none. */
export const versionOf = ({ version }: Pick<Petition, 'version'>): number => version ?? 1;

/** Whether a change of the text makes a new version: from the moment the public could read it. */
export const isFrozen = (petition: Petition, now: Date): boolean => phaseOf(petition, now) !== 'draft';

/**
 * Keeps the text that is about to be replaced. Comes before the change itself: a text that is kept and then not
 * replaced does no harm, because versions count only below the petition's own.
 */
export async function keepVersion(petition: Petition, isUnsigned: boolean, now: Date): Promise<void> {
  const from = petition.versionAt ?? petition.publishedAt ?? undefined;
  await PetitionVersion.updateOne(
    { petition: petition._id, number: versionOf(petition) },
    { $set: { until: now, isUnsigned }, $setOnInsert: { texts: signedTextsOf(petition), from } },
    { upsert: true },
  );
}

/** Somebody signed an older text after all: their page was open while it was changed. */
export async function rememberSigned(petition: Types.ObjectId, number: number): Promise<void> {
  await PetitionVersion.updateOne({ petition, number, isUnsigned: true }, { $set: { isUnsigned: false } });
}

/** The older texts that people signed, the first one first. */
export async function listVersions(petition: Petition): Promise<PetitionVersion[]> {
  if (versionOf(petition) <= 1) return [];
  return PetitionVersion.find({
    petition: petition._id,
    number: { $lt: versionOf(petition) },
    isUnsigned: false,
  })
    .sort({ number: 1 })
    .lean<PetitionVersion[]>();
}

/** The text somebody signed, where it is not the present one. */
export async function findVersion(petition: Petition, number: number): Promise<PetitionVersion | undefined> {
  if (number >= versionOf(petition)) return undefined;
  const found = await PetitionVersion.findOne({ petition: petition._id, number }).lean<PetitionVersion>();
  return found ?? undefined;
}
