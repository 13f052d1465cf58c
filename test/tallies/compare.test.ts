import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { tallyWork } from '../../config/limits.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { compareTally } from '../../server/tallies/compare.ts';
import { runTallyRound } from '../../server/tallies/round.ts';
import { Tally } from '../../server/tallies/tally.ts';
import { compareTallies } from '../../workers/compare.ts';
import { tallyPetition } from '../../workers/tally.ts';
import { inDyingProcess } from '../support/dying.ts';
import { makePetition, makeSignature } from '../support/factories.ts';
import { textOf } from '../support/page.ts';
import { openStage } from '../support/stage.ts';
import { assertExact, settle, sumsOf } from '../support/tally.ts';
import { visitor } from '../support/visitor.ts';

const { world, platform } = await openStage({ workers: false });

/** A log that can be read. */
function listen() {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { log, lines };
}

async function countedPetition(number = 3): Promise<Petition> {
  const petition = await makePetition();
  for (let n = 0; n < number; n += 1) await makeSignature(petition, { region: ['ON', 'QC'][n % 2] });
  await settle(petition);
  return petition;
}
const reread = async ({ _id }: Petition) => (await Petition.findById(_id).lean<Petition>()) as Petition;

describe('the nightly comparison', () => {
  it('finds what is equal to be equal, and says nothing', async () => {
    const petition = await countedPetition();
    const { log, lines } = listen();
    assert.deepEqual(await compareTally(petition, log), { outcome: 'equal' });
    assert.deepEqual(lines, []);
    assert.deepEqual((await reread(petition)).history, []);
    await assertExact(petition);
  });

  it('is not disturbed by signatures that wait for their round, nor loses them', async () => {
    const petition = await countedPetition(3);
    await makeSignature(petition);
    await Signature.updateOne(
      { petition: petition._id, region: 'QC' },
      { $set: { state: 'withdrawn', recount: true } },
    );
    const { outcome } = await compareTally(petition, listen().log);
    assert.equal(outcome, 'equal');
    await settle(petition);
    assert.equal((await sumsOf(petition)).confirmed, 3);
    await assertExact(petition);
  });

  it('finishes a batch that a dead process left before it counts', async () => {
    const petition = await countedPetition(1);
    const _id = await makeSignature(petition);
    const counted = { day: '2026-09-04', region: 'CA', source: 'direct' };
    await Tally.updateOne(
      { _id: petition._id },
      {
        $inc: { version: 1, confirmed: 1, 'days.2026-09-04': 1, 'regions.CA': 1, 'sources.direct': 1 },
        $set: { batch: [{ _id, state: 'confirmed', counted }] },
      },
    );
    assert.equal((await compareTally(petition, listen().log)).outcome, 'equal');
    await settle(petition);
    assert.equal((await sumsOf(petition)).confirmed, 2);
    await assertExact(petition);
  });

  it('corrects a difference: an alert, a date in the history, and the page says so', async () => {
    const petition = await countedPetition(3);
    await Tally.updateOne({ _id: petition._id }, { $inc: { confirmed: 4, 'regions.CA-ON': 4 } });
    const { log, lines } = listen();
    const now = new Date();
    assert.deepEqual(await compareTally(petition, log, now), { outcome: 'corrected', was: 7, is: 3 });

    assert.equal(lines.length, 1);
    assert.equal(lines[0]?.level, 50);
    assert.equal(lines[0]?.was, 7);
    assert.equal(lines[0]?.is, 3);
    const tally = await Tally.findById(petition._id).lean();
    assert.deepEqual(tally?.corrections, [{ at: now, was: 7, is: 3 }]);
    assert.equal(tally?.heldUntil, undefined);
    const { history } = await reread(petition);
    assert.deepEqual(
      history.map(({ outcome, at }) => ({ outcome, at })),
      [{ outcome: 'corrected', at: now }],
    );
    const page = textOf(await (await visitor(world).get(`/petitions/${petition.slug}`)).text());
    assert.match(
      page,
      /Count corrected.*A full count of the confirmed signatures found 3 where the running count said 7/,
    );
    assert.equal(await visitor(world).count(petition.slug), 3);
    await assertExact(petition);
    assert.equal((await compareTally(petition, listen().log)).outcome, 'equal', 'once');
  });

  for (const [who, finish] of [
    ['next round', (id: string) => tallyPetition(platform, id)],
    ['next comparison', () => compareTallies(platform)],
  ] as const) {
    it(`that dies between the correction and the public history is finished by the ${who}, once`, async () => {
      let untold = 0;
      for (let nth = 1, died = true; died; nth += 1) {
        const petition = await countedPetition(2);
        await Tally.updateOne({ _id: petition._id }, { $inc: { confirmed: 4 } });
        died = await inDyingProcess(nth, () => compareTally(petition, listen().log));
        const { corrections = [] } = (await Tally.findById(petition._id).lean()) ?? {};
        if (corrections.length > 0 && (await reread(petition)).history.length === 0) untold += 1;
        if (corrections.length === 0) continue;
        await Promise.all([finish(String(petition._id)), finish(String(petition._id))]);
        const { history } = await reread(petition);
        assert.deepEqual(
          history.map(({ outcome, at }) => ({ outcome, at })),
          [{ outcome: 'corrected', at: corrections[0]?.at }],
          `write ${nth}`,
        );
      }
      assert.equal(untold, 1, 'it died just between the two');
    });
  }

  it('says with a count that is found right which part of it was wrong', async () => {
    const petition = await countedPetition(2);
    await Tally.updateOne({ _id: petition._id }, { $inc: { 'sources.direct': 1 } });
    await compareTally(petition, listen().log);
    const [entry] = (await reread(petition)).history;
    assert.match(entry?.note?.en ?? '', /^A full count confirmed the total of 2\. A breakdown of it/);
    assert.match(entry?.note?.fr ?? '', /^Un décompte complet a confirmé le total de 2\./);
  });

  it('counts what it finds on the list by the clock of the petition', async () => {
    const petition = await makePetition({ timeZone: 'America/Toronto' });
    await makeSignature(petition, { confirmedAt: new Date('2026-03-02T03:30:00Z') });
    await compareTally(petition, listen().log);
    assert.deepEqual((await sumsOf(petition)).days, { '2026-03-01': 1 });
  });

  it('notices a breakdown that is wrong under a total that is right', async () => {
    const petition = await countedPetition(2);
    await Tally.updateOne({ _id: petition._id }, { $inc: { 'regions.CA-ON': 1, 'regions.CA-QC': -1 } });
    assert.equal((await compareTally(petition, listen().log)).outcome, 'corrected');
    await assertExact(petition);
  });

  it('brings back a tally that was lost altogether', async () => {
    const petition = await countedPetition(3);
    await Tally.deleteOne({ _id: petition._id });
    assert.equal((await compareTally(petition, listen().log)).outcome, 'corrected');
    await settle(petition);
    assert.equal((await sumsOf(petition)).confirmed, 3);
    await Signature.updateMany({ petition: petition._id }, { $set: { state: 'withdrawn', recount: true } });
    await settle(petition);
    assert.equal((await sumsOf(petition)).confirmed, 0);
    await assertExact(petition);
  });

  it('finds signatures that fell off the list of what to count', async () => {
    const petition = await countedPetition(1);
    await makeSignature(petition, { recount: undefined });
    await compareTally(petition, listen().log);
    await settle(petition);
    assert.equal((await sumsOf(petition)).confirmed, 2);
  });

  it('takes the names of links as names, whatever they are', async () => {
    const petition = await makePetition();
    for (const source of ['constructor', 'x', 'constructor']) await makeSignature(petition, { source });
    await settle(petition);
    assert.equal((await compareTally(petition, listen().log)).outcome, 'equal');
  });

  it('holds rounds back while it counts, but not for ever', async () => {
    const petition = await countedPetition(1);
    const heldUntil = new Date(Date.now() + tallyWork.hold * 1000);
    await Tally.updateOne({ _id: petition._id }, { $set: { heldUntil }, $inc: { version: 1 } });
    await makeSignature(petition);
    assert.equal(await runTallyRound(petition), 'held');
    assert.equal((await sumsOf(petition)).confirmed, 1);
    assert.equal(await runTallyRound(petition, heldUntil), 'moved', 'whoever held it died');
    assert.equal((await sumsOf(petition)).confirmed, 2);
  });

  it('beside rounds and new signatures corrects nothing and loses nothing', async () => {
    const petition = await countedPetition(2);
    for (let time = 0; time < 8; time += 1) {
      const [comparison] = await Promise.all([
        compareTally(petition, listen().log),
        makeSignature(petition),
        runTallyRound(petition),
        runTallyRound(petition),
      ]);
      assert.notEqual(comparison.outcome, 'corrected');
    }
    await settle(petition);
    assert.equal((await sumsOf(petition)).confirmed, 10);
    await assertExact(petition);
  });

  it('tells the open pages what it corrected', async (t) => {
    const petition = await countedPetition(2);
    const told: string[] = [];
    t.mock.method(platform.redis, 'publish', async (_channel: string, message: string) => {
      if (message.startsWith(String(petition._id))) told.push(message);
      return 0;
    });
    await compareTallies(platform);
    assert.deepEqual(told, []);
    await Tally.updateOne({ _id: petition._id }, { $inc: { confirmed: 4 } });
    await compareTallies(platform);
    assert.match(told.join(), /^\w+ \{"count":2,/);
  });

  it('of one that fails holds up no other', async (t) => {
    const [broken, wrong] = [await countedPetition(1), await countedPetition(1)];
    await Tally.updateOne({ _id: wrong._id }, { $set: { confirmed: 5 } });
    const model = Tally as unknown as { findOneAndUpdate(...args: unknown[]): unknown };
    const real = model.findOneAndUpdate.bind(Tally);
    t.mock.method(model, 'findOneAndUpdate', (filter: { _id: unknown }, ...args: unknown[]) => {
      if (String(filter._id) === String(broken._id)) throw new Error('this one is broken');
      return real(filter, ...args);
    });
    const { log, lines } = listen();
    await compareTallies({ ...platform, log });
    assert.equal((await sumsOf(wrong)).confirmed, 1);
    assert.ok(lines.some(({ level, petition }) => level === 50 && petition === String(broken._id)));
  });

  it('goes through every petition, and sends each to a round', async () => {
    const [right, wrong] = [await countedPetition(1), await countedPetition(1)];
    await Tally.updateOne({ _id: wrong._id }, { $set: { confirmed: 5 } });
    const { log, lines } = listen();
    await compareTallies({ ...platform, log });
    assert.equal((await sumsOf(wrong)).confirmed, 1);
    assert.deepEqual((await reread(right)).history, []);
    assert.ok(lines.some(({ msg }) => msg === 'tallies compared'));
    assert.ok((await platform.queues.depths()).tally >= 2);
  });
});
