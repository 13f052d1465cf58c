import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Signature } from '../../server/signatures/signature.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { visitor } from '../support/visitor.ts';
import { mayStand } from './ledger.ts';
import { describeSchedule, scheduleOf } from './schedule.ts';
import { runSeed } from './seed.ts';
import { type System, startSystem } from './system.ts';

describe('whatever is killed, paused, full or cut off while people sign', () => {
  let system: System;
  before(async () => {
    system = await startSystem();
  });
  after(() => system.close());

  for (const seed of [3, 44])
    it(`seed ${seed}: what was acknowledged is stored, counted once and mailed`, async () => {
      const { wrong, schedule, acts } = await runSeed(system, seed);
      assert.deepEqual(wrong, [], `${schedule}\nagain: npm run test:faults -- --seed ${seed}`);
      assert.ok((acts['sign 303'] ?? 0) > 0, 'nobody signed');
    });

  it('a full disk is said to be for a while, loses nothing, and is over once there is room', async (t) => {
    const { disk, urls } = system;
    if (!disk) return t.skip('no disk can be mounted here');
    const petition = await makePetition();
    const sign = async () =>
      (
        await visitor({ url: urls[0] }).sign(petition.slug, {
          ...makeForm(),
          'h-captcha-response': 'P1_token',
        })
      ).status;
    disk.fill();
    // The first ones still find room in the database's own file.
    let taken = 0;
    let status = await sign();
    for (; status === 303 && taken < 300; status = await sign()) taken += 1;
    disk.free();
    assert.equal(status, 503);
    assert.equal(await sign(), 303);
    assert.equal(await Signature.countDocuments({ petition: petition._id }), taken + 1);
  });
});

describe('the schedule', () => {
  it('is the same for the same seed and another for another', () => {
    assert.equal(describeSchedule(scheduleOf(7)), describeSchedule(scheduleOf(7)));
    assert.notEqual(describeSchedule(scheduleOf(7)), describeSchedule(scheduleOf(8)));
  });
});

describe('the ledger', () => {
  const act = (
    verb: 'sign' | 'confirm' | 'withdraw',
    outcome: 'done' | 'refused' | 'unknown',
    begun: number,
  ) => ({
    ...{ verb, outcome, begun, ended: begun + 1 },
  });
  it('holds us to what was acknowledged', () => {
    const acts = [act('sign', 'done', 1), act('confirm', 'done', 2)];
    assert.deepEqual([...mayStand({ acts })], ['confirmed']);
  });
  it('lets what was not answered have happened, not happened, or happen late', () => {
    const acts = [act('sign', 'unknown', 1), act('sign', 'done', 2), act('withdraw', 'done', 3)];
    assert.deepEqual([...mayStand({ acts })].toSorted(), ['pending', 'withdrawn']);
  });
  it('takes nothing from a refusal', () => {
    assert.deepEqual([...mayStand({ acts: [act('sign', 'refused', 1)] })], ['none']);
  });
});
