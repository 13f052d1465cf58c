import { happensTo, Line, Waits } from './numbers.ts';
import type { Parameters } from './parameters.ts';

/**
 * Mails that are due, and the workers that send them: as many as their CPUs, their connections and the provider allow.
 * What the mail server puts off comes again, later each time; a sweep asks again for what ran out of attempts.
 */
export function createMail(parameters: Parameters, random: () => number) {
  const line = new Line();
  /** By the second in which it is tried again. */
  const later = new Map<number, { since: number; attempt: number; many: number }[]>();
  const { workers, mail, connections, smtp, provider, deferred, attempts } = parameters;
  const rate = Math.min(provider, workers * Math.min(mail, connections / smtp));
  let [room, putOff] = [0, 0];
  let lags = new Waits();

  const settle = (now: number, since: number, attempt: number, many: number): number => {
    const failed = happensTo(random, many, deferred);
    if (failed > 0) {
      // After the last attempt a sweep finds it, not before a minute has passed.
      const wait = attempt < attempts ? 2 ** attempt * (0.5 + random() / 2) : 75;
      const at = Math.floor(now + wait) + 1;
      const again = { since, attempt: attempt < attempts ? attempt + 1 : 1, many: failed };
      later.set(at, [...(later.get(at) ?? []), again]);
      putOff += failed;
    }
    return many - failed;
  };

  return {
    /** A second, at most. */
    rate,
    /** How long each mail that was sent since this was asked last had been due. */
    takeLags(): Waits {
      const taken = lags;
      lags = new Waits();
      return taken;
    },
    add: (now: number, many: number) => line.add(now, many),
    /** Mails not sent yet. */
    get depth(): number {
      return line.length + putOff;
    },
    get oldest(): number | undefined {
      return line.first;
    },
    /** Sends what a second allows; tells how many. */
    work(now: number): number {
      room = Math.min(room + rate, Math.max(rate, 1));
      let sent = 0;
      const done = (since: number, many: number) => {
        lags.add(now - since, many);
        sent += many;
      };
      for (const { since, attempt, many } of later.get(now) ?? []) {
        putOff -= many;
        room -= many;
        done(since, settle(now, since, attempt, many));
      }
      later.delete(now);
      const most = Math.max(0, Math.floor(room));
      for (const { since, many } of line.take(most)) {
        room -= many;
        done(since, settle(now, since, 1, many));
      }
      return sent;
    },
  };
}
