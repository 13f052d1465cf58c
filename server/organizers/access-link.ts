import { type InferSchemaType, model, Schema, Types } from 'mongoose';
import type { Platform } from '../platform.ts';

const minute = 60_000;
/** How long a link is good, in milliseconds. The first owner's is until it is used. */
const goodFor = {
  firstOwner: Number.POSITIVE_INFINITY,
  invitation: 7 * 24 * 60 * minute,
  signIn: 15 * minute,
};

const schema = new Schema(
  {
    kind: { type: String, enum: ['firstOwner', 'invitation', 'signIn'], required: true },
    organizer: Schema.Types.ObjectId,
    createdAt: { type: Date, required: true },
    expiresAt: Date,
    usedAt: Date,
    /** Set until the mail with the link was sent; the first owner's is printed instead. */
    mailDueAt: Date,
  },
  { versionKey: false, collection: 'accessLinks' },
);
schema.index({ mailDueAt: 1 }, { sparse: true });
schema.index({ kind: 1, usedAt: 1 });
schema.index({ organizer: 1 });

export type AccessLink = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export const AccessLink = model('AccessLink', schema);

/** Makes a one-time link for an organizer and has it mailed. */
export async function mailAccessLink(
  { queues }: Pick<Platform, 'queues'>,
  kind: 'invitation' | 'signIn',
  organizer: Types.ObjectId,
  now = new Date(),
): Promise<void> {
  const _id = new Types.ObjectId();
  const expiresAt = new Date(now.getTime() + goodFor[kind]);
  await AccessLink.create({ _id, kind, organizer, createdAt: now, expiresAt, mailDueAt: now });
  queues.enqueue('accessMail', { linkId: _id.toHexString() });
}

/** The path that makes the first owner, the same until it is used. */
export async function firstOwnerPath(
  { tokens }: Pick<Platform, 'tokens'>,
  now = new Date(),
): Promise<string> {
  const open = await AccessLink.findOne({ kind: 'firstOwner', usedAt: null }, { _id: 1 }).lean();
  const _id = open?._id ?? new Types.ObjectId();
  if (!open) await AccessLink.create({ _id, kind: 'firstOwner', createdAt: now });
  return accessPath({ tokens }, _id);
}

export const accessPath = ({ tokens }: Pick<Platform, 'tokens'>, id: Types.ObjectId): string =>
  `/organize/enter/${tokens.issue('enter', id)}`;

/** The link behind a token, as long as it can be used. */
export async function findAccessLink(
  { tokens }: Pick<Platform, 'tokens'>,
  token: string,
  now = new Date(),
): Promise<AccessLink | undefined> {
  const id = tokens.read('enter', token);
  const link = id && (await AccessLink.findById(id).lean<AccessLink>());
  return link && !link.usedAt && (!link.expiresAt || link.expiresAt > now) ? link : undefined;
}

/** Uses a link up. Of two who try at once, one gets true. */
export async function useAccessLink({ _id }: AccessLink, now = new Date()): Promise<boolean> {
  const { modifiedCount } = await AccessLink.updateOne({ _id, usedAt: null }, { $set: { usedAt: now } });
  return modifiedCount === 1;
}
