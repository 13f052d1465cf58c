import type { Types } from 'mongoose';
import { byteOrderMark, csvOf } from '../../../exports/csv.ts';
import { neutral } from '../../../exports/table.ts';
import type { Platform } from '../../../platform.ts';
import { openSubscriber, Subscriber } from '../../subscriber.ts';

const titles = ['E-mail', 'Name', 'Language', 'On the list since (UTC)', 'Agreed to', 'Agreed at (UTC)'];
/** Subscribers in memory at once. */
const batch = 500;

/** Everybody on the list as CSV, piece by piece: nothing of it is ever kept in a file. */
export async function* subscribersAsCsv(platform: Pick<Platform, 'vault'>): AsyncGenerator<string> {
  yield byteOrderMark + csvOf([titles]);
  for (let after: Types.ObjectId | undefined; ; ) {
    const found: Subscriber[] = await Subscriber.find({
      state: 'subscribed',
      ...(after && { _id: { $gt: after } }),
    })
      .sort({ _id: 1 })
      .limit(batch)
      .lean<Subscriber[]>();
    after = found.at(-1)?._id;
    if (!after) return;
    yield csvOf(found.map((subscriber) => rowOf(platform, subscriber).map(neutral)));
  }
}

function rowOf(platform: Pick<Platform, 'vault'>, subscriber: Subscriber): string[] {
  const [evidence] = subscriber.consent.slice(-1);
  return [
    openSubscriber(platform, subscriber, 'email') ?? '',
    openSubscriber(platform, subscriber, 'name') ?? '',
    subscriber.language,
    subscriber.subscribedAt?.toISOString() ?? '',
    evidence?.wording ?? '',
    evidence?.at?.toISOString() ?? '',
  ];
}
