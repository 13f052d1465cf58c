import { periods } from '../../config/limits.ts';
import type { Petition } from './petition.ts';

export type Phase = 'draft' | 'upcoming' | 'open' | 'closed';
type Dates = Pick<Petition, 'publishedAt' | 'opensAt' | 'closesAt'>;

/** Follows from the dates alone, so that no timer can be late for it. */
export function phaseOf({ publishedAt, opensAt, closesAt }: Dates, now: Date): Phase {
  if (!publishedAt || publishedAt > now) return 'draft';
  if (closesAt && closesAt <= now) return 'closed';
  if (opensAt && opensAt > now) return 'upcoming';
  return 'open';
}

/** The entry that took the petition back, where there is one. */
export const withdrawalOf = ({ history }: Pick<Petition, 'history'>) =>
  history.find(({ outcome }) => outcome === 'withdrawn');

/** Its phase, as organizers see it: one that was withdrawn is in none. */
export const standingOf = (
  petition: Pick<Petition, 'history'> & Parameters<typeof phaseOf>[0],
  now: Date,
): Phase | 'withdrawn' => (withdrawalOf(petition) ? 'withdrawn' : phaseOf(petition, now));

/** A signature made before the closing can be confirmed for a while after it: mail takes its time. */
export function confirmableUntil({ closesAt }: Pick<Petition, 'closesAt'>): Date | undefined {
  return closesAt ? new Date(closesAt.getTime() + periods.confirmAfterClosing * 1000) : undefined;
}

/** Whether no signature can be confirmed any more, however early it was made. */
export function isOver(petition: Pick<Petition, 'closesAt' | 'history'>, now: Date): boolean {
  const until = confirmableUntil(petition);
  return Boolean(withdrawalOf(petition)) || (until !== undefined && until <= now);
}
