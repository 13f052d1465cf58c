import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import { letterLimits } from '../../config/limits.ts';
import { type Language, languages, type Petition } from '../petitions/petition.ts';
import type { Chosen } from '../representatives/choose.ts';
import { wantedBy } from '../representatives/providers.ts';
import { parseAddress } from '../signers/address.ts';
import { letterTextIn } from './settings.ts';

/** Why a target gets nothing just now. */
const pauses = ['organizer', 'bounced', 'refused'] as const;

const schema = new Schema(
  {
    petition: { type: Schema.Types.ObjectId, required: true },
    name: { type: String, required: true },
    title: { type: String, default: '' },
    /** Where its letters go, and the spelling that stands for the mailbox. */
    address: { type: String, required: true },
    mailbox: { type: String, required: true },
    language: { type: String, enum: languages, required: true },
    /** How letters to it begin; unset where they begin as is usual. */
    salutation: String,
    /** On the organizers' list: every letter goes to it. */
    isListed: { type: Boolean, default: false },
    /** Of a representative that signers chose: who it is at the provider. */
    representative: String,
    createdAt: { type: Date, required: true },

    pausedAt: Date,
    pausedFor: { type: String, enum: pauses },
    /** The last failure for good: when, and what the mail server said; unset once a letter has arrived. */
    failedAt: Date,
    reason: String,
    failures: { type: Number, default: 0 },

    /** When there is something to send; unset where nothing waits. */
    dueAt: Date,
    /** The pace: nothing before this. */
    restsUntil: Date,
    /** Goes up with every letter that is written: whoever found nothing to do can tell that something came since. */
    calls: { type: Number, default: 0 },
    /** Its letters, counted anew after each turn. */
    counts: {
      sent: { type: Number, default: 0 },
      bounced: { type: Number, default: 0 },
      refused: { type: Number, default: 0 },
      unclear: { type: Number, default: 0 },
    },
  },
  { versionKey: false, minimize: false, collection: 'targets' },
);
/** Its violation is the rule that nobody is a target twice. */
schema.index({ petition: 1, mailbox: 1 }, { unique: true });
schema.index({ dueAt: 1 }, { sparse: true });

export type Target = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export const Target = model('Target', schema);

/** A petition is remembered for a moment, and its list as long. */
const known = new WeakMap<Petition, Promise<Target[]>>();

/** The organizers' list: everybody a letter goes to, whoever sends it. */
export function listedTargets(petition: Petition): Promise<Target[]> {
  const found = known.get(petition) ?? readListed(petition);
  known.set(petition, found);
  found.catch(() => known.delete(petition));
  return found;
}

const readListed = async ({ _id }: Pick<Petition, '_id'>): Promise<Target[]> =>
  Target.find({ petition: _id, isListed: true })
    .sort({ _id: 1 })
    .limit(letterLimits.targets)
    .lean<Target[]>();

/** Those of these that are this petition's. */
export const findTargets = (
  { _id }: Pick<Petition, '_id'>,
  ids: readonly Types.ObjectId[],
): Promise<Target[]> =>
  Target.find({ _id: { $in: [...ids] }, petition: _id })
    .sort({ _id: 1 })
    .lean<Target[]>();

export const targetLanguage = ({ language }: Pick<Target, 'language'>): Language => language as Language;

/**
 * The targets of the representatives a signer chose, made where nobody has chosen them before. Who they are and where
 * they are written to comes from their provider, never from a form.
 */
export async function representativeTargets(
  { _id: petition }: Pick<Petition, '_id'>,
  chosen: readonly Chosen[],
  now: Date,
): Promise<Types.ObjectId[]> {
  const ids: Types.ObjectId[] = [];
  for (const { id, name, title, email, language } of chosen) {
    const address = parseAddress(email);
    if (!address) continue;
    const mailbox = { petition, mailbox: address.canonical };
    const made = { name, title, address: address.address, language, isListed: false, createdAt: now };
    const update = { $set: { representative: id }, $setOnInsert: made };
    await Target.updateOne(mailbox, update, { upsert: true }).catch(unlessThere);
    const target = await Target.findOne(mailbox, { _id: 1 }).lean();
    if (target) ids.push(target._id);
  }
  return ids;
}

/** Somebody else chose the same one at the same moment. */
function unlessThere(error: { code?: number }): void {
  if (error.code !== 11000) throw error;
}

/** Why a letter cannot be made public as it is; undefined where it can. */
export async function letterObstacle(petition: Petition): Promise<string | undefined> {
  if (petition.kind !== 'letter') return undefined;
  if (!letterTextIn(petition, petition.language).subject)
    return 'The letter has no subject and text yet. Write them under “Letter”.';
  if (!wantedBy(petition) && (await readListed(petition)).length === 0)
    return 'The letter goes to nobody yet. Add its targets under “Letter”.';
  return undefined;
}

/** Puts everybody on one letter's list on another's. */
export async function copyTargets(
  from: Types.ObjectId,
  petition: Types.ObjectId,
  now = new Date(),
): Promise<void> {
  const listed = await readListed({ _id: from });
  const copies = listed.map(({ name, title, address, mailbox, language, salutation }) => ({
    ...{ petition, name, title, address, mailbox, language, salutation, isListed: true, createdAt: now },
  }));
  if (copies.length > 0) await Target.insertMany(copies);
}
