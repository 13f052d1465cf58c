import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import { languages } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';

const subscriberStates = ['pending', 'subscribed', 'unsubscribed'] as const;
const subscriberMails = ['confirm', 'invitation', 'already'] as const;

const schema = new Schema(
  {
    emailKey: { type: String, required: true, unique: true },
    /** Gone as soon as somebody leaves: nothing is left to mail to. */
    sealed: { email: Buffer, name: Buffer },
    language: { type: String, enum: languages, required: true },
    state: { type: String, enum: subscriberStates, required: true },
    /** By a form of their own, from the page after signing, or invited from a list that an organizer sent. */
    source: { type: String, enum: ['page', 'signed', 'import'] },
    /** The exact words agreed to, and where and when. */
    consent: [{ _id: false, wording: String, version: String, at: Date, page: String }],
    createdAt: { type: Date, required: true },
    /** When they joined last, and when they left last, if they have. */
    subscribedAt: Date,
    unsubscribedAt: Date,
    /** Only the keyed hash is left, so that nobody invites them again. */
    erasedAt: Date,
    /** The mail asked for last. `dueAt` stands until it is sent or refused for good. */
    mail: {
      kind: { type: String, enum: subscriberMails },
      n: { type: Number, default: 0 },
      requestedAt: Date,
      dueAt: Date,
    },
  },
  { versionKey: false, minimize: false, collection: 'subscribers' },
);
/** Whom an issue goes to, in the order of their ids. */
schema.index({ state: 1, _id: 1 });
schema.index({ state: 1, createdAt: 1 });
schema.index({ 'mail.dueAt': 1 }, { sparse: true });
/** The numbers over time. */
schema.index({ subscribedAt: 1 }, { sparse: true });
schema.index({ unsubscribedAt: 1 }, { sparse: true });

export type Subscriber = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export const Subscriber = model('Subscriber', schema);

type SubscriberField = 'email' | 'name';

/** Where a sealed value belongs. */
export const placeOf = (emailKey: string, field: SubscriberField): string =>
  `subscriber/${emailKey}/${field}`;

/** One sealed value in the clear; undefined where there is none. */
export function openSubscriber(
  { vault }: Pick<Platform, 'vault'>,
  { sealed, emailKey }: Pick<Subscriber, 'sealed' | 'emailKey'>,
  field: SubscriberField,
): string | undefined {
  const value = sealed?.[field];
  return value ? vault.open(value, placeOf(emailKey, field)) : undefined;
}
