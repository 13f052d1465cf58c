import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pino } from 'pino';
import { tallyWork } from '../../config/limits.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { compareTally } from '../../server/tallies/compare.ts';
import { runTallyRound } from '../../server/tallies/round.ts';
import { hourOf, Tally } from '../../server/tallies/tally.ts';
import { inDyingProcess } from '../support/dying.ts';
import { makePetition, makeSignature } from '../support/factories.ts';
import { assertExact, settle } from '../support/tally.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await startWorld({ web: false, workers: false });
});
after(() => world.close());

const now = Date.now();
const ago = (hours: number) => new Date(now - hours * 3_600_000);
const from = (hours: number) => new Date(now + hours * 3_600_000);
const silent = pino({ level: 'silent' });
const change = (petition: Petition, state: string) =>
  Signature.updateMany({ petition: petition._id }, { $set: { state, recount: true } });

/** The tally's sums by hour, without those that are back at nothing. */
async function hoursOf(petition: Petition): Promise<Record<string, number>> {
  const tally = await Tally.findById(petition._id).lean();
  return Object.fromEntries(Object.entries(tally?.hours ?? {}).filter(([, number]) => number !== 0));
}

describe('the sums by hour', () => {
  it('are of the hour somebody confirmed in, and follow every change of state', async () => {
    const petition = await makePetition();
    await makeSignature(petition, { confirmedAt: ago(1) });
    await makeSignature(petition, { confirmedAt: ago(1) });
    await makeSignature(petition, { confirmedAt: ago(30) });
    await settle(petition);
    const all = { [hourOf(ago(1))]: 2, [hourOf(ago(30))]: 1 };
    assert.deepEqual(await hoursOf(petition), all);
    await change(petition, 'withdrawn');
    await settle(petition);
    assert.deepEqual(await hoursOf(petition), {});
    await change(petition, 'confirmed');
    await settle(petition);
    assert.deepEqual(await hoursOf(petition), all);
    await assertExact(petition);
  });

  it('leave out what was confirmed before the hours that are kept', async () => {
    const petition = await makePetition();
    await makeSignature(petition, { confirmedAt: ago(tallyWork.hours + 2) });
    await makeSignature(petition, { confirmedAt: ago(tallyWork.hours - 1) });
    await settle(petition);
    assert.deepEqual(await hoursOf(petition), { [hourOf(ago(tallyWork.hours - 1))]: 1 });
    await change(petition, 'invalidated');
    await settle(petition);
    assert.deepEqual(await hoursOf(petition), {}, 'nothing is taken off that was not added');
    await assertExact(petition);
  });

  it('are let go as time passes, and what was in them can still be withdrawn', async () => {
    const petition = await makePetition();
    await makeSignature(petition, { confirmedAt: ago(0) });
    await settle(petition);
    const later = from(tallyWork.hours + 1);
    await makeSignature(petition, { confirmedAt: later });
    await runTallyRound(petition, later);
    assert.deepEqual(await hoursOf(petition), { [hourOf(later)]: 1 });
    const tally = await Tally.findById(petition._id).lean();
    assert.deepEqual(Object.keys(tally?.hours ?? {}), [hourOf(later)], 'nothing is left of the old ones');
    await change(petition, 'withdrawn');
    await runTallyRound(petition, later);
    assert.deepEqual(await hoursOf(petition), {});
    await assertExact(petition);
  });

  it('do not come back in parts where a clock is behind', async () => {
    const petition = await makePetition();
    await makeSignature(petition, { confirmedAt: ago(0) });
    await runTallyRound(petition, from(tallyWork.hours + 5));
    await makeSignature(petition, { confirmedAt: ago(0) });
    await runTallyRound(petition, new Date(now));
    assert.deepEqual(await hoursOf(petition), {});
    await assertExact(petition);
  });

  it('are exact wherever a process dies', async () => {
    for (let nth = 1, died = true; died; nth += 1) {
      const petition = await makePetition();
      await makeSignature(petition, { confirmedAt: ago(2) });
      await makeSignature(petition, { confirmedAt: ago(3) });
      died = await inDyingProcess(nth, () => runTallyRound(petition));
      await settle(petition);
      assert.deepEqual(await hoursOf(petition), { [hourOf(ago(2))]: 1, [hourOf(ago(3))]: 1 }, `write ${nth}`);
      await assertExact(petition);
    }
  });

  it('are compared each night with the rest', async () => {
    const petition = await makePetition();
    await makeSignature(petition, { confirmedAt: ago(1) });
    await settle(petition);
    assert.equal((await compareTally(petition, silent)).outcome, 'equal');
    await Tally.updateOne({ _id: petition._id }, { $inc: { [`hours.${hourOf(ago(1))}`]: 3 } });
    assert.equal((await compareTally(petition, silent)).outcome, 'corrected');
    await assertExact(petition);
  });
});
