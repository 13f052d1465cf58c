import { addDays, weekdayOf } from './calendar.ts';

/** Full days that a forecast needs at least, looks back on, and from which it knows weekdays apart. */
const leastDays = 3;
const recentDays = 7;
const weekdayDays = 21;
/** Confirmed in those days that it takes to tell weekdays apart: ten for each. */
const weekdayLeast = 70;
/** How far ahead it looks, in days. */
export const horizon = 730;

/** What is known: the total now, and the confirmed of each full day, yesterday's last. */
type Known = {
  total: number;
  goal: number;
  fullDays: readonly number[];
  today: string;
  /** How much of today is still to come, from 0 to 1. */
  rest: number;
  /** The day it closes on, and how much of that day comes before the closing. */
  closing?: { day: string; part: number } | undefined;
};

/** `early` and `late` are undefined where the goal is not reached within two years, or before the closing. */
export type GoalForecast = {
  likely?: string | undefined;
  early?: string | undefined;
  late?: string | undefined;
};
type ClosingForecast = { likely: number; low: number; high: number };
export type Pace = { days: number; mean: number; low: number; high: number; byWeekday: boolean };

export type Forecast =
  | { outcome: 'tooEarly'; days: number; needed: number }
  | { outcome: 'quiet'; days: number }
  | { outcome: 'ready'; pace: Pace; isReached: boolean; goal: GoalForecast; closing?: ClosingForecast };

const meanOf = (numbers: readonly number[]): number =>
  numbers.length === 0 ? 0 : numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/**
 * The future at the pace of the last seven full days: their mean, and as a range the mean of the three slowest and of
 * the three fastest of them. From three weeks with enough confirmed on, each weekday has its own weight: its mean over
 * the last three weeks against the mean of all their days.
 */
export function forecastOf(known: Known): Forecast {
  const { fullDays, today, total, goal, closing } = known;
  if (fullDays.length < leastDays) return { outcome: 'tooEarly', days: fullDays.length, needed: leastDays };
  const recent = fullDays.slice(-recentDays);
  if (meanOf(recent) === 0) return { outcome: 'quiet', days: recent.length };

  const weights = weekdayWeights(fullDays, today);
  const evened = weights ? evenOut(recent, today, weights) : recent;
  const inOrder = evened.toSorted((a, b) => a - b);
  const some = Math.min(3, Math.ceil(inOrder.length / 2));
  const pace: Pace = {
    days: recent.length,
    mean: meanOf(evened),
    low: meanOf(inOrder.slice(0, some)),
    high: meanOf(inOrder.slice(-some)),
    byWeekday: weights !== undefined,
  };
  const run = (perDay: number) => runOn(known, (day) => perDay * (weights?.[weekdayOf(day)] ?? 1));
  const [likely, low, high] = [run(pace.mean), run(pace.low), run(pace.high)];
  return {
    outcome: 'ready',
    pace,
    isReached: total >= goal,
    goal: { likely: likely.goalDay, early: high.goalDay, late: low.goalDay },
    ...(closing && { closing: { likely: likely.end, low: low.end, high: high.end } }),
  };
}

/** How much of an average day each weekday brings, Sunday first; undefined where too little is known. */
function weekdayWeights(fullDays: readonly number[], today: string): number[] | undefined {
  if (fullDays.length < weekdayDays) return undefined;
  const weeks = fullDays.slice(-weekdayDays);
  const mean = meanOf(weeks);
  if (mean * weekdayDays < weekdayLeast) return undefined;
  const ofWeekday = (weekday: number) =>
    weeks.filter((_, n) => weekdayOf(addDays(today, n - weeks.length)) === weekday);
  return Array.from({ length: 7 }, (_, weekday) => meanOf(ofWeekday(weekday)) / mean);
}

/** Recent days as they would be on an average weekday. One without weight brought nothing in three weeks. */
const evenOut = (recent: readonly number[], today: string, weights: readonly number[]): number[] =>
  recent.flatMap((number, n) => {
    const weight = weights[weekdayOf(addDays(today, n - recent.length))] ?? 1;
    return weight > 0 ? [number / weight] : [];
  });

/** Goes on day by day until the closing, or until the goal is reached where there is no closing. */
function runOn({ total, goal, today, rest, closing }: Known, expected: (day: string) => number) {
  let sum = total;
  let goalDay: string | undefined;
  for (let n = 0; n <= horizon; n += 1) {
    const day = addDays(today, n);
    const isLast = closing !== undefined && day >= closing.day;
    const begun = n === 0 ? 1 - rest : 0;
    const part = isLast ? Math.max(0, closing.part - begun) : 1 - begun;
    sum += expected(day) * part;
    if (goalDay === undefined && sum >= goal) goalDay = day;
    if (isLast || (!closing && goalDay !== undefined)) break;
  }
  return { goalDay, end: Math.floor(sum) };
}
