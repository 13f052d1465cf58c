import { type InferSchemaType, model, Schema, Types } from 'mongoose';
import type { Platform } from '../platform.ts';

const minute = 60_000;
/** How long a mailed link is good, in milliseconds. The first owner's is until it is used. */
const goodFor = {
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
    /** Where the organizer was going when they were asked to sign in. */
    next: String,
    /** Set on the first owner's link while it can be used: there is one. */
    open: String,
    /** Set until the mail with the link was sent; the first owner's is printed instead. */
    mailDueAt: Date,
  },
  { versionKey: false, collection: 'accessLinks' },
);
schema.index({ mailDueAt: 1 }, { sparse: true });
schema.index({ organizer: 1 });
schema.index({ open: 1 }, { unique: true, sparse: true });
schema.index({ expiresAt: 1 }, { expireAfterSeconds: 30 * 24 * 60 * 60 });

export type AccessLink = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export const AccessLink = model('AccessLink', schema);

/** Makes a one-time link for an organizer and has it mailed. */
export async function mailAccessLink(
  { queues }: Pick<Platform, 'queues'>,
  kind: 'invitation' | 'signIn',
  organizer: Types.ObjectId,
  { next, now = new Date() }: { next?: string; now?: Date } = {},
): Promise<void> {
  const _id = new Types.ObjectId();
  const expiresAt = new Date(now.getTime() + goodFor[kind]);
  await AccessLink.create({ _id, kind, organizer, next, createdAt: now, expiresAt, mailDueAt: now });
  queues.enqueue('accessMail', { linkId: _id.toHexString() });
}

/** The path that makes the first owner, the same until it is used. */
export async function firstOwnerPath(
  { tokens }: Pick<Platform, 'tokens'>,
  now = new Date(),
): Promise<string> {
  const _id = new Types.ObjectId();
  try {
    await AccessLink.create({ _id, kind: 'firstOwner', open: 'firstOwner', createdAt: now });
    return accessPath({ tokens }, _id);
  } catch (error) {
    if ((error as { code?: number }).code !== 11000) throw error;
    const made = await AccessLink.findOne({ open: 'firstOwner' }, { _id: 1 }).lean().orFail();
    return accessPath({ tokens }, made._id);
  }
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
  const used = { $set: { usedAt: now }, $unset: { open: 1 } };
  const { modifiedCount } = await AccessLink.updateOne({ _id, usedAt: null }, used);
  return modifiedCount === 1;
}

/** Older links in somebody's mail let nobody in any more. */
export async function retireAccessLinks(organizer: Types.ObjectId, now = new Date()): Promise<void> {
  await AccessLink.updateMany({ organizer, usedAt: null }, { $set: { usedAt: now } });
}
