import { Types } from 'mongoose';
import { Mailing, updateMailingId } from '../../server/mailings/mailing.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { agreedOn } from '../../server/updates/audience.ts';
import type { Person, Sending } from './update-mail.ts';
import { mailingsOf } from './update-outcomes.ts';

/** `all`: everybody who agreed, in the order of their ids; `again`: those the mail server put off. */
type Place = { phase: 'all' | 'again'; after: string };
type Listed = Person & { after: string };

/** The next few people, each with the place in the list behind them. */
export const nextPeople = (sending: Sending, { phase, after }: Place, atMost: number): Promise<Listed[]> =>
  phase === 'all' ? nextAgreed(sending, after, atMost) : nextDeferred(sending, after, atMost);

async function nextAgreed({ petition, frozen }: Sending, after: string, atMost: number): Promise<Listed[]> {
  const people = await Signature.find({
    ...agreedOn(petition),
    ...(after && { _id: { $gt: new Types.ObjectId(after) } }),
    confirmedAt: { $lte: frozen.at },
  })
    .sort({ _id: 1 })
    .limit(atMost)
    .lean<Signature[]>();
  return people.map((signature) => ({
    emailKey: signature.emailKey,
    signature,
    after: signature._id.toHexString(),
  }));
}

async function nextDeferred({ petition, update }: Sending, after: string, atMost: number): Promise<Listed[]> {
  const prefix = updateMailingId(update._id, '');
  const deferred = await Mailing.find(
    { ...mailingsOf(update, after || prefix), state: 'deferred' },
    { _id: 1 },
  )
    .sort({ _id: 1 })
    .limit(atMost)
    .lean();
  const emailKeys = deferred.map(({ _id }) => _id.slice(prefix.length));
  const signatures = await Signature.find({ petition: petition._id, emailKey: { $in: emailKeys } }).lean<
    Signature[]
  >();
  return deferred.map(({ _id }, index) => ({
    emailKey: emailKeys[index] ?? '',
    signature: signatures.find(({ emailKey }) => emailKey === emailKeys[index]),
    after: _id,
  }));
}
