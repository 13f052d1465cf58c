import { Types } from 'mongoose';
import { z } from 'zod';
import type { Petition } from '../../petitions/petition.ts';
import { readId } from '../../record-id.ts';
import { Signature } from '../signature.ts';
import { indexFor, isByTime } from './by-index.ts';
import { type Filter, whichSignatures } from './filter.ts';

const pageSize = 50;

/** A place in the list: the moment of signing in milliseconds, and the id. */
const place = z
  .string()
  .regex(/^\d{1,15}-[0-9a-f]{24}$/)
  .transform((written) => {
    const [moment, id] = written.split('-');
    return { createdAt: new Date(Number(moment)), _id: new Types.ObjectId(id) };
  });
type Place = z.output<typeof place>;
const written = ({ createdAt, _id }: Place): string => `${createdAt.getTime()}-${_id.toHexString()}`;

/** Where a page begins: after this one towards older, or before it towards newer. */
export const pageForm = z.object({ older: place.optional(), newer: place.optional() });
export type Page = z.output<typeof pageForm>;

/**
 * Asks for the signatures of a page and one more, from where the last page ended: by days in the order of signing, else
 * in the order in which they came in, so that an index has them in this order.
 */
export function findPage(petition: Petition, filter: Filter, page: Page) {
  const { older, newer } = page;
  const order = newer ? 1 : -1;
  const query = isByTime(filter)
    ? Signature.find(whichInTime(petition, filter, page)).sort({ createdAt: order, _id: order })
    : Signature.find(whichSignatures(petition, filter, { before: older?._id, after: newer?._id })).sort({
        _id: order,
      });
  return query.setOptions(indexFor(filter)).limit(pageSize + 1);
}

/** One page of a petition's signatures, the newest first. */
export async function listSignatures(petition: Petition, filter: Filter, { older, newer }: Page) {
  const found = await findPage(petition, filter, { older, newer }).lean<Signature[]>();
  const hasMore = found.length > pageSize;
  const rows = found.slice(0, pageSize);
  if (newer) rows.reverse();
  const first = rows[0];
  const last = rows.at(-1);
  return {
    rows,
    newer: first && (newer ? hasMore : older) ? written(first) : undefined,
    older: last && (newer || hasMore) ? written(last) : undefined,
  };
}

function whichInTime(petition: Petition, filter: Filter, { older, newer }: Page): Record<string, unknown> {
  const which = whichSignatures(petition, filter);
  const edge = newer ?? older;
  if (!edge) return which;
  const { createdAt, _id } = edge;
  const [beyond, upTo] = newer ? ['$gt', '$gte'] : ['$lt', '$lte'];
  const isBeyond = { $or: [{ createdAt: { [beyond]: createdAt } }, { createdAt, _id: { [beyond]: _id } }] };
  return { ...which, $and: [{ createdAt: { [upTo]: createdAt } }, isBeyond] };
}

/** One signature of this petition. */
export async function findSignature(petition: Petition, id: unknown): Promise<Signature | null> {
  const _id = readId(id);
  return _id ? Signature.findOne({ _id, petition: petition._id }).lean<Signature>() : null;
}
