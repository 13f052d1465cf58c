import type { Types } from 'mongoose';
import { leaveCampaigns } from '../campaigns/erasure.ts';
import { leaveNewsletter } from '../newsletter/leave.ts';
import { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { historyWith } from '../signatures/history.ts';
import { isErased, Signature, type SignatureState } from '../signatures/signature.ts';
import { inNoTally } from '../tallies/tally.ts';
import { forgetUpdatesTo } from '../updates/audience.ts';
import { suppressAddress } from './suppression.ts';
import type { Purpose } from './tokens.ts';

export type Own = { signature: Signature; petition: Petition | null };

/** The signature a mail's link belongs to; undefined for a link we did not make or a signature that is gone. */
export async function findOwnSignature(
  { tokens }: Pick<Platform, 'tokens'>,
  purpose: Purpose,
  token: string,
): Promise<Own | undefined> {
  const id = tokens.read(purpose, token);
  const signature = id && (await Signature.findById(id).lean<Signature>());
  if (!signature || isErased(signature)) return undefined;
  return { signature, petition: await Petition.findById(signature.petition).lean<Petition>() };
}

/** The states a signer can withdraw from; one that was invalidated does not count already, and stays so. */
export const withdrawable: readonly SignatureState[] = ['pending', 'confirmed', 'held'];

/** Takes a signature off the count, by its signer. */
export async function withdrawSignature(
  { queues }: Pick<Platform, 'queues'>,
  { _id, petition }: Pick<Signature, '_id' | 'petition'>,
  now = new Date(),
): Promise<void> {
  const { modifiedCount } = await Signature.updateOne(
    { _id, state: { $in: withdrawable } },
    [
      {
        $set: {
          history: historyWith({ at: now, to: 'withdrawn', by: 'signer' }),
          ...{ state: 'withdrawn', recount: true, updates: false },
        },
      },
      { $unset: ['mail.dueAt', 'changedIn'] },
    ],
    { updatePipeline: true },
  );
  if (modifiedCount > 0) queues.enqueue('tally', { petitionId: petition.toHexString() });
}

/** Keeps the signature, without its name in public. */
export async function hideName(_id: Types.ObjectId): Promise<void> {
  await Signature.updateOne({ _id }, { $set: { showName: false } });
}

/**
 * Forgets the person: every value that could lead to them goes, the anonymous count stays, and the address's
 * keyed hash remains only so that it is never mailed again.
 */
export async function eraseSigner(
  { _id, emailKey, petition }: Pick<Signature, '_id' | 'emailKey' | 'petition'>,
  now = new Date(),
): Promise<void> {
  await suppressAddress(emailKey, 'all', 'erased', now);
  await leaveNewsletter(emailKey, now);
  await forgetUpdatesTo(emailKey, petition);
  const { deletedCount } = await Signature.deleteOne({ _id, ...inNoTally });
  if (deletedCount > 0) return;
  await leaveCampaigns(petition, [{ _id, emailKey, petition }], () => anonymiseSignatures({ _id }), now);
}

/**
 * Strips signatures of everything personal, one update each so that every one gets a key of its own. An approved
 * organisation keeps its public name: it is no person.
 */
export async function anonymiseSignatures(which: Record<string, unknown>): Promise<number> {
  const { modifiedCount } = await Signature.updateMany(
    which,
    [
      {
        $set: {
          emailKey: { $concat: ['erased:', { $toString: '$_id' }] },
          showName: false,
          hasComment: false,
          updates: false,
          consent: [],
          history: [],
        },
      },
      { $unset: ['sealed', 'nameKey', 'domainKey', 'changedIn', 'ipAt', 'mail.dueAt', 'source', 'letter'] },
    ],
    { updatePipeline: true },
  );
  return modifiedCount;
}

/** Stops everything the person did not ask for just now: updates from this petition and any other, reminders, the newsletter. */
export async function unsubscribe(
  { _id, emailKey }: Pick<Signature, '_id' | 'emailKey'>,
  now = new Date(),
): Promise<void> {
  await Signature.updateOne({ _id }, { $set: { updates: false } });
  await suppressAddress(emailKey, 'updates', 'unsubscribed', now);
  await leaveNewsletter(emailKey, now);
}
