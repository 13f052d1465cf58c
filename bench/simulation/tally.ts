import { Line, Waits } from './numbers.ts';
import type { Parameters } from './parameters.ts';

/** The count of one petition: one round after the other, each of a batch at most, as server/tallies/round.ts makes them. */
export function createTally({ round, roundEach, batch, tellEvery }: Parameters) {
  const line = new Line();
  let lags = new Waits();
  let [freeAt, toldAt, untold] = [0, Number.NEGATIVE_INFINITY, false];

  return {
    /** How long each one that was counted since this was asked last had been confirmed. */
    takeLags(): Waits {
      const taken = lags;
      lags = new Waits();
      return taken;
    },
    counted: 0,
    rounds: 0,
    add: (now: number) => line.add(now),
    get depth(): number {
      return line.length;
    },
    /** Makes the rounds there is work and time for until `now`; `tell` hears of each count that is told. */
    work(now: number, tell: (now: number) => void): void {
      while (line.length > 0 && Math.max(freeAt, line.first ?? now) < now) {
        const begun = Math.max(freeAt, line.first ?? now);
        const taken = line.take(batch, begun);
        const many = taken.reduce((sum, group) => sum + group.many, 0);
        freeAt = begun + round + many * roundEach;
        for (const group of taken) lags.add(freeAt - group.since, group.many);
        this.counted += many;
        this.rounds += 1;
        untold = true;
        if (freeAt - toldAt >= tellEvery) {
          tell(freeAt);
          [toldAt, untold] = [freeAt, false];
        }
      }
      if (untold && now - toldAt >= tellEvery) {
        tell(now);
        [toldAt, untold] = [now, false];
      }
    },
  };
}
