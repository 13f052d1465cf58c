import { createHash } from 'node:crypto';
import { type InferSchemaType, model, Schema, Types } from 'mongoose';
import { wordsOf } from '../audit/words.ts';
import { type Language, languages } from '../petitions/petition.ts';

export const providerNames = ['represent', 'table'] as const;
export type ProviderName = (typeof providerNames)[number];

/** Public people in public offices, as a provider knows them. Nothing here is about a signer. */
const schema = new Schema(
  {
    /** `<source>:<key>`: each person once in each source, however often a provider tells of them. */
    _id: { type: String, required: true },
    /** `represent`, or the id of the table that an organizer imported. */
    source: { type: String, required: true },
    /** What signers' forms carry. The same for one person in one office, whichever table or answer they are from. */
    key: { type: Schema.Types.ObjectId, required: true },
    /** As the source writes it; compared whole: an MP is no MPP. */
    office: { type: String, required: true },
    district: { type: String, default: '' },
    name: { type: String, required: true },
    title: { type: String, default: '' },
    /** Missing where nobody knows one: then no letter can go there. */
    email: String,
    language: { type: String, enum: languages },
    party: { type: String, default: '' },
    /** What they are found by. */
    words: [String],
    /** When Represent last told of them. */
    seenAt: Date,
  },
  { versionKey: false, collection: 'representatives' },
);
schema.index({ source: 1, words: 1 });
schema.index({ source: 1, office: 1 });
schema.index({ seenAt: 1 }, { sparse: true });

export type Representative = InferSchemaType<typeof schema>;
export const Representative = model('Representative', schema);

/** Which petition asks for whom. */
export type Wanted = { provider: ProviderName; offices: string[] };
/** What a provider says about one person. */
export type Told = {
  office: string;
  district: string;
  name: string;
  title: string;
  email?: string;
  language?: Language;
  party: string;
};

/** An id that stays for as long as the person, the office and the district do. `body` tells councils apart. */
export function keyOf(provider: ProviderName, { office, district, name }: Told, body = ''): Types.ObjectId {
  const hash = createHash('sha256').update(JSON.stringify([provider, body, office, district, name]));
  return new Types.ObjectId(hash.digest().subarray(0, 12));
}

const idOf = (source: string, key: Types.ObjectId | string): string => `${source}:${String(key)}`;

/** As it is stored, in one source. */
export const stored = (source: string, key: Types.ObjectId, told: Told) => ({
  ...{ _id: idOf(source, key), source, key, ...told },
  words: [...new Set(wordsOf(`${told.name} ${told.district}`))],
});

/** Those of the keys that the source knows in one of the offices, in the order of the keys. */
export async function readRepresentatives(
  source: string,
  offices: readonly string[],
  keys: readonly (string | Types.ObjectId)[],
): Promise<Representative[]> {
  if (keys.length === 0) return [];
  const ids = keys.map((key) => idOf(source, key));
  const found = await Representative.find({ _id: { $in: ids }, office: { $in: [...offices] } }).lean<
    Representative[]
  >();
  return found.sort((a, b) => ids.indexOf(a._id) - ids.indexOf(b._id));
}

/** Those in one of the offices whose name or district has every word that was typed, or a word that begins so. */
export async function searchRepresentatives(
  source: string,
  offices: readonly string[],
  typed: string,
  most: number,
): Promise<Representative[]> {
  const words = wordsOf(typed).slice(0, 6);
  if (words.length === 0) return [];
  return Representative.find({
    ...{ source, office: { $in: [...offices] } },
    $and: words.map((word) => ({ words: { $regex: `^${word}` } })),
  })
    .sort({ name: 1, _id: 1 })
    .limit(most)
    .lean<Representative[]>();
}
