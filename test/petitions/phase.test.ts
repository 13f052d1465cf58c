import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { confirmableUntil, type Phase, phaseOf } from '../../server/petitions/phase.ts';

const now = new Date('2026-09-04T12:00:00Z');
const hours = (number: number) => new Date(now.getTime() + number * 3_600_000);

describe('the phase of a petition follows from its dates', () => {
  const table: [string, Parameters<typeof phaseOf>[0], Phase][] = [
    ['without a date of publishing it is a draft', {}, 'draft'],
    ['to be published in an hour it is a draft', { publishedAt: hours(1) }, 'draft'],
    ['a draft stays one whatever the other dates', { opensAt: hours(-2), closesAt: hours(2) }, 'draft'],
    ['published it is open', { publishedAt: hours(-1) }, 'open'],
    ['published at this very moment it is open', { publishedAt: now }, 'open'],
    ['before it opens it is upcoming', { publishedAt: hours(-1), opensAt: hours(1) }, 'upcoming'],
    ['at the moment it opens it is open', { publishedAt: hours(-1), opensAt: now }, 'open'],
    ['until it closes it is open', { publishedAt: hours(-1), closesAt: hours(1) }, 'open'],
    ['at the moment it closes it is closed', { publishedAt: hours(-1), closesAt: now }, 'closed'],
    [
      'after it closed it is closed',
      { publishedAt: hours(-9), opensAt: hours(-8), closesAt: hours(-1) },
      'closed',
    ],
    [
      'closed wins over upcoming',
      { publishedAt: hours(-9), opensAt: hours(1), closesAt: hours(-1) },
      'closed',
    ],
  ];
  for (const [why, dates, phase] of table) {
    it(why, () => assert.equal(phaseOf(dates, now), phase));
  }

  it('needs no timer: the same dates are another phase at another time', () => {
    const dates = { publishedAt: hours(0), opensAt: hours(1), closesAt: hours(2) };
    const phases = [-1, 0, 0.5, 1, 1.5, 2, 3].map((hour) => phaseOf(dates, hours(hour)));
    assert.deepEqual(phases, ['draft', 'upcoming', 'upcoming', 'open', 'open', 'closed', 'closed']);
  });
});

describe('confirming after the closing', () => {
  it('stays possible for a day', () => {
    assert.deepEqual(confirmableUntil({ closesAt: now }), hours(24));
    assert.equal(confirmableUntil({}), undefined);
  });
});
