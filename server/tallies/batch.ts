import type { Types } from 'mongoose';
import { touchSigners } from '../campaigns/touch.ts';
import { Signature } from '../signatures/signature.ts';
import { type Counted, Tally } from './tally.ts';

/** A signature in a batch: the state that the sums were made for, and how it is in them. */
export type Entry = { _id: Types.ObjectId; state: Signature['state']; counted: Counted | null };
type Operation = Parameters<typeof Signature.bulkWrite>[0][number];

/**
 * Marks the signatures of a batch with what the sums hold of them, has the petition's campaigns look at their signers,
 * then clears the batch. `version` is the tally's, and `countedIn` keeps a marker that comes late from undoing a newer
 * round's mark. Two commands at most for the marks, however many kinds of them there are; each part of them may be done
 * before others, twice, or again by somebody else.
 */
export async function finishBatch(
  _id: Types.ObjectId,
  version: number,
  batch: readonly Entry[],
): Promise<void> {
  const groups = groupAlike(batch).map(({ state, counted, ids }) => ({
    state,
    which: { _id: { $in: ids }, countedIn: { $lt: version } },
    mark: { counted, countedIn: version },
  }));
  const marked = await write(
    groups.map(({ which, state, mark }) => ({
      updateMany: { filter: { ...which, state }, update: { $set: mark, $unset: { recount: 1 } } },
    })),
  );
  // Where the state moved on meanwhile, the signature stays on the list but says what the sums now hold.
  if (marked < batch.length)
    await write(groups.map(({ which, mark }) => ({ updateMany: { filter: which, update: { $set: mark } } })));
  await touchSigners(
    _id,
    batch.map((entry) => entry._id),
  );
  await Tally.updateOne({ _id, version }, { $set: { batch: null } });
}

async function write(operations: Operation[]): Promise<number> {
  const { modifiedCount } = await Signature.bulkWrite(operations, { ordered: false });
  return modifiedCount;
}

/** Those with the same state and the same mark together. */
function groupAlike(batch: readonly Entry[]) {
  const alike = ({ state, counted }: Entry) =>
    JSON.stringify([
      state,
      counted && [counted.day, counted.region, counted.source, counted.hour, counted.signatory],
    ]);
  return [...Map.groupBy(batch, alike).values()].flatMap((group) => {
    const [first] = group;
    return first ? [{ state: first.state, counted: first.counted, ids: group.map(({ _id }) => _id) }] : [];
  });
}
