import type { Types } from 'mongoose';
import { campaignWork } from '../../config/limits.ts';
import { Signature } from '../signatures/signature.ts';
import { Participation } from './participation.ts';
import { petitionsOf } from './round.ts';
import { campaignsWith, touchPeople } from './touch.ts';

type Id = Types.ObjectId;
type Signer = Pick<Signature, '_id' | 'emailKey' | 'petition'>;

/** The key a signature has once its signer asked to be forgotten. */
const erasedKey = ({ _id }: Signer): string => `erased:${_id.toHexString()}`;

/**
 * Erases signatures of one petition so that nobody is counted twice in its campaigns for it. An erased signature can no
 * longer be told to be anybody's; so it is written down beforehand, without saying whose it is, on which other petitions
 * the same person is counted. Every step may be the last of a process that dies: a sweep looks at them again.
 */
export async function leaveCampaigns<Result>(
  petition: Id,
  signers: readonly Signer[],
  erase: () => Promise<Result>,
  now = new Date(),
): Promise<Result> {
  const campaigns = await campaignsWith(petition);
  for (const campaign of campaigns) {
    const others = (await petitionsOf(campaign)).filter((id) => !id.equals(petition));
    for (let at = 0; at < signers.length; at += campaignWork.atOnce)
      await Promise.all(
        signers
          .slice(at, at + campaignWork.atOnce)
          .map((signer) => beginLeaving(campaign, signer, others, now)),
      );
  }
  const result = await erase();
  for (const campaign of campaigns) {
    const keys = signers.map(({ emailKey }) => emailKey);
    await Participation.updateMany({ campaign, key: { $in: keys } }, { $pull: { leaving: petition } });
    await touchPeople(campaign, [...keys, ...signers.map(erasedKey)]);
  }
  return result;
}

/** Of two signatures of one person that are erased at once, the one that comes second here counts them. */
async function beginLeaving(campaign: Id, signer: Signer, others: readonly Id[], now: Date): Promise<void> {
  const recheckAt = new Date(now.getTime() + campaignWork.recheck * 1000);
  const person = await Participation.findOneAndUpdate(
    { campaign, key: signer.emailKey },
    { $addToSet: { leaving: signer.petition }, $set: { recheckAt }, $inc: { changes: 1 } },
    { upsert: true, returnDocument: 'after' },
  ).lean();
  const staying = others.filter((id) => !person?.leaving?.some((left) => left.equals(id)));
  const alsoIn = await Signature.distinct('petition', {
    emailKey: signer.emailKey,
    petition: { $in: staying },
    state: 'confirmed',
  });
  await Participation.updateOne(
    { campaign, key: erasedKey(signer) },
    {
      $set: { recheckAt, ...(alsoIn.length > 0 && { alsoIn }) },
      ...(alsoIn.length === 0 && { $unset: { alsoIn: 1 } }),
      $inc: { changes: 1 },
    },
    { upsert: true },
  );
}

/** Anonymises everybody behind a petition, a few at a time where it is in a campaign. Returns how many. */
export async function leaveAll(
  petition: Id,
  anonymise: (which: Record<string, unknown>) => Promise<number>,
): Promise<number> {
  if ((await campaignsWith(petition)).length === 0) return anonymise({ petition });
  let anonymised = 0;
  for (let after: Id | undefined; ; ) {
    const signers = await Signature.find(
      { petition, emailKey: { $not: /^erased:/ }, ...(after && { _id: { $gt: after } }) },
      { emailKey: 1, petition: 1 },
    )
      .sort({ _id: 1 })
      .limit(campaignWork.leaving)
      .lean<Signer[]>();
    after = signers.at(-1)?._id;
    if (!after) return anonymised;
    const ids = signers.map(({ _id }) => _id);
    anonymised += await leaveCampaigns(petition, signers, () => anonymise({ petition, _id: { $in: ids } }));
  }
}
