import { day, minute } from './time.ts';

/** Files that organizers send and are sent: bytes, and how long they are kept, in seconds. */
export const fileLimits = {
  importBytes: 100 * 1024 * 1024,
  importKept: day,
  exportKept: day,
  /** How long a file may take to arrive, in milliseconds, and any other request. */
  uploadTime: 15 * minute * 1000,
  usualTime: 20_000,
} as const;

/** Long work: how long one step may take, in seconds, before another worker takes over. */
export const taskWork = { lease: 2 * minute } as const;

/** Moderation: how long somebody keeps an item without a word, in seconds, and how many reports bring one back. */
export const moderationWork = {
  lease: 2 * minute,
  reopenAt: 3,
  pageSize: 25,
  pages: 40,
  countTo: 1_000,
  note: 300,
} as const;

/** The dashboard. Times in milliseconds. */
export const dashboardWork = {
  /** The confirmation rate is of at most this many of the latest who were asked. */
  asked: 1_000,
  /** Signatures that wait to be counted are shown up to this many. */
  waiting: 100,
  /** The latest updates that were sent. */
  updates: 20,
  /**
   * How often one that moves is told its numbers, and one that rests is looked at. What moved is told within two
   * seconds where a reading takes no more than 400 ms.
   */
  tellEvery: 1_000,
  lookEvery: 5_000,
  /** So many times as long as a reading took, from when it began until the next. */
  restFactor: 4,
  /** How often whoever watches must still be signed in, and how long one stream lasts. */
  sessionEvery: 5_000,
  streamFor: 15 * 60_000,
  /** Signatures that are told apart by person while a page waits, and in one step of the work behind it. */
  peopleAtOnce: 5_000,
  peopleStep: 20_000,
} as const;
