import { day, minute } from './time.ts';

/** How long things are kept or still possible, in seconds. */
export const periods = {
  confirmAfterClosing: day,
  remindAfter: day,
  pendingKept: 30 * day,
  ipKept: 30 * day,
  /** A closed petition's personal data, in months of 30 days. */
  personalDataKept: 12 * 30 * day,
} as const;

/**
 * The tally: signatures in one batch, how long the nightly comparison may hold rounds back, in seconds, and of how many
 * of the latest hours it keeps the sums.
 */
export const tallyWork = { batch: 1_000, hold: 5 * minute, sources: 500, hours: 72 } as const;
