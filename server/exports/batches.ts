import type { Types } from 'mongoose';
import { indexFor } from '../signatures/organize/by-index.ts';
import type { Selection } from '../signatures/organize/filter.ts';
import { Signature } from '../signatures/signature.ts';

type Index = string | Record<string, 1>;

/**
 * Signatures in memory at once; as many more are on their way. Few, so that they are garbage before they are old: what
 * outlives two collections of the young stays until the next whole one (docs/decisions/performance.md).
 */
export const batchSize = 100;

/** The index to read a selection from in the order of ids. */
export function indexInOrder(which: Selection): Index | undefined {
  const narrow = indexFor({ ...which, from: undefined, to: undefined }).hint;
  if (narrow || which.person || which.ids) return narrow;
  return which.state ? { petition: 1, state: 1, _id: 1 } : 'inOrder';
}

/**
 * Signatures in the order of their ids, batch by batch, each with the named fields and those that opening it takes. The
 * next batch is read while one is worked at. `which` says which ones come after an id; a batch that is not full is the
 * last.
 */
export async function* inBatches(
  which: (after: Types.ObjectId | undefined) => Record<string, unknown>,
  {
    fields,
    index,
    after,
    limit = Number.POSITIVE_INFINITY,
  }: {
    fields: readonly string[];
    /** The index to read: one in the order of ids, or else every batch sorts all that are left. */
    index: Index | undefined;
    after: Types.ObjectId | undefined;
    limit?: number;
  },
): AsyncGenerator<Signature[]> {
  const projection = Object.fromEntries(['petition', 'emailKey', ...fields].map((field) => [field, 1]));
  const read = (from: Types.ObjectId | undefined, most: number): Promise<Signature[]> =>
    Signature.find(which(from), projection)
      .sort({ _id: 1 })
      .limit(Math.min(batchSize, most))
      .setOptions(index ? { hint: index } : {})
      .lean<Signature[]>()
      .exec();
  let left = limit;
  for (let next = read(after, left); ; ) {
    const batch = await next;
    left -= batch.length;
    const isLast = batch.length < batchSize || left <= 0;
    if (!isLast) {
      next = read(batch.at(-1)?._id, left);
      // Whoever takes these may stop before it asks for those.
      next.catch(() => undefined);
    }
    if (batch.length > 0) yield batch;
    if (isLast) return;
  }
}
