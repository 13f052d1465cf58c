import type { Petition } from '../../petitions/petition.ts';
import { Signature } from '../signature.ts';
import { type ChangeName, whichChangeByState } from './change.ts';
import { type Selection, whichSignatures } from './filter.ts';

/** Counting further costs more than it tells. */
const countedUpTo = 10_000;

/** Days narrow a selection down where nothing narrower does. */
export const isByTime = ({ from, to, ids, person, domain, changed, imported }: Selection): boolean =>
  Boolean((from || to) && !(ids || person || domain || changed || imported));

/**
 * The index to read, the narrowest first: a database that does not know how many there are of each might read all that
 * are in some state. None for single signatures, which every database finds by themselves.
 */
export function indexFor(which: Selection): { hint?: Record<string, 1> | string } {
  const { ids, person, changed, imported, domain, source, region } = which;
  if (ids || person?.startsWith('email.')) return {};
  if (person?.startsWith('name.')) return { hint: { petition: 1, nameKey: 1 } };
  if (changed) return { hint: { changedIn: 1, _id: 1 } };
  if (imported) return { hint: { importedIn: 1, _id: 1 } };
  if (domain) return { hint: { petition: 1, domainKey: 1, _id: 1 } };
  if (isByTime(which)) return { hint: 'inTime' };
  // Most signatures have no source: the next of them is never far.
  if (source === 'direct') return { hint: 'inOrder' };
  if (source) return { hint: { petition: 1, source: 1, _id: 1 } };
  if (region?.includes('-')) return { hint: { petition: 1, region: 1, _id: 1 } };
  return {};
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
      n: await Signature.countDocuments(due, indexFor(which)),
    })),
  );
