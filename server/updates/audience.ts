import type { Types } from 'mongoose';
import { Mailing, updateMailingId } from '../mailings/mailing.ts';
import type { Petition } from '../petitions/petition.ts';
import { Signature } from '../signatures/signature.ts';
import { Suppression } from '../signers/suppression.ts';
import { Update } from './update.ts';

/** Suppressions compared at once. */
const atOnce = 1_000;

/** Signers who agreed to updates and still do. */
export const agreedOn = ({ _id }: Pick<Petition, '_id'>) =>
  ({ petition: _id, state: 'confirmed', updates: true }) as const;

/** How many agreed, how many of them have since asked for no more mail, and how many that leaves. */
export async function countAudience(petition: Pick<Petition, '_id'>) {
  const agreed = await Signature.countDocuments(agreedOn(petition));
  const suppressed = agreed > 0 ? await countSuppressed(petition) : 0;
  return { agreed, suppressed, reached: agreed - suppressed };
}

/** Goes through the suppressions, which are few, and not through the signers. */
async function countSuppressed(petition: Pick<Petition, '_id'>): Promise<number> {
  let suppressed = 0;
  for (let after = ''; ; ) {
    const keys = await Suppression.find({ _id: { $gt: after } }, { _id: 1 })
      .sort({ _id: 1 })
      .limit(atOnce)
      .lean();
    const last = keys.at(-1);
    if (!last) return suppressed;
    after = last._id;
    suppressed += await Signature.countDocuments({
      ...agreedOn(petition),
      emailKey: { $in: keys.map(({ _id }) => _id) },
    });
  }
}

/** The addresses among these that must not be mailed unasked. */
export async function suppressedAmong(emailKeys: readonly string[]): Promise<Set<string>> {
  const found = await Suppression.find({ _id: { $in: emailKeys } }, { _id: 1 }).lean();
  return new Set(found.map(({ _id }) => _id));
}

/** Forgets which updates of a petition went to an address: the records carry its hash. */
export async function forgetUpdatesTo(emailKey: string, petition: Types.ObjectId): Promise<void> {
  const sent = await Update.find({ petition, sending: { $ne: null } }, { _id: 1 }).lean();
  if (sent.length === 0) return;
  await Mailing.deleteMany({ _id: { $in: sent.map(({ _id }) => updateMailingId(_id, emailKey)) } });
}
