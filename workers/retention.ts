import { periods } from '../config/limits.ts';
import type { Log } from '../config/log.ts';
import { leaveAll } from '../server/campaigns/erasure.ts';
import { deleteUnusedImages } from '../server/images/image.ts';
import { Mailing } from '../server/mailings/mailing.ts';
import { forgetOldReaders } from '../server/newsletter/retention.ts';
import { Petition } from '../server/petitions/petition.ts';
import { Signature } from '../server/signatures/signature.ts';
import { anonymiseSignatures } from '../server/signers/own-data.ts';
import { inNoTally } from '../server/tallies/tally.ts';
import { before } from './sweep.ts';

/** Deletes what has been kept long enough: unconfirmed signatures, IP addresses, the people behind old petitions. */
export async function applyRetention(log: Log, now = new Date()): Promise<void> {
  const unconfirmed = await Signature.deleteMany({
    createdAt: { $lte: before(now, periods.pendingKept) },
    ...inNoTally,
  });
  const addresses = await Signature.updateMany(
    { ipAt: { $lte: before(now, periods.ipKept) } },
    { $unset: { 'sealed.ip': 1, ipAt: 1 } },
  );
  const mailings = await Mailing.deleteMany({ at: { $lte: before(now, 2 * periods.pendingKept) } });

  const images = await deleteUnusedImages(now);
  const newsletter = await forgetOldReaders(now);

  const longAgo = before(now, periods.personalDataKept);
  const ended = await Petition.find(
    {
      $or: [
        { closesAt: { $lte: longAgo } },
        { history: { $elemMatch: { outcome: 'withdrawn', at: { $lte: longAgo } } } },
      ],
    },
    { _id: 1 },
  ).lean();
  let anonymised = 0;
  for (const { _id } of ended) {
    anonymised += await leaveAll(_id, (which) =>
      anonymiseSignatures({ emailKey: { $not: /^erased:/ }, ...which }),
    );
  }
  const done = {
    unconfirmed: unconfirmed.deletedCount,
    addresses: addresses.modifiedCount,
    mailings: mailings.deletedCount,
    images,
    readers: newsletter.subscribers,
    comments: newsletter.comments,
    anonymised,
  };
  if (Object.values(done).some((number) => number > 0)) log.info(done, 'retention');
}
