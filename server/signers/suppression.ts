import { type InferSchemaType, model, Schema } from 'mongoose';
import { findTogether } from '../grouped.ts';

const schema = new Schema(
  {
    /** The keyed hash of the address; the address itself is not kept. */
    _id: { type: String, required: true },
    /** `updates`: nothing the person did not ask for. `all`: nothing ever again. */
    scope: { type: String, enum: ['updates', 'all'], required: true },
    reason: { type: String, enum: ['unsubscribed', 'erased', 'bounced'], required: true },
    at: { type: Date, required: true },
  },
  { versionKey: false, collection: 'suppressions' },
);

export type Suppression = InferSchemaType<typeof schema>;
export const Suppression = model('Suppression', schema);

/** Records that an address is not to be mailed; a wider scope is never narrowed by a later, smaller wish. */
export async function suppressAddress(
  emailKey: string,
  scope: Suppression['scope'],
  reason: Suppression['reason'],
  now = new Date(),
): Promise<void> {
  if (scope === 'all') {
    await Suppression.updateOne({ _id: emailKey }, { $set: { scope, reason, at: now } }, { upsert: true });
  } else {
    await Suppression.updateOne(
      { _id: emailKey },
      { $setOnInsert: { scope, reason, at: now } },
      { upsert: true },
    );
  }
}

/** Suppressions gone through at once. */
const atOnce = 1_000;

/** How many of a list must not be mailed: goes through the suppressions, which are few, and not through the list. */
export async function countSuppressed(countAmong: (emailKeys: string[]) => Promise<number>): Promise<number> {
  let suppressed = 0;
  for (let after = ''; ; ) {
    const found = await Suppression.find({ _id: { $gt: after } }, { _id: 1 })
      .sort({ _id: 1 })
      .limit(atOnce)
      .lean();
    const last = found.at(-1);
    if (!last) return suppressed;
    after = last._id;
    suppressed += await countAmong(found.map(({ _id }) => _id));
  }
}

const findSuppression = findTogether<Suppression & { _id: string }>(Suppression);

/** Whether mail may go to the address: `asked` for mail that follows from something its owner just did. */
export async function mayMail(emailKey: string, occasion: 'asked' | 'unasked'): Promise<boolean> {
  const suppression = await findSuppression(emailKey);
  return !suppression || (occasion === 'asked' && suppression.scope === 'updates');
}
