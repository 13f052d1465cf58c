import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { pino } from 'pino';
import { dashboardWork } from '../../config/limits.ts';
import { createFeeds } from '../../server/dashboard/feed.ts';
import { countEvent, everyPetition, type LiveCounts, type Viewer } from '../../server/tallies/live.ts';

const silent = pino({ level: 'silent' });
const step = 10;

/**
 * A feed on a clock of its own. Each reading takes `takes` ms and gives the number as it was when it began; `move` moves
 * that number and says so.
 */
function openFeed(t: TestContext, takes: number, ofAll = false) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
  const readings: number[] = [];
  let number = 0;
  let isBroken = false;
  const read = async () => {
    readings.push(Date.now());
    const live = { number };
    await new Promise((resolve) => setTimeout(resolve, takes));
    if (isBroken) throw new Error('the database is away');
    return { asOf: String(Date.now()), live };
  };
  const watched = new Map<string, Viewer>();
  const live = {
    watch(name: string, viewer: Viewer) {
      watched.set(name, viewer);
      return () => watched.delete(name);
    },
  } as unknown as LiveCounts;
  const feeds = createFeeds(read, silent, ofAll);
  return {
    readings,
    watched,
    move() {
      number += 1;
      for (const viewer of watched.values()) viewer.write(countEvent(`{"count":${number}}`));
    },
    breakDown(is: boolean) {
      isBroken = is;
    },
    /** Somebody who watches; `told` is what, and when. */
    watch(name = 'bench') {
      const told: { at: number; text: string }[] = [];
      const viewer = { write: (text: string) => told.push({ at: Date.now(), text }), end: () => undefined };
      return { told, leave: feeds(name, viewer, live) };
    },
    /** Lets time pass, and whatever waits for it happen. */
    async pass(time: number) {
      for (let passed = 0; passed < time; passed += step) {
        t.mock.timers.tick(step);
        for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
      }
    },
  };
}

type Told = { at: number; text: string }[];
const toldOf = (told: Told, number: number) => told.find(({ text }) => text.includes(`{"number":${number}}`));

describe('a feed', () => {
  for (const takes of [20, 400])
    it(`tells what moved within two seconds, whenever it moves, where a reading takes ${takes} ms`, async (t) => {
      const feed = openFeed(t, takes);
      const { told } = feed.watch();
      await feed.pass(3_000);
      for (let number = 1; number <= 40; number += 1) {
        const moved = Date.now();
        feed.move();
        await feed.pass(2_000);
        const late = (toldOf(told, number)?.at ?? Number.POSITIVE_INFINITY) - moved;
        assert.ok(late <= 2_000, `the ${number}. was told after ${late} ms`);
        // The next comes at another moment between two looks.
        await feed.pass(number * 130);
      }
    });

  it('reads no more often than it should, however fast the count moves, and tells the last', async (t) => {
    const feed = openFeed(t, 20);
    const { told } = feed.watch();
    for (let n = 0; n < 100; n += 1) {
      feed.move();
      await feed.pass(50);
    }
    await feed.pass(2_000);
    const gaps = feed.readings.slice(1).map((at, n) => at - (feed.readings[n] ?? 0));
    assert.ok(gaps.length >= 4);
    assert.ok(Math.min(...gaps) >= dashboardWork.tellEvery, `the gaps were ${gaps}`);
    assert.ok(toldOf(told, 100));
  });

  it('that is slow to read is read for a part of the time only', async (t) => {
    const feed = openFeed(t, 3_000);
    feed.watch();
    for (let n = 0; n < 60; n += 1) {
      feed.move();
      await feed.pass(500);
    }
    assert.ok(feed.readings.length <= 30_000 / (3_000 * dashboardWork.restFactor) + 1);
  });

  it('reads once for all who watch, and not at all when they have left', async (t) => {
    const feed = openFeed(t, 20);
    const [one, other] = [feed.watch(), feed.watch()];
    await feed.pass(500);
    assert.equal(feed.readings.length, 1);
    assert.ok(toldOf(one.told, 0) && toldOf(other.told, 0));
    one.leave();
    other.leave();
    feed.move();
    await feed.pass(20_000);
    assert.equal(feed.readings.length, 1);
    assert.equal(feed.watched.size, 0);
  });

  it('goes on after a reading that failed', async (t) => {
    const feed = openFeed(t, 20);
    const { told } = feed.watch();
    feed.breakDown(true);
    feed.move();
    await feed.pass(3_000);
    assert.equal(toldOf(told, 1), undefined);
    feed.breakDown(false);
    await feed.pass(dashboardWork.lookEvery + 1_000);
    assert.ok(toldOf(told, 1));
  });

  it('of all petitions reads when any of them moves, and passes on the count of none', async (t) => {
    const feed = openFeed(t, 20, true);
    const { told } = feed.watch('a,b');
    assert.deepEqual([...feed.watched.keys()], [everyPetition]);
    await feed.pass(2_000);
    feed.move();
    await feed.pass(2_000);
    assert.ok(toldOf(told, 1));
    assert.ok(!told.some(({ text }) => text.startsWith('event: count')));
  });
});
