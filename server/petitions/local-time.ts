import { dateFormat } from '../formats.ts';

/** What a clock on the wall showed: `2026-03-29T02:30`, as `<input type="datetime-local">` sends it. */
const wallClock = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::\d{2})?$/;

const zones: ReadonlySet<string> = new Set(['UTC', ...Intl.supportedValuesOf('timeZone')]);

/** Every time zone there is, by its IANA name. */
export const timeZones = (): string[] => [...zones].sort();
export const isTimeZone = (zone: string): boolean => zones.has(zone);

export type Instant =
  | { outcome: 'read'; at: Date }
  /** The clocks go forward over it; `next` is the first time after that, on the wall. */
  | { outcome: 'skipped'; next: string }
  | { outcome: 'malformed' };

/**
 * The moment a clock in the zone shows a local time. Where the clocks go back and show it twice, `which` says which of
 * the two is meant; where they go forward and never show it, there is no such moment.
 */
export function instantOf(local: string, zone: string, which: 'first' | 'second'): Instant {
  const asUtc = readWallClock(local);
  if (asUtc === undefined) return { outcome: 'malformed' };
  const day = 86_400_000;
  // The zone's offsets a day before and after: a change between them is the only one there can be.
  const offsets = [offsetAt(asUtc - day, zone), offsetAt(asUtc + day, zone)];
  const moments = offsets.map((offset) => asUtc - offset).filter((at) => at + offsetAt(at, zone) === asUtc);
  const found = which === 'first' ? Math.min(...moments) : Math.max(...moments);
  if (Number.isFinite(found)) return { outcome: 'read', at: new Date(found) };
  return { outcome: 'skipped', next: localOf(changeAfter(asUtc - day, asUtc + day, zone), zone) };
}

/** What a clock in the zone shows at a moment. */
export function localOf(at: Date, zone: string): string {
  return new Date(at.getTime() + offsetAt(at.getTime(), zone)).toISOString().slice(0, 16);
}

function readWallClock(local: string): number | undefined {
  const [year, month, day, hour, minute] = (wallClock.exec(local) ?? []).slice(1).map(Number);
  if (year === undefined || month === undefined || year < 1970 || year > 2200) return undefined;
  const at = new Date(Date.UTC(year, month - 1, day, hour, minute));
  // 30 February and 24:61 roll over into other days.
  return at.toISOString().slice(0, 16) === local.slice(0, 16) ? at.getTime() : undefined;
}

/** How far the zone's clocks are ahead of UTC, in milliseconds. */
function offsetAt(at: number, zone: string): number {
  const whole = Math.floor(at / 60_000) * 60_000;
  const parts = formatOf(zone).formatToParts(whole);
  const [year = 0, month = 1, day, hour, minute, second] = [
    ...['year', 'month', 'day', 'hour', 'minute', 'second'],
  ].map((type) => Number(parts.find((part) => part.type === type)?.value));
  return Date.UTC(year, month - 1, day, hour, minute, second) - whole;
}

const numeric = 'numeric' as const;
const formatOf = (timeZone: string): Intl.DateTimeFormat =>
  dateFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', year: numeric, month: numeric, day: numeric },
    ...{ hour: numeric, minute: numeric, second: numeric },
  });

/** The first minute with another offset than the beginning has. */
function changeAfter(from: number, to: number, zone: string): Date {
  const before = offsetAt(from, zone);
  let [low, high] = [Math.floor(from / 60_000), Math.ceil(to / 60_000)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle * 60_000, zone) === before) low = middle;
    else high = middle;
  }
  return new Date(high * 60_000);
}
