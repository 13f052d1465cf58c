import { countSuppressed, Suppression } from '../signers/suppression.ts';
import { Subscriber } from './subscriber.ts';

type Reader = Pick<Subscriber, 'emailKey' | 'subscribedAt'>;

/**
 * The addresses among these that must not be mailed. Who asked for no more mail and subscribed after that gets what they
 * asked for last; who was erased, or whose mail came back, gets nothing.
 */
export async function suppressedReaders(readers: readonly Reader[]): Promise<Set<string>> {
  const found = await Suppression.find({ _id: { $in: readers.map(({ emailKey }) => emailKey) } }).lean();
  const byKey = new Map(found.map((suppression) => [suppression._id, suppression]));
  const suppressed = readers.filter(({ emailKey, subscribedAt }) => {
    const suppression = byKey.get(emailKey);
    if (!suppression) return false;
    return suppression.scope === 'all' || !subscribedAt || suppression.at >= subscribedAt;
  });
  return new Set(suppressed.map(({ emailKey }) => emailKey));
}

/** How many are on the list, how many of them must not be mailed, and how many that leaves. */
export async function countReaders() {
  const subscribed = await Subscriber.countDocuments({ state: 'subscribed' });
  const suppressed = subscribed > 0 ? await countSuppressed(countAmong) : 0;
  return { subscribed, suppressed, reached: subscribed - suppressed };
}

async function countAmong(emailKeys: string[]): Promise<number> {
  const which = { emailKey: { $in: emailKeys }, state: 'subscribed' as const };
  const readers = await Subscriber.find(which, { emailKey: 1, subscribedAt: 1 }).lean<Reader[]>();
  return (await suppressedReaders(readers)).size;
}

type Month = { key: string; joined: number; left: number; atEnd: number };

/**
 * The latest months in UTC, the oldest first: who joined and who left in each and how many there were at its end, counted
 * back from those there are now. Somebody who left and came back counts by when they came back.
 */
export async function readMonths(now: Date, number: number): Promise<Month[]> {
  const starts = Array.from(
    { length: number + 1 },
    (_, n) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - n + 1)),
  );
  const current = await Subscriber.countDocuments({ state: 'subscribed' });
  const flows = await Promise.all(
    starts.slice(1).map(async (start, n) => {
      const within = { $gte: start, $lt: starts[n] ?? now };
      const [joined, left] = await Promise.all([
        Subscriber.countDocuments({ subscribedAt: within }),
        Subscriber.countDocuments({ unsubscribedAt: within, subscribedAt: { $ne: null } }),
      ]);
      return { key: start.toISOString().slice(0, 7), joined, left };
    }),
  );
  let atEnd = current;
  const months = flows.map((flow) => {
    const month = { ...flow, atEnd };
    atEnd += flow.left - flow.joined;
    return month;
  });
  return months.reverse();
}
