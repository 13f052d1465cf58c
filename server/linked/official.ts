import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import { type Language, languages, type Petition } from '../petitions/petition.ts';

const bilingual = { en: String, fr: String };
/** A day of the calendar, `2026-09-04`: official dates have no time of their own. */
const day = { type: String, match: /^\d{4}-\d{2}-\d{2}$/ };

export const readingFailures = [
  ...(['unreachable', 'late', 'refused', 'notFound', 'moved', 'tooLarge', 'malformed'] as const),
] as const;
export type ReadingFailure = (typeof readingFailures)[number];

const schema = new Schema(
  {
    /** The petition of ours that leads there. */
    _id: { type: Schema.Types.ObjectId, required: true },
    /** The official page, in the languages that it has. */
    urls: bilingual,
    number: String,
    sponsor: String,
    opensOn: day,
    closesOn: day,
    /** How many signatures lead to something, the fewest first. */
    thresholds: { type: [Number], default: [] },
    /** How one signs there, a step a line; the usual steps of the site where there are none. */
    steps: bilingual,
    /** Goes up with every change: whoever saves over an older one is told. */
    revision: { type: Number, default: 1 },
    /** When the count is to be read next; unset where organizers enter it. */
    nextReadAt: Date,
    triedAt: Date,
    /** What the site said last, and when. */
    read: { at: Date, state: String, opensOn: day, closesOn: day },
    /** Why it could not be read, since when, and how often in a row. */
    failure: { reason: { type: String, enum: readingFailures }, since: Date, times: Number },
  },
  { versionKey: false, minimize: false },
);
schema.index({ nextReadAt: 1 }, { sparse: true });

/** What is known of the petition on the official site. */
export type Official = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export const Official = model('Official', schema);

const countSchema = new Schema(
  {
    /** Given with the form, so that one sent twice is one entry; `<petition>:<day>` for what a job read. */
    _id: { type: String, required: true },
    petition: { type: Schema.Types.ObjectId, required: true },
    /** The day the count is of. */
    day: { ...day, required: true },
    count: { type: Number, required: true, min: 0 },
    recordedAt: { type: Date, required: true },
    /** Unset where a job read it. */
    organizer: Schema.Types.ObjectId,
    /** The entry this one corrects, and why. Entries are added, never edited. */
    corrects: String,
    why: String,
  },
  { versionKey: false, collection: 'officialcounts' },
);
countSchema.index({ petition: 1, day: -1 });

export type OfficialCount = InferSchemaType<typeof countSchema>;
export const OfficialCount = model('OfficialCount', countSchema);

export const findOfficial = ({ _id }: Pick<Petition, '_id'>): Promise<Official | null> =>
  Official.findById(_id).lean<Official>();

type Words = { en?: string | null; fr?: string | null } | null | undefined;

/** In a language, or in the petition's own, or in whichever there is. */
export function inLanguageOf(
  words: Words,
  { language }: Pick<Petition, 'language'>,
  lang: Language,
): string | undefined {
  return [lang, language, ...languages].map((each) => words?.[each]).find(Boolean) ?? undefined;
}

/** The address in the petition's own language, which says what site it is. */
export const mainUrl = ({ urls }: Pick<Official, 'urls'>, petition: Pick<Petition, 'language'>): string =>
  inLanguageOf(urls, petition, petition.language) ?? '';

/** Why a petition of this kind cannot be made public as it is; undefined where it can. */
export async function officialObstacle({ _id, kind }: Petition): Promise<string | undefined> {
  if (kind !== 'linked' || (await Official.exists({ _id }))) return undefined;
  return 'It does not say yet where the official page is. Enter its address under “Official page” first.';
}
