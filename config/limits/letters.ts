import { day, hour, minute } from './time.ts';

/**
 * A letter's texts, in characters; its form and its list of targets, in bytes; how many targets a letter has; and of how
 * many of the latest letters organizers are told how much is in the signers' own words.
 */
export const letterLimits = {
  subject: 150,
  text: 5_000,
  points: 5_000,
  targetName: 150,
  salutation: 200,
  formBytes: 256 * 1024,
  csvBytes: 512 * 1024,
  targets: 500,
  looked: 1_000,
} as const;

/**
 * Sending letters. One target gets `atOnce` letters, then rests: at most 120 an hour. `mostAnHour`: mails with letters in
 * one hour by the clock, of all petitions to all targets together. `refusedAtMost`: so many in a row
 * refused, and the target is paused until an organizer has looked. `again`: the waits when the mail server does not take
 * one; after the last it counts as refused. `digest`: letters in one daily mail, and the hour (UTC) it is sent from.
 * Times in seconds.
 */
export const letterWork = {
  atOnce: 5,
  rest: 150,
  mostAnHour: 3_600,
  refusedAtMost: 3,
  again: [10 * minute, hour, 4 * hour, 12 * hour, day],
  digest: { most: 200, hour: 6 },
  turnsAtOnce: 500,
  writtenAtOnce: 500,
} as const;

/**
 * Open letters. Texts in characters. `page`: signatories on a page; `printed`: people in one part of the printed list;
 * `listed`: of how many of the latest people the names are kept at hand for searching and grouping, and of how many
 * organisations and people with a title each; `shown` of each on the letter's own page; `query` in characters. The time
 * that a list is kept at hand is in milliseconds.
 */
export const signatoryLimits = {
  ...{ text: 150, website: 300, query: 100 },
  ...{ page: 100, printed: 2_000, listed: 10_000, shown: 12, age: 10_000, waiting: 25 },
} as const;

/**
 * Representatives. Of Represent: the questions that everyone together may ask it, how long one may take and its answer
 * weigh, how long nobody asks after it said that it is too much, and how long an answer is fresh and kept; in seconds
 * but for `timeout`, which is in milliseconds. Of tables: the file, rows read in one step, problems told, and how many
 * former ones are kept. Of people: how many a search shows and a signer can choose.
 */
export const representativeLimits = {
  questions: { limit: 60, window: minute },
  timeout: 5_000,
  answerBytes: 1024 * 1024,
  inAnswer: 200,
  rest: minute,
  fresh: day,
  kept: 30 * day,
  fileBytes: 20 * 1024 * 1024,
  rows: 200_000,
  rowsAtOnce: 2_000,
  problems: 500,
  tablesKept: 3,
  text: 150,
  offices: 10,
  found: 20,
  chosen: 10,
} as const;
