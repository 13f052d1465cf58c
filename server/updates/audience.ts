import type { Types } from 'mongoose';
import { Mailing, updateMailingId } from '../mailings/mailing.ts';
import type { Petition } from '../petitions/petition.ts';
import { Signature } from '../signatures/signature.ts';
import { countSuppressed, Suppression } from '../signers/suppression.ts';
import { Update } from './update.ts';

/** Signers who agreed to updates and still do. */
export const agreedOn = ({ _id }: Pick<Petition, '_id'>) =>
  ({ petition: _id, state: 'confirmed', updates: true }) as const;

/** How many agreed, how many of them have since asked for no more mail, and how many that leaves. */
export async function countAudience(petition: Pick<Petition, '_id'>) {
  const countAmong = (emailKeys: string[]) =>
    Signature.countDocuments({ ...agreedOn(petition), emailKey: { $in: emailKeys } }).exec();
  const agreed = await Signature.countDocuments(agreedOn(petition));
  const suppressed = agreed > 0 ? await countSuppressed(countAmong) : 0;
  return { agreed, suppressed, reached: agreed - suppressed };
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
