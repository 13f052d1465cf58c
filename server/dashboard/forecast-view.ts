import type { Petition } from '../petitions/petition.ts';
import { phaseOf } from '../petitions/phase.ts';
import { dayOf, daysBetween, longDay, restOfDay } from './calendar.ts';
import type { Facts } from './facts.ts';
import { type Forecast, forecastOf, type GoalForecast, horizon, type Pace } from './forecast.ts';
import { counted, numbers } from './words.ts';

/** A forecast in words: what, from what, and how sure. `fullDays` are the confirmed of each whole day up to yesterday. */
export function forecastView(petition: Petition, { at, count }: Facts, fullDays: readonly number[]): string {
  if (petition.kind === 'linked')
    return 'The goal is of official signatures, which are counted elsewhere: nothing here can forecast them.';
  const phase = phaseOf(petition, at);
  if (phase === 'closed') return 'The petition has closed: there is nothing left to forecast.';
  if (phase !== 'open') return 'The petition is not open yet.';
  const timeZone = petition.timeZone ?? 'UTC';
  const today = dayOf(at, timeZone);
  const { count: total, goal } = count.public;
  const rest = restOfDay(at, timeZone);
  const closing = closingOf(petition, timeZone, today);
  const forecast = forecastOf({ total, goal, fullDays, today, rest, closing });
  return sentences(forecast, goal, closing?.day);
}

function closingOf({ closesAt }: Petition, timeZone: string, today: string) {
  const day = closesAt && dayOf(closesAt, timeZone);
  if (!day || daysBetween(today, day) > horizon) return undefined;
  return { day, part: 1 - restOfDay(closesAt, timeZone) };
}

function sentences(forecast: Forecast, goal: number, closes: string | undefined): string {
  if (forecast.outcome === 'tooEarly')
    return `Not enough days yet: a forecast needs ${counted(forecast.needed, 'full day')} since the opening, and there ${forecast.days === 1 ? 'is' : 'are'} ${forecast.days}.`;
  if (forecast.outcome === 'quiet')
    return `Nobody confirmed in the last ${counted(forecast.days, 'full day')}, so there is no pace to go on.`;
  const { pace, isReached, goal: reached, closing } = forecast;
  const toGoal = isReached
    ? `The goal of ${numbers.format(goal)} is reached.`
    : goalInWords(reached, numbers.format(goal), closes);
  const toClosing =
    closing && closes
      ? ` When it closes on ${longDay(closes)} it would stand at about ${numbers.format(closing.likely)} (${numbers.format(closing.low)} to ${numbers.format(closing.high)}).`
      : '';
  return `${toGoal}${toClosing} ${paceInWords(pace)}`;
}

function goalInWords(
  { likely, early, late }: GoalForecast,
  goal: string,
  closes: string | undefined,
): string {
  const never = closes ? 'not before it closes' : 'not within two years';
  const onDay = (day: string | undefined) => (day ? `on ${longDay(day)}` : never);
  const range = `at a fast pace ${onDay(early)}, at a slow one ${onDay(late)}`;
  if (!early) return `The goal of ${goal} is out of reach at this pace: ${never}.`;
  if (!likely) return `The goal of ${goal} would be reached ${never}; ${range}.`;
  return `The goal of ${goal} would be reached around ${longDay(likely)}${early === late ? '' : ` (${range})`}.`;
}

function paceInWords({ days, mean, low, high, byWeekday }: Pace): string {
  const [usual, slow, fast] = [mean, low, high].map((perDay) =>
    numbers.format(perDay < 10 ? Math.round(perDay * 10) / 10 : Math.round(perDay)),
  );
  const weekdays = byWeekday ? ', each weekday weighted by its share of the last three weeks' : '';
  return `This is the mean of the last ${counted(days, 'full day')}, ${usual} a day${weekdays}; the range is the mean of the slowest of these days (${slow}) and of the fastest (${fast}).`;
}
