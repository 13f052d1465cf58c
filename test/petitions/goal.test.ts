import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { goalLadder } from '../../config/limits.ts';
import { goalAt, percentOf } from '../../server/petitions/goal.ts';

const auto = { goal: { kind: 'auto' as const } };

describe('the goal', () => {
  it('stays where an organizer fixed it', () => {
    const fixed = { goal: { kind: 'fixed' as const, number: 3_000 } };
    for (const count of [0, 2_999, 3_000, 90_000]) assert.equal(goalAt(fixed, count), 3_000);
  });

  it('climbs the ladder as it is passed', () => {
    const table = [
      [0, 100],
      [99, 100],
      [100, 250],
      [249, 250],
      [250, 500],
      [9_999, 10_000],
      [10_000, 15_000],
    ] as const;
    for (const [count, goal] of table) assert.equal(goalAt(auto, count), goal, `at ${count}`);
  });

  it('goes on where the ladder ends', () => {
    const top = goalLadder.at(-1) ?? 0;
    assert.equal(goalAt(auto, top), 2 * top);
    assert.equal(goalAt(auto, 2 * top), 3 * top);
  });

  it('is a ladder: each step above the one before', () => {
    assert.deepEqual(
      [...goalLadder].sort((a, b) => a - b),
      [...goalLadder],
    );
    assert.equal(new Set(goalLadder).size, goalLadder.length);
  });

  it('is always ahead of the count and never goes down', () => {
    const count = fc.integer({ min: 0, max: 50_000_000 });
    fc.assert(
      fc.property(count, count, (a, b) => {
        assert.ok(goalAt(auto, a) > a);
        assert.ok(goalAt(auto, Math.max(a, b)) >= goalAt(auto, Math.min(a, b)));
      }),
    );
  });
});

describe('the bar', () => {
  it('is full only when the goal is reached', () => {
    assert.equal(percentOf(0, 100), 0);
    assert.equal(percentOf(999, 1_000), 99);
    assert.equal(percentOf(999_999, 1_000_000), 99);
    assert.equal(percentOf(1_000, 1_000), 100);
    assert.equal(percentOf(5_000, 1_000), 100);
  });

  it('is empty, not negative, below nothing', () => assert.equal(percentOf(-5, 100), 0));
});
