import { day, minute } from './time.ts';

/** What organizers may write for one petition. Texts in characters, the form in bytes. */
export const petitionLimits = {
  title: 150,
  addressedTo: 150,
  summary: 300,
  body: 50_000,
  note: 2_000,
  reason: 500,
  consent: 500,
  questions: 20,
  options: 20,
  hashtags: 10,
  goal: 100_000_000,
  fieldBytes: 1024 * 1024,
  fields: 400,
} as const;

/** Pictures: the file's bytes, the pixels it may decode to, and the shape it is stored in. Times in seconds. */
export const imageLimits = {
  bytes: 12 * 1024 * 1024,
  pixels: 50_000_000,
  seconds: 15,
  width: 1200,
  height: 630,
  leastWidth: 600,
  leastHeight: 315,
  unusedKept: 7 * day,
} as const;

/** Where an `auto` goal goes next, as the number of signatures passes it. */
export const goalLadder = [
  100, 250, 500, 1_000, 2_500, 5_000, 7_500, 10_000, 15_000, 25_000, 35_000, 50_000, 75_000, 100_000, 150_000,
  200_000, 300_000, 500_000, 750_000, 1_000_000, 1_500_000, 2_000_000, 3_000_000, 5_000_000, 7_500_000,
  10_000_000, 20_000_000,
] as const;

/** Shares of a goal at which the team hears of it, in percent. */
export const milestoneShares = [25, 50, 75, 100] as const;

/** What organizers may write for one campaign, in characters, and how many petitions it may group. */
export const campaignLimits = { story: 50_000, petitions: 40 } as const;

/**
 * The people of campaigns: how many signatures one step of the work that takes a petition in looks at, how many rounds
 * of a campaign's tally one step may run, how many people the nightly comparison reads at once, how many are erased in
 * one go and how many of these at once, and after how many seconds somebody whose erasure was cut short is looked at again.
 */
export const campaignWork = {
  ...{ step: 2_000, read: 1_000, rounds: 10 },
  ...{ leaving: 500, atOnce: 20, recheck: minute },
} as const;

/** What organizers may write of an official petition: texts in characters, numbers as they are. */
export const officialLimits = {
  url: 500,
  number: 40,
  sponsor: 200,
  thresholds: 4,
  thresholdsText: 100,
  steps: 2_000,
  count: 1_000_000_000,
} as const;

/**
 * Reading the official count: how often at most, and once it is over there, in seconds; how long an answer may take, in
 * milliseconds, and how many bytes it may have; how many are due in one sweep.
 */
export const officialWork = {
  every: 15 * minute,
  everyOver: day,
  timeout: 5_000,
  bytes: 2 * 1024 * 1024,
  atOnce: 100,
} as const;
