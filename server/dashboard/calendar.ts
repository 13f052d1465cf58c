import { dateFormat } from '../formats.ts';
import { calendarDay } from '../locales.ts';
import { hourOf } from '../tallies/tally.ts';

/** One span of time that a chart has a bar for. `key` is the tally's. */
type Span = { key: string; label: string };

const hour = 3_600_000;
const day = 24 * hour;

/** The calendar day after another, `2026-03-29` after `2026-03-28`; a calendar knows no summer time. */
export const addDays = (key: string, days: number): string =>
  new Date(Date.parse(key) + days * day).toISOString().slice(0, 10);

/** How many days a calendar counts from one day to a later one. */
export const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(to) - Date.parse(from)) / day);

/** 0 is Sunday. */
export const weekdayOf = (key: string): number => new Date(key).getUTCDay();

/** Every calendar day from one to another, both included. */
export const daysFrom = (from: string, to: string): string[] =>
  Array.from({ length: Math.max(0, daysBetween(from, to) + 1) }, (_, n) => addDays(from, n));

/** `Tue 3 March`, with the year where it is not `now`'s. */
export function dayLabel(key: string, today: string): string {
  const year = key.slice(0, 4) === today.slice(0, 4) ? undefined : 'numeric';
  return dateFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year,
    timeZone: 'UTC',
  }).format(new Date(key));
}

/** `3 March 2026`. */
export const longDay = (key: string): string =>
  dateFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(key));

/** `March 2026`, of a day in it. */
export const monthLabel = (key: string): string =>
  dateFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(key));

/**
 * The latest hours up to the one that is not over, by the clock of a time zone: where it goes back, the same hour comes
 * twice and the labels say which offset is meant. An hour is an hour of UTC: in a zone that is half an hour off it
 * begins at half past.
 */
export function latestHours(now: Date, timeZone: string, number: number): Span[] {
  const last = Math.floor(now.getTime() / hour) * hour;
  const starts = Array.from({ length: number }, (_, n) => new Date(last - (number - 1 - n) * hour));
  const label = (offset: boolean) => {
    const format = dateFormat('en-GB', {
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      timeZone,
      ...(offset && { timeZoneName: 'short' }),
    });
    return starts.map((start) => format.format(start).replace(',', ''));
  };
  const short = label(false);
  const labels = new Set(short).size === short.length ? short : label(true);
  return starts.map((start, n) => ({ key: hourOf(start), label: labels[n] ?? '' }));
}

/** How much of the calendar day at `now` is still to come, from 0 to 1. */
export function restOfDay(now: Date, timeZone: string): number {
  const format = dateFormat('en-GB', {
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
    timeZone,
  });
  const at = (type: string) =>
    Number(format.formatToParts(now).find((part) => part.type === type)?.value ?? 0);
  return 1 - (at('hour') * 60 + at('minute')) / (24 * 60);
}

/** `Sat 21 November 2026, 14:02:31 GMT-5`: when something was so. */
export const momentLabel = (date: Date, timeZone: string): string =>
  dateFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZone,
    timeZoneName: 'short',
  }).format(date);

/** The day of a moment in a time zone. */
export const dayOf = (date: Date, timeZone: string): string => calendarDay(date, timeZone);
