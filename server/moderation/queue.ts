import { moderationWork } from '../../config/limits.ts';
import type { Petition } from '../petitions/petition.ts';
import { Signature } from '../signatures/signature.ts';
import { inPublic } from './review.ts';

/** The lists a moderator can look at. */
export const lists = ['waiting', 'approved', 'refused', 'held'] as const;
export type List = (typeof lists)[number];

/** What is on each list, and in which order: the most reported first, then who has waited longest. */
const contents = {
  waiting: {
    which: { ...inPublic, 'review.settled': null },
    order: { 'review.reports': -1, confirmedAt: 1 },
  },
  approved: {
    which: { ...inPublic, 'review.settled': true, 'review.shows': 'all' },
    order: { confirmedAt: -1 },
  },
  refused: {
    which: { ...inPublic, 'review.settled': true, 'review.shows': { $in: ['name', 'nothing'] } },
    order: { confirmedAt: -1 },
  },
  // Organisations and people with a title have a queue of their own, where doubles are seen.
  held: { which: { state: 'held', 'signatory.kind': null }, order: { createdAt: 1 } },
} as const satisfies Record<List, { which: object; order: Record<string, 1 | -1> }>;

/** One page of a list, counted from 1, and whether there is another. */
export async function readList({ _id }: Pick<Petition, '_id'>, list: List, page: number) {
  const { which, order } = contents[list];
  const { pageSize } = moderationWork;
  const found = await Signature.find({ petition: _id, ...which })
    .sort(order)
    .skip((page - 1) * pageSize)
    .limit(pageSize + 1)
    .lean<Signature[]>();
  return { signatures: found.slice(0, pageSize), hasMore: found.length > pageSize };
}

/** How long the lists that ask for somebody are; counting stops at a thousand. */
export async function countLists({ _id }: Pick<Petition, '_id'>) {
  const count = (list: List) =>
    Signature.countDocuments({ petition: _id, ...contents[list].which }, { limit: moderationWork.countTo });
  const [waiting, held] = await Promise.all([count('waiting'), count('held')]);
  return { waiting, held };
}
