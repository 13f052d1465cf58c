import { Types } from 'mongoose';
import { z } from 'zod';
import type { Petition } from '../../petitions/petition.ts';
import { Signature } from '../signature.ts';
import { type Filter, type Selection, whichSignatures } from './filter.ts';

const pageSize = 50;
/** Counting further costs more than it tells. */
const countedUpTo = 10_000;

const bound = z
  .string()
  .regex(/^[0-9a-f]{24}$/)
  .transform((id) => new Types.ObjectId(id))
  .optional();
/** Where a page begins: after this one towards older, or before it towards newer. */
export const pageForm = z.object({ older: bound, newer: bound });
export type Page = z.output<typeof pageForm>;

/** One page of a petition's signatures, the newest first, read from an index from where the last page ended. */
export async function listSignatures(petition: Petition, filter: Filter, { older, newer }: Page) {
  const which = whichSignatures(petition, filter, { before: older, after: newer });
  const found = await Signature.find(which)
    .sort({ _id: newer ? 1 : -1 })
    .limit(pageSize + 1)
    .lean<Signature[]>();
  const hasMore = found.length > pageSize;
  const rows = found.slice(0, pageSize);
  if (newer) rows.reverse();
  const first = rows[0]?._id;
  const last = rows.at(-1)?._id;
  return {
    rows,
    newer: (newer ? hasMore : older) ? first : undefined,
    older: (newer || hasMore) && last ? last : undefined,
  };
}

/** How many a selection means, exactly up to a number and `more` beyond it. */
export async function countUpTo(petition: Petition, which: Selection): Promise<{ n: number; more: boolean }> {
  const n = await Signature.countDocuments(whichSignatures(petition, which), { limit: countedUpTo + 1 });
  return { n: Math.min(n, countedUpTo), more: n > countedUpTo };
}

/** One signature of this petition. */
export async function findSignature(petition: Petition, id: string): Promise<Signature | undefined> {
  if (!/^[0-9a-f]{24}$/.test(id)) return undefined;
  return (await Signature.findOne({ _id: id, petition: petition._id }).lean<Signature>()) ?? undefined;
}
