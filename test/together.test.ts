import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { allDone, type Outcomes, together } from '../server/together.ts';

describe('work done together', () => {
  it('takes what comes in one turn, and what comes while it is busy, at most so many at once', async () => {
    const groups: number[][] = [];
    const { promise: isBusy, resolve: begun } = Promise.withResolvers<void>();
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const add = together(
      async (items: number[]) => {
        groups.push(items);
        begun();
        await mayEnd;
        return allDone(items);
      },
      { most: 3, atOnce: 1 },
    );
    const first = [1, 2].map(add);
    await isBusy;
    const later = [3, 4, 5, 6].map(add);
    end();
    await Promise.all([...first, ...later]);
    assert.deepEqual(groups, [[1, 2], [3, 4, 5], [6]]);
  });

  it('gives each its own end, and all the one that is about all of them', async () => {
    const add = together(
      async (items: number[]): Promise<Outcomes<string>> => {
        if (items.includes(0)) throw new Error('all');
        return items.map((item) =>
          item > 9 ? { status: 'rejected', reason: item } : { status: 'fulfilled', value: `${item}` },
        );
      },
      { most: 10, atOnce: 2 },
    );
    const fates = (items: number[]) => Promise.allSettled(items.map(add));
    assert.deepEqual(await fates([1, 10, 2]), [
      { status: 'fulfilled', value: '1' },
      { status: 'rejected', reason: 10 },
      { status: 'fulfilled', value: '2' },
    ]);
    for (const fate of await fates([1, 0, 2]))
      assert.equal(fate.status === 'rejected' && fate.reason.message, 'all');
    assert.deepEqual(await fates([3]), [{ status: 'fulfilled', value: '3' }], 'it goes on');
  });

  it('tells nobody that all is well of whom it says nothing', async () => {
    const add = together(async () => [], { most: 10, atOnce: 1 });
    await assert.rejects(add(1), /says nothing/);
  });

  it('waits for others where it was told to', async () => {
    const groups: number[] = [];
    const add = together(
      async (items: number[]) => {
        groups.push(items.length);
        return allDone(items);
      },
      { most: 10, atOnce: 1, wait: 30 },
    );
    const one = add(1);
    await setTimeout(10);
    await Promise.all([one, add(2)]);
    assert.deepEqual(groups, [2]);
  });
});
