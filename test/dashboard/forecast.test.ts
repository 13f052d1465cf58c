import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Forecast, forecastOf } from '../../server/dashboard/forecast.ts';

/** Saturday; the day before is the last of the full days. */
const today = '2026-11-21';
const known = { total: 100, goal: 200, today, rest: 1 };

function ready(forecast: Forecast) {
  if (forecast.outcome !== 'ready') throw new Error(`It is ${forecast.outcome}`);
  return forecast;
}

describe('a forecast', () => {
  it('says that there are not enough days before there are three', () => {
    assert.deepEqual(forecastOf({ ...known, fullDays: [50, 50] }), {
      outcome: 'tooEarly',
      days: 2,
      needed: 3,
    });
    assert.equal(forecastOf({ ...known, fullDays: [50, 50, 50] }).outcome, 'ready');
  });

  it('has no pace to go on where nobody confirmed in a week', () => {
    assert.equal(forecastOf({ ...known, fullDays: [90, ...Array(7).fill(0)] }).outcome, 'quiet');
    assert.equal(forecastOf({ ...known, fullDays: [90, ...Array(6).fill(0)] }).outcome, 'ready');
  });

  it('says of how many days nobody came in, however long it has been open', () => {
    const lately = (number: number) => [number, ...Array(27).fill(0)];
    for (const before of [1, 500])
      assert.deepEqual(forecastOf({ ...known, fullDays: lately(before) }), { outcome: 'quiet', days: 7 });
  });

  it('of one signature in three weeks makes no rule of its weekday', () => {
    const { pace } = ready(forecastOf({ ...known, fullDays: [...Array(25).fill(0), 1, 0, 0] }));
    assert.deepEqual([pace.days, pace.low, pace.byWeekday], [7, 0, false]);
  });

  it('takes the mean of the last seven full days, and of their slowest and fastest three', () => {
    const { pace, goal } = ready(forecastOf({ ...known, fullDays: [1000, 4, 16, 10, 10, 10, 10, 10] }));
    assert.deepEqual(pace, { days: 7, mean: 10, low: 8, high: 12, byWeekday: false });
    // A hundred are missing: ten days of ten with today, nine of twelve, thirteen of eight.
    assert.deepEqual(goal, { likely: '2026-11-30', early: '2026-11-29', late: '2026-12-03' });
  });

  it('counts of today only what is still to come', () => {
    const full = [10, 10, 10];
    assert.equal(ready(forecastOf({ ...known, fullDays: full, rest: 1 })).goal.likely, '2026-11-30');
    assert.equal(ready(forecastOf({ ...known, fullDays: full, rest: 0.5 })).goal.likely, '2026-12-01');
  });

  it('stops at the closing: the number then, and a goal that is not reached before it', () => {
    const closing = { day: '2026-11-25', part: 0.5 };
    const forecast = ready(forecastOf({ ...known, fullDays: [8, 10, 12], closing }));
    assert.deepEqual(forecast.closing, { likely: 145, low: 140, high: 149 });
    assert.deepEqual(forecast.goal, { likely: undefined, early: undefined, late: undefined });
    const low = ready(forecastOf({ ...known, goal: 140, fullDays: [8, 10, 12], closing }));
    assert.equal(low.goal.likely, '2026-11-24');
  });

  it('stops today where it closes today', () => {
    const closing = { day: today, part: 0.75 };
    const { closing: at } = ready(forecastOf({ ...known, rest: 0.5, fullDays: [100, 100, 100], closing }));
    assert.equal(at?.likely, 125, 'a quarter of a day is left');
  });

  it('weighs weekdays from three full weeks on', () => {
    // Sundays bring nothing, the other days seven: three weeks that end on a Friday.
    const weeks = Array.from({ length: 21 }, (_, n) => ((n + 6) % 7 === 0 ? 0 : 7));
    const { pace, closing } = ready(
      forecastOf({ ...known, fullDays: weeks, closing: { day: '2026-11-23', part: 1 } }),
    );
    assert.equal(pace.byWeekday, true);
    // From Saturday to Monday: seven, nothing, seven.
    assert.equal(closing?.likely, 114);
    const twenty = ready(
      forecastOf({ ...known, fullDays: weeks.slice(1), closing: { day: '2026-11-23', part: 1 } }),
    );
    assert.equal(twenty.pace.byWeekday, false);
    assert.equal(twenty.closing?.likely, 118, 'each day is like another');
  });

  it('looks no further than two years', () => {
    const { goal } = ready(forecastOf({ ...known, goal: 1_000_000, fullDays: [1, 1, 1] }));
    assert.deepEqual(goal, { likely: undefined, early: undefined, late: undefined });
  });

  it('knows a goal that is reached', () => {
    assert.equal(ready(forecastOf({ ...known, total: 200, fullDays: [1, 1, 1] })).isReached, true);
  });
});
