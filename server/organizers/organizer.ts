import { type InferSchemaType, model, Schema, Types } from 'mongoose';
import type { Language } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { readId } from '../record-id.ts';
import type { Address } from '../signers/address.ts';
import { type Role, roles } from './roles.ts';

const passkey = new Schema(
  {
    /** The credential's id, base64url. */
    _id: { type: String, required: true },
    publicKey: { type: Buffer, required: true },
    counter: { type: Number, required: true },
    transports: [String],
    name: { type: String, required: true },
    createdAt: { type: Date, required: true },
    lastUsedAt: Date,
  },
  { _id: false },
);

const schema = new Schema(
  {
    emailKey: { type: String, required: true, unique: true },
    sealed: { email: { type: Buffer, required: true }, name: Buffer },
    role: { type: String, enum: roles, required: true },
    language: { type: String, enum: ['en', 'fr'], default: 'en' },
    passkeys: { type: [passkey], default: [] },
    createdAt: { type: Date, required: true },
    /** Unset while the invitation is open. */
    acceptedAt: Date,
    /** They can no longer come in; what they did stays in the log under their name. */
    endedAt: Date,
  },
  { versionKey: false },
);
schema.index({ 'passkeys._id': 1 }, { sparse: true });

export type Organizer = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export const Organizer = model('Organizer', schema);

const placeOf = (emailKey: string, field: 'email' | 'name'): string => `organizer/${emailKey}/${field}`;
type Vaulted = Pick<Platform, 'vault'>;

/** Makes an account that is not accepted yet. `taken` where the address has one, open, accepted or ended. */
export async function inviteOrganizer(
  { vault }: Vaulted,
  address: Address,
  role: Role,
  now = new Date(),
): Promise<{ outcome: 'invited'; id: Types.ObjectId } | { outcome: 'taken'; by: Organizer }> {
  const _id = new Types.ObjectId();
  const emailKey = vault.emailKey(address.canonical);
  const email = vault.seal(address.address, placeOf(emailKey, 'email'));
  try {
    await Organizer.create({ _id, emailKey, sealed: { email }, role, createdAt: now });
    return { outcome: 'invited', id: _id };
  } catch (error) {
    if ((error as { code?: number }).code !== 11000) throw error;
    return { outcome: 'taken', by: await Organizer.findOne({ emailKey }).orFail().lean<Organizer>() };
  }
}

/** The account is theirs from now on, under the name they give. */
export async function acceptInvitation(
  { vault }: Vaulted,
  { _id, emailKey }: Pick<Organizer, '_id' | 'emailKey'>,
  name: string,
  now = new Date(),
): Promise<void> {
  const sealed = vault.seal(name, placeOf(emailKey, 'name'));
  await Organizer.updateOne({ _id }, { $set: { 'sealed.name': sealed, acceptedAt: now } });
}

/** How somebody is called, and in which language they get mail. */
export async function changeProfile(
  { vault }: Vaulted,
  { _id, emailKey }: Pick<Organizer, '_id' | 'emailKey'>,
  { name, language }: { name: string; language: Language },
): Promise<void> {
  const sealed = vault.seal(name, placeOf(emailKey, 'name'));
  await Organizer.updateOne({ _id }, { $set: { 'sealed.name': sealed, language } });
}

/** An organizer as pages name them. */
export function organizerView({ vault }: Vaulted, organizer: Organizer) {
  const { emailKey, sealed, role, acceptedAt, endedAt, createdAt, language } = organizer;
  const email = sealed?.email ? vault.open(sealed.email, placeOf(emailKey, 'email')) : '';
  const name = sealed?.name ? vault.open(sealed.name, placeOf(emailKey, 'name')) : email;
  return { id: organizer._id.toHexString(), name, email, role, acceptedAt, endedAt, createdAt, language };
}

/** The organizer with this id, as it came in an address or a form. */
export async function findOrganizer(typed: unknown): Promise<Organizer | null> {
  const id = readId(typed);
  return id ? Organizer.findById(id).lean<Organizer>() : null;
}

/** Whether anybody owns the place yet. */
export const hasOwner = async (): Promise<boolean> =>
  Boolean(await Organizer.exists({ role: 'owner', acceptedAt: { $ne: null }, endedAt: null }));

/** Whom to ask for a role. */
export async function ownerNames(platform: Vaulted): Promise<string[]> {
  const owners = await Organizer.find({ role: 'owner', acceptedAt: { $ne: null }, endedAt: null }).lean<
    Organizer[]
  >();
  return owners.map((owner) => organizerView(platform, owner).name);
}
