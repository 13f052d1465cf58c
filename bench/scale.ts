/** How much is measured and for how long. Times in whole seconds, which is what wrk takes. */
export type Scale = typeof full;

/** Connections: enough to keep two cores busy although each signature waits 50 ms for its captcha. */
export const busy = 200;
/** Few enough that a process which has just started turns nobody away. */
export const gentle = 32;

const full = {
  /** Turns of each side after the one that warms up, and how long one is. */
  turns: 3,
  turn: 4,
  signing: 15,
  confirming: 20,
  viewers: 10_000,
  watching: 10,
  mails: 2_000,
  mailTurns: 4,
  million: 1_000_000,
};

/** A run under 45 seconds; what needs a million signatures is left out. */
const quick: Scale = {
  ...full,
  turns: 1,
  turn: 1,
  signing: 1,
  confirming: 1,
  watching: 1,
  mails: 100,
  mailTurns: 1,
};

export const scaleOf = (isQuick: boolean): Scale => (isQuick ? quick : full);
