import type { Petition } from '../petitions/petition.ts';
import { addDays, dayLabel, dayOf, daysFrom, latestHours, longDay, monthLabel } from './calendar.ts';
import { drawChart } from './chart.ts';
import type { Facts, Sums } from './facts.ts';
import { numbers, type Row } from './words.ts';

const hoursShown = 48;
/** The table has a row for each of this many latest days, and for each month before. */
const daysInTable = 120;
/** Ten years: a date that was mistyped must not draw a chart of the whole calendar. */
const mostDays = 3_660;

type Bar = { label: string; number: number };
const rowOf = ({ label, number }: Bar): Row => ({ cells: [label, numbers.format(number)] });
const sumOf = (bars: readonly { number: number }[]): number =>
  bars.reduce((sum, { number }) => sum + number, 0);

/** `Highest: 41 (Tue 14:00), 312 altogether`, as a sentence. */
function describe(bars: readonly Bar[], none: string): string {
  const highest = bars.reduce<Bar | undefined>(
    (best, bar) => (bar.number > (best?.number ?? 0) ? bar : best),
    undefined,
  );
  if (!highest) return none;
  return `${numbers.format(sumOf(bars))} altogether; the most were ${numbers.format(highest.number)} (${highest.label}).`;
}

export function hoursView({ hours, at }: Facts, timeZone: string) {
  const bars = latestHours(at, timeZone, hoursShown).map(({ key, label }) => ({
    label,
    number: hours[key] ?? 0,
  }));
  const description = describe(bars, 'Nobody confirmed in the last 48 hours.');
  return {
    chart: drawChart(bars, { numbers, description, isPartial: true }),
    rows: bars.toReversed().map(rowOf),
  };
}

/** Every day of a petition's life. `full` are the whole days up to yesterday, for the forecast. */
export function daysView(petition: Petition, { days, at }: Facts, timeZone: string) {
  const today = dayOf(at, timeZone);
  const [first, last] = lifeOf(petition, days, timeZone, today);
  const bars = daysFrom(first, last).map((key) => ({
    key,
    label: dayLabel(key, today),
    number: days[key] ?? 0,
  }));
  const description = describe(bars, 'Nobody has confirmed yet.');
  return {
    chart: drawChart(bars, { numbers, description, isPartial: last === today }),
    rows: tableOf(bars),
    today: days[today] ?? 0,
    full: fullDays(petition, days, timeZone, today),
  };
}

/** From the first day with a signature or the opening to today, or to the last day with one where it has closed. */
function lifeOf(
  { publishedAt, opensAt, closesAt }: Petition,
  days: Sums,
  timeZone: string,
  today: string,
): [string, string] {
  const signed = Object.keys(days)
    .filter((day) => days[day])
    .sort();
  const opened = publishedAt && dayOf(opensAt && opensAt > publishedAt ? opensAt : publishedAt, timeZone);
  const closed = closesAt && dayOf(closesAt, timeZone);
  const begin = [signed[0], opened].filter((day) => day !== undefined).sort()[0] ?? today;
  const end = closed && closed < today ? [signed.at(-1) ?? closed, closed].sort().at(-1) : today;
  const last = end && end < today ? end : today;
  const earliest = addDays(last, -mostDays);
  const first = begin > last ? last : begin;
  return [first < earliest ? earliest : first, last];
}

/** The latest first: by day, and before that by month. */
function tableOf(bars: readonly { key: string; label: string; number: number }[]): Row[] {
  const recent = bars.slice(-daysInTable).toReversed().map(rowOf);
  const months = Map.groupBy(bars.slice(0, -daysInTable).toReversed(), ({ key }) => key.slice(0, 7));
  const older = [...months.values()].map((month) => ({
    label: `${monthLabel(month[0]?.key ?? '')}, up to ${longDay(month[0]?.key ?? '')}`,
    number: sumOf(month),
  }));
  return [...recent, ...older.map(rowOf)];
}

/** The day it opened on was not a whole one. */
function fullDays({ publishedAt, opensAt }: Petition, days: Sums, timeZone: string, today: string): number[] {
  if (!publishedAt) return [];
  const opened = dayOf(opensAt && opensAt > publishedAt ? opensAt : publishedAt, timeZone);
  const from = [addDays(opened, 1), addDays(today, -60)].sort().at(-1) ?? today;
  return daysFrom(from, addDays(today, -1)).map((day) => days[day] ?? 0);
}
