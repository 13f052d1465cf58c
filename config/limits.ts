/** Every limit that people tune, as data. Windows are in seconds. */
export type Limit = { readonly limit: number; readonly window: number };

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** Requests, counted in Redis. A block is an IPv4 address or an IPv6 /56. */
export const rateLimits = {
  signPerBlock: { limit: 120, window: 10 * minute },
  signPerAddress: { limit: 6, window: hour },
  signPerPetition: { limit: 90_000, window: minute },
  resendPerBlock: { limit: 30, window: 10 * minute },
  resendPerAddress: { limit: 3, window: hour },
  /** Mail scanners of a whole company follow links from one address. */
  linkPerBlock: { limit: 1_000, window: 10 * minute },
  signInPerBlock: { limit: 30, window: 10 * minute },
  signInPerAddress: { limit: 5, window: 10 * minute },
  reportPerBlock: { limit: 20, window: 10 * minute },
  representativesPerBlock: { limit: 60, window: 10 * minute },
  newsletterPerBlock: { limit: 30, window: 10 * minute },
  newsletterPerAddress: { limit: 5, window: hour },
} as const satisfies Record<string, Limit>;

/** What a form may weigh and hold. */
export const formLimits = {
  bytes: 64 * 1024,
  fields: 40,
  name: 100,
  comment: 500,
  region: 100,
  postalCode: 16,
  phone: 40,
} as const;

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

/** hCaptcha: how long siteverify may take, in milliseconds, and how long a token may be, in characters. */
export const captchaLimits = { timeout: 5_000, token: 16_384 } as const;

/** The same address asks again: how long, in seconds, until it is mailed again. */
export const mailAgainAfter = { confirm: minute, duplicate: day } as const;

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

/**
 * The tally: signatures in one batch, how long the nightly comparison may hold rounds back, in seconds, and of how many
 * of the latest hours it keeps the sums.
 */
export const tallyWork = { batch: 1_000, hold: 5 * minute, sources: 500, hours: 72 } as const;

/**
 * What organizers write in one issue of the newsletter, and what readers write below it: texts in characters, the form in
 * bytes. `rows` and `csvBytes`: of one list of addresses to invite. `months`: of the numbers over time.
 */
export const newsletterLimits = {
  ...{ subject: 150, preview: 200, body: 50_000, formBytes: 1024 * 1024 },
  ...{ comment: 1_000, commentsShown: 200, toPrint: 50, issues: 200 },
  ...{ rows: 5_000, csvBytes: 1024 * 1024, rowsBytes: 4 * 1024 * 1024, months: 12 },
} as const;

/** Moderation: how long somebody keeps an item without a word, in seconds, and how many reports bring one back. */
export const moderationWork = {
  lease: 2 * minute,
  reopenAt: 3,
  pageSize: 25,
  pages: 40,
  countTo: 1_000,
  note: 300,
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

/** Feeds: how many entries, and how many updates a late signer is shown. */
export const feedLimits = { entries: 50, missed: 5 } as const;

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
 * Sending letters. One target gets `atOnce` letters, then rests: at most 120 an hour. `refusedAtMost`: so many in a row
 * refused, and the target is paused until an organizer has looked. `again`: the waits when the mail server does not take
 * one; after the last it counts as refused. `digest`: letters in one daily mail, and the hour (UTC) it is sent from.
 * Times in seconds.
 */
export const letterWork = {
  atOnce: 5,
  rest: 150,
  refusedAtMost: 3,
  again: [10 * minute, hour, 4 * hour, 12 * hour, day],
  digest: { most: 200, hour: 6 },
  turnsAtOnce: 500,
  writtenAtOnce: 500,
} as const;

/** Shares of a goal at which the team hears of it, in percent. */
export const milestoneShares = [25, 50, 75, 100] as const;

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

/**
 * How old a petition, its count and its page may be in the memory of a web process, in milliseconds, and how many are
 * kept. Part of the age that the pages' Cache-Control allows anyway. `inFaults`: how much longer they serve while the
 * database is away.
 */
export const recentWork = { age: 1_000, inFaults: 600_000, most: 2_000 } as const;

/**
 * When a web process turns signatures away: `depth` requests are under way, or `some` are and its event loop runs later
 * than `delay` milliseconds. `kept`: how many places more everybody else has, who confirms above all. `forms`: how many of
 * those turned away each second get the page that holds what they typed, which costs much; others get one that does not.
 * `againFrom` and `againTo`: it asks them to come back after a time between these, in seconds.
 */
export const overloadWork = {
  ...{ depth: 600, some: 200, delay: 100 },
  ...{ kept: 200, forms: 100, againFrom: 5, againTo: 15 },
} as const;

/** Writes of many requests done together: how many in one command, and how many such commands at once. */
export const groupWork = { most: 100, atOnce: 2 } as const;

/** Starting a web process: how long it waits for the database before it listens all the same, in milliseconds. */
export const startWork = { patience: 2_000 } as const;

/**
 * Stopping a web process, in milliseconds: how long it still takes what comes, and how long open requests then have; and
 * connections on which nothing was ever said.
 */
export const stopWork = { notice: 2_000, quiet: 100, unheard: 500, drain: 10_000 } as const;

/**
 * Connections to one web process: how many at once (most are event streams), and how many of the files the process may
 * open are kept for other things. Times in milliseconds: an idle one, headers on their way, one that neither takes nor
 * brings anything, and how often headers are looked at. Headers in bytes. `ears` is how many new connections each turn of
 * the event loop takes: libuv takes one for each listening socket, and when turns are long others would wait unheard.
 */
export const connectionLimits = {
  most: 20_000,
  ears: 128,
  otherFiles: 300,
  keepAlive: 65_000,
  headers: 10_000,
  silent: 60_000,
  look: 2_000,
  headerBytes: 16 * 1024,
} as const;

/**
 * Event streams, in milliseconds: when browsers come back to one that ended, each after a time of its own between these
 * two, so that not all come at once; about how long one lasts, so that viewers spread over the processes there are; and
 * the least time between two events of one petition.
 */
export const streamWork = { againFrom: 2_000, againTo: 8_000, lasts: 30 * 60_000, rest: 300 } as const;

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

/** Where an `auto` goal goes next, as the number of signatures passes it. */
export const goalLadder = [
  100, 250, 500, 1_000, 2_500, 5_000, 7_500, 10_000, 15_000, 25_000, 35_000, 50_000, 75_000, 100_000, 150_000,
  200_000, 300_000, 500_000, 750_000, 1_000_000, 1_500_000, 2_000_000, 3_000_000, 5_000_000, 7_500_000,
  10_000_000, 20_000_000,
] as const;
