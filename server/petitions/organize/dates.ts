import { type Instant, instantOf, isTimeZone, localOf } from '../local-time.ts';
import type { Petition } from '../petition.ts';
import type { Typed } from './typed.ts';

type Problems = Record<string, string>;
type Read = { at?: Date; problem?: string };

/** When it opens and closes, on the clocks of its time zone. */
export function readDates(typed: Typed, timeZone: string, problems: Problems, stored?: Petition) {
  const read = (name: 'opensAt' | 'closesAt'): Date | undefined => {
    const { at, problem } = readMoment(typed[name], timeZone, name === 'opensAt' ? 'first' : 'second');
    if (problem) problems[name] = problem;
    return keptMoment(stored, name, typed[name] ?? '', timeZone) ?? at;
  };
  const [opensAt, closesAt] = [read('opensAt'), read('closesAt')];
  if (opensAt && closesAt && closesAt <= opensAt)
    problems.closesAt = 'It must close after it opens. Check both dates.';
  return { opensAt, closesAt };
}

/** Nothing where nothing was typed. A closing that comes twice means the second, so that nobody is cut off. */
export function readMoment(typed: string | undefined, timeZone: string, which: 'first' | 'second'): Read {
  const local = (typed ?? '').trim();
  if (!local || !isTimeZone(timeZone)) return {};
  const instant = instantOf(local, timeZone, which);
  return instant.outcome === 'read' ? { at: instant.at } : { problem: problemOf(instant, timeZone) };
}

function problemOf(instant: Exclude<Instant, { outcome: 'read' }>, timeZone: string): string {
  if (instant.outcome === 'malformed') return 'Enter a date and a time, such as 2026-09-30 18:00.';
  const time = instant.next.replace('T', ' ');
  return `The clocks in ${timeZone} go forward and skip this time. Choose ${time} or later.`;
}

/** The stored moment to the second, where the form still says the minute it fell in. */
function keptMoment(
  stored: Petition | undefined,
  name: 'opensAt' | 'closesAt',
  typed: string,
  timeZone: string,
): Date | undefined {
  const at = stored?.timeZone === timeZone ? stored[name] : undefined;
  return at && localOf(at, timeZone) === typed.trim().slice(0, 16) ? at : undefined;
}
