import { day, hour, minute } from './time.ts';

/** The same address asks again: how long, in seconds, until it is mailed again. */
export const mailAgainAfter = { confirm: minute, duplicate: day } as const;

/**
 * Mail work: how long one attempt may hold its claim, how long something due may wait for its job, and how long ago a
 * petition may have moved for a sweep to look for milestones, in seconds; and how many mails of one job are under way at
 * once, so few that each is done with long before its claim runs out. `newsletterAtOnce`: how many mails that ask for the
 * newsletter, invitations among them, one sweep puts in line.
 */
export const mailWork = {
  lease: 2 * minute,
  sweepAfter: minute,
  movedLately: 10 * minute,
  atOnce: 10,
  newsletterAtOnce: 500,
} as const;

/** An update's texts, in characters, and its form, in bytes. */
export const updateLimits = { title: 150, body: 20_000, imageAlt: 250, formBytes: 1024 * 1024 } as const;

/**
 * Sending an update: mails under way at once (so few that even a mail server that hangs at each is done with within a
 * step's lease), how long one step may take in seconds, after how many mails in a row that the server did not take it
 * waits, how many it may refuse for good in a row before somebody is asked, and the waits in seconds.
 */
export const updateWork = {
  atOnce: 15,
  step: 3,
  giveUpAfter: 10,
  refusedAtMost: 50,
  again: [minute, 10 * minute, hour, 4 * hour],
} as const;

/** Feeds: how many entries, and how many updates a late signer is shown. */
export const feedLimits = { entries: 50, missed: 5 } as const;

/**
 * What organizers write in one issue of the newsletter, and what readers write below it: texts in characters, the form in
 * bytes. `rows` and `csvBytes`: of one list of addresses to invite. `months`: of the numbers over time.
 */
export const newsletterLimits = {
  ...{ subject: 150, preview: 200, body: 50_000, formBytes: 1024 * 1024 },
  ...{ comment: 1_000, commentsShown: 200, toPrint: 50, issues: 200 },
  ...{ rows: 5_000, csvBytes: 1024 * 1024, rowsBytes: 4 * 1024 * 1024, months: 12 },
} as const;
