/** A share of counted values, exact to a twentieth of the value: waits of a microsecond and of a day alike. */
export class Waits {
  private readonly counts = new Map<number, number>();
  total = 0;

  add(seconds: number, times = 1): void {
    const bin = seconds < 1e-6 ? 0 : Math.ceil(Math.log(seconds / 1e-6) / Math.log(1.05));
    this.counts.set(bin, (this.counts.get(bin) ?? 0) + times);
    this.total += times;
  }

  merge(other: Waits): void {
    for (const [bin, times] of other.counts) this.counts.set(bin, (this.counts.get(bin) ?? 0) + times);
    this.total += other.total;
  }

  /** In seconds; 0 where nothing was counted. */
  at(share: number): number {
    let left = Math.ceil(this.total * share);
    for (const [bin, times] of [...this.counts].sort(([a], [b]) => a - b)) {
      left -= times;
      if (left <= 0) return bin === 0 ? 0 : 1e-6 * 1.05 ** bin;
    }
    return 0;
  }
}

/** What waits, in the order it came, those of the same moment together. */
export class Line {
  private readonly groups: { since: number; many: number }[] = [];
  private head = 0;
  length = 0;

  add(since: number, many = 1): void {
    if (many === 0) return;
    const last = this.groups.at(-1);
    if (last && this.groups.length > this.head && last.since === since) last.many += many;
    else this.groups.push({ since, many });
    this.length += many;
  }

  /** Since when the first one waits. */
  get first(): number | undefined {
    return this.groups[this.head]?.since;
  }

  /** Takes up to `most` from the front, of those who came until `until`. */
  take(most: number, until = Number.POSITIVE_INFINITY): { since: number; many: number }[] {
    const taken: { since: number; many: number }[] = [];
    let left = most;
    for (let group = this.groups[this.head]; left > 0 && group; group = this.groups[this.head]) {
      if (group.since > until) break;
      const many = Math.min(left, group.many);
      taken.push({ since: group.since, many });
      left -= many;
      this.length -= many;
      group.many -= many;
      if (group.many === 0) this.head += 1;
    }
    if (this.head > 10_000) this.head -= this.groups.splice(0, this.head).length;
    return taken;
  }
}

type Random = () => number;

/** The time until the next of events that come by themselves, so many a second on average. */
export const gap = (random: Random, rate: number): number => -Math.log(1 - random()) / rate;

/** Around `median`, with a long tail: one in a hundred takes `exp(2.33 * spread)` times as long. */
export function longTail(random: Random, median: number, spread: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(normal * spread);
}

/** How many of `many` it happens to, each with this chance. */
export function happensTo(random: Random, many: number, chance: number): number {
  let happened = 0;
  for (let one = 0; one < many; one += 1) if (random() < chance) happened += 1;
  return happened;
}
