import type { Petition } from '../../petitions/petition.ts';
import { Signature } from '../signature.ts';
import { type ChangeName, whichChangeByState } from './change.ts';
import { type Selection, whichSignatures } from './filter.ts';

/** Counting further costs more than it tells. */
const countedUpTo = 10_000;

/** Days narrow a selection down where nothing narrower does. */
export const isByTime = ({ from, to, ids, person, domain }: Selection): boolean =>
  Boolean((from || to) && !(ids || person || domain));

/** The index to read where a database could choose one that looks at far more signatures. */
export function indexFor(which: Selection): { hint?: string } {
  if (isByTime(which)) return { hint: 'inTime' };
  // Most signatures have no source: the next page of them is found on the way.
  return which.source === 'direct' ? { hint: 'inOrder' } : {};
}

/** How many a selection means. */
export const countAll = (petition: Petition, which: Selection, limit?: number): Promise<number> =>
  Signature.countDocuments(whichSignatures(petition, which), { ...indexFor(which), ...(limit && { limit }) });

/** How many a selection means, exactly up to a number and `more` beyond it. */
export async function countUpTo(petition: Petition, which: Selection): Promise<{ n: number; more: boolean }> {
  const n = await countAll(petition, which, countedUpTo + 1);
  return { n: Math.min(n, countedUpTo), more: n > countedUpTo };
}

/** How many of a selection a change can be made to, by the state they are in. */
export const countChange = (petition: Petition, what: ChangeName, which: Selection, now: Date) =>
  Promise.all(
    whichChangeByState(petition, what, which, now).map(async ({ state, which: due }) => ({
      state,
      n: await Signature.countDocuments(due, isByTime(which) ? indexFor(which) : {}),
    })),
  );
