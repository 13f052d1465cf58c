import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addDays, daysBetween, daysFrom, latestHours, restOfDay } from '../../server/dashboard/calendar.ts';

describe('the calendar of a dashboard', () => {
  it('goes from day to day over months, years and the change of the clocks', () => {
    assert.deepEqual(daysFrom('2026-10-31', '2026-11-02'), ['2026-10-31', '2026-11-01', '2026-11-02']);
    assert.deepEqual(daysFrom('2026-03-07', '2026-03-09'), ['2026-03-07', '2026-03-08', '2026-03-09']);
    assert.equal(addDays('2026-12-31', 1), '2027-01-01');
    assert.equal(addDays('2028-03-01', -1), '2028-02-29');
    assert.equal(daysBetween('2026-10-01', '2026-12-01'), 61);
    assert.deepEqual(daysFrom('2026-10-02', '2026-10-01'), []);
  });

  it('has the last 48 hours end with the one that is not over', () => {
    const hours = latestHours(new Date('2026-11-21T14:59:00Z'), 'UTC', 48);
    assert.equal(hours.length, 48);
    assert.deepEqual(hours.at(-1), { key: '2026-11-21T14', label: 'Sat 14:00' });
    assert.deepEqual(hours[0], { key: '2026-11-19T15', label: 'Thu 15:00' });
  });

  it('tells the two hours apart that the clock shows twice in autumn, and leaves one out in spring', () => {
    const autumn = latestHours(new Date('2026-11-01T12:00:00Z'), 'America/Toronto', 8).map(
      ({ label }) => label,
    );
    assert.equal(autumn[0], 'Sun 01:00 GMT-4');
    assert.equal(autumn[1], 'Sun 01:00 GMT-5');
    assert.equal(new Set(autumn).size, 8);
    const spring = latestHours(new Date('2026-03-08T08:00:00Z'), 'America/Toronto', 3).map(
      ({ label }) => label,
    );
    assert.deepEqual(spring, ['Sun 01:00', 'Sun 03:00', 'Sun 04:00']);
  });

  it('begins hours at half past where the zone does', () => {
    const [hour] = latestHours(new Date('2026-11-21T14:10:00Z'), 'America/St_Johns', 1);
    assert.equal(hour?.label, 'Sat 10:30');
  });

  it('knows how much of a day is left by the clock of its zone', () => {
    assert.equal(restOfDay(new Date('2026-11-21T05:00:00Z'), 'America/Toronto'), 1);
    assert.equal(restOfDay(new Date('2026-11-21T17:00:00Z'), 'America/Toronto'), 0.5);
  });
});
