import type { Types } from 'mongoose';
import { Signature } from '../signatures/signature.ts';

/** Signatures in memory at once; as many more are on their way. Few, so that they are garbage before they are old. */
export const batchSize = 250;

/**
 * Signatures in the order of their ids, batch by batch, each with the named fields and those that opening it takes. The
 * next batch is read while one is worked at. `which` says which ones come after an id; a batch that is not full is the
 * last.
 */
export async function* inBatches(
  which: (after: Types.ObjectId | undefined) => Record<string, unknown>,
  fields: readonly string[],
  after: Types.ObjectId | undefined,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<Signature[]> {
  const projection = Object.fromEntries(['petition', 'emailKey', ...fields].map((field) => [field, 1]));
  const read = (from: Types.ObjectId | undefined, most: number): Promise<Signature[]> =>
    Signature.find(which(from), projection)
      .sort({ _id: 1 })
      .limit(Math.min(batchSize, most))
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
