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

/**
 * How old a petition, its count and its page may be in the memory of a web process, in milliseconds, and how many are
 * kept; of whole pages, which take most of the memory, only `pages`. Part of the age that the pages' Cache-Control allows
 * anyway. `inFaults`: how much longer they serve while the database is away.
 */
export const recentWork = { age: 1_000, inFaults: 600_000, most: 2_000, pages: 300 } as const;

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
