import type { Types } from 'mongoose';
import { moderationWork, signatoryLimits } from '../../config/limits.ts';
import type { Petition } from '../petitions/petition.ts';
import { Signature } from '../signatures/signature.ts';
import { isWaiting, sameAs } from './decide.ts';
import { isListed } from './order.ts';
import { signatoryKinds } from './signatory.ts';

/** What moderators can look at of an open letter's signatories. */
export const lists = ['waiting', 'listed', 'refused'] as const;
export type List = (typeof lists)[number];

const isSignatory = { 'signatory.kind': { $in: [...signatoryKinds] } };
const contents = {
  waiting: { which: isWaiting, order: { confirmedAt: 1 } },
  listed: { which: isListed, order: { 'signatory.kind': 1, 'signatory.pinnedAt': -1, confirmedAt: -1 } },
  refused: { which: { state: 'invalidated' }, order: { confirmedAt: -1 } },
} as const satisfies Record<List, { which: object; order: Record<string, 1 | -1> }>;

const on = ({ _id }: Pick<Petition, '_id'>, list: List) => ({
  petition: _id,
  ...isSignatory,
  ...contents[list].which,
});

/** One page of a list, counted from 1, and whether there is another. */
export async function readSignatories(petition: Pick<Petition, '_id'>, list: List, page: number) {
  const { waiting: size } = signatoryLimits;
  const found = await Signature.find(on(petition, list))
    .sort(contents[list].order)
    .skip((page - 1) * size)
    .limit(size + 1)
    .lean<Signature[]>();
  return { signatures: found.slice(0, size), hasMore: found.length > size };
}

/** How many signatories wait for somebody; counting stops at a thousand. */
export const countWaiting = (petition: Pick<Petition, '_id'>): Promise<number> =>
  Signature.countDocuments(on(petition, 'waiting'), { limit: moderationWork.countTo }).exec();

/** Of each signatory the organisations that share its name or website, the earliest first. */
export async function findDoubles(
  petition: Pick<Petition, '_id'>,
  signatures: readonly Signature[],
): Promise<Map<string, Signature[]>> {
  const keysOf = ({ signatory }: Signature) => signatory?.keys ?? [];
  const keys = [...new Set(signatures.flatMap(keysOf))];
  if (keys.length === 0) return new Map();
  const found = await Signature.find(sameAs({ petition }, keys))
    .sort({ _id: 1 })
    .limit(keys.length * 20)
    .lean<Signature[]>();
  const shares = (one: Signature, other: Signature) => keysOf(one).some((key) => keysOf(other).includes(key));
  return new Map(
    signatures.map((signature) => [
      String(signature._id),
      found.filter((other) => !same(other._id, signature._id) && shares(other, signature)),
    ]),
  );
}

const same = (one: Types.ObjectId, other: Types.ObjectId): boolean => one.equals(other);
