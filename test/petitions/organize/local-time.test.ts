import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { instantOf, isTimeZone, localOf, timeZones } from '../../../server/petitions/local-time.ts';

const read = (local: string, zone: string, which: 'first' | 'second' = 'first') => {
  const instant = instantOf(local, zone, which);
  return instant.outcome === 'read' ? instant.at.toISOString() : instant;
};

describe('a time on the wall of a place', () => {
  it('is another moment in summer than in winter', () => {
    assert.equal(read('2026-01-15T12:00', 'America/Toronto'), '2026-01-15T17:00:00.000Z');
    assert.equal(read('2026-07-15T12:00', 'America/Toronto'), '2026-07-15T16:00:00.000Z');
    assert.equal(read('2026-07-15T12:00', 'Asia/Kathmandu'), '2026-07-15T06:15:00.000Z');
  });

  it('may never come, where the clocks go forward: the first one after it is named', () => {
    const skipped = (next: string) => ({ outcome: 'skipped', next });
    assert.deepEqual(read('2026-03-29T02:30', 'Europe/Paris'), skipped('2026-03-29T03:00'));
    assert.deepEqual(read('2026-10-04T02:15', 'Australia/Lord_Howe'), skipped('2026-10-04T02:30'));
    assert.deepEqual(read('2011-12-30T10:00', 'Pacific/Apia'), skipped('2011-12-31T00:00'), 'a whole day');
    assert.equal(read('2026-03-29T01:59', 'Europe/Paris'), '2026-03-29T00:59:00.000Z');
    assert.equal(read('2026-03-29T03:00', 'Europe/Paris'), '2026-03-29T01:00:00.000Z');
  });

  it('may come twice, where they go back: the first or the second is meant', () => {
    assert.equal(read('2026-10-25T02:30', 'Europe/Paris', 'first'), '2026-10-25T00:30:00.000Z');
    assert.equal(read('2026-10-25T02:30', 'Europe/Paris', 'second'), '2026-10-25T01:30:00.000Z');
  });

  for (const typed of [
    '',
    'now',
    '2026-02-30T10:00',
    '2026-13-01T10:00',
    '2026-01-01T24:30',
    '2026-01-01',
    '0001-01-01T00:00',
    '2026-01-01T10:00Z',
  ])
    it(`is none as “${typed}”`, () => assert.deepEqual(read(typed, 'UTC'), { outcome: 'malformed' }));

  it('comes back as it was typed, from any moment in any place', () => {
    const zones = timeZones();
    assert.ok(zones.length > 300 && zones.every(isTimeZone) && !isTimeZone('Mars/Olympus'));
    const minutes = fc.integer({ min: Date.UTC(1980) / 60_000, max: Date.UTC(2036) / 60_000 });
    fc.assert(
      fc.property(minutes, fc.constantFrom(...zones), (minute, zone) => {
        const at = new Date(minute * 60_000);
        const local = localOf(at, zone);
        const moments = [read(local, zone, 'first'), read(local, zone, 'second')];
        assert.ok(moments.includes(at.toISOString()), `${at.toISOString()} ${zone} ${local}`);
      }),
      { numRuns: 2_000 },
    );
  });
});
