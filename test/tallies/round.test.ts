import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { tallyWork } from '../../config/limits.ts';
import { createLog } from '../../config/log.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { eraseSigner } from '../../server/signers/own-data.ts';
import { runTallyRound } from '../../server/tallies/round.ts';
import { Tally } from '../../server/tallies/tally.ts';
import { applyRetention } from '../../workers/retention.ts';
import { inDyingProcess } from '../support/dying.ts';
import { makePetition, makeSignature } from '../support/factories.ts';
import { assertExact, settle, sumsOf } from '../support/tally.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await startWorld({ web: false, workers: false });
});
after(() => world.close());

const makeMany = (petition: Petition, number: number, differences: Record<string, unknown> = {}) =>
  Promise.all(Array.from({ length: number }, () => makeSignature(petition, differences)));
const change = (petition: Petition, state: string) =>
  Signature.updateMany({ petition: petition._id }, { $set: { state, recount: true } });
const tallyOf = (petition: Petition) => Tally.findById(petition._id).lean();

describe('a round of the tally', () => {
  it('adds what is new to every sum, once', async () => {
    const petition = await makePetition({ timeZone: 'America/Toronto' });
    const confirmedAt = new Date('2026-03-02T03:30:00Z');
    await makeSignature(petition, { confirmedAt, region: 'ON', source: 'stall' });
    await makeSignature(petition, { confirmedAt, country: 'FR' });
    await makeSignature(petition, { state: 'pending', confirmedAt: undefined });
    await makeSignature(petition, { state: 'held' });
    assert.equal(await runTallyRound(petition), 'moved');
    assert.deepEqual(await sumsOf(petition), {
      confirmed: 2,
      days: { '2026-03-01': 2 },
      regions: { 'CA-ON': 1, FR: 1 },
      sources: { stall: 1, direct: 1 },
      hours: {},
    });
    assert.equal(await runTallyRound(petition), 'idle');
    await assertExact(petition);
  });

  it('begins with an empty tally and has nothing to do on a petition that nobody signed', async () => {
    const petition = await makePetition();
    assert.equal(await runTallyRound(petition), 'idle');
    assert.equal((await tallyOf(petition))?.confirmed, 0);
  });

  it('takes a batch at a time and gets through more than one', async () => {
    const petition = await makePetition();
    const _ids = tallyWork.batch + 50;
    const now = new Date();
    await Signature.insertMany(
      Array.from({ length: _ids }, (_, n) => ({
        ...{
          petition: petition._id,
          emailKey: `nobody:${petition.slug}:${n}`,
          language: 'en',
          country: 'CA',
        },
        ...{ state: 'confirmed', createdAt: now, confirmedAt: now, recount: true, mail: { n: 0 } },
      })),
    );
    assert.equal(await runTallyRound(petition), 'moved');
    assert.equal((await sumsOf(petition)).confirmed, tallyWork.batch);
    assert.equal(await runTallyRound(petition), 'moved');
    assert.equal((await sumsOf(petition)).confirmed, _ids);
    await assertExact(petition);
  });

  it('takes off what was withdrawn or marked invalid, and adds what was restored', async () => {
    const petition = await makePetition();
    await makeMany(petition, 3, { region: 'QC', source: 'stall' });
    await settle(petition);
    for (const [state, count] of [
      ['withdrawn', 0],
      ['confirmed', 3],
      ['invalidated', 0],
      ['held', 0],
      ['confirmed', 3],
    ] as const) {
      await change(petition, state);
      await settle(petition);
      assert.equal((await sumsOf(petition)).confirmed, count, state);
      await assertExact(petition);
    }
  });

  it('is not misled by a state that went and came back before anybody looked', async () => {
    const petition = await makePetition();
    await makeMany(petition, 2);
    await settle(petition);
    await change(petition, 'withdrawn');
    await change(petition, 'pending');
    await change(petition, 'confirmed');
    await settle(petition);
    assert.equal((await sumsOf(petition)).confirmed, 2);
    await makeSignature(petition, { state: 'withdrawn', counted: null });
    await settle(petition);
    await assertExact(petition);
  });

  it('counts new links together once there are more than anybody could read', async () => {
    const petition = await makePetition();
    await Tally.create({
      ...{ _id: petition._id, version: 1, confirmed: tallyWork.sources, updatedAt: new Date() },
      sources: new Map(Array.from({ length: tallyWork.sources }, (_, n) => [`link-${n}`, 1])),
    });
    await makeSignature(petition, { source: 'one-more' });
    await makeSignature(petition, { source: 'link-3' });
    await settle(petition);
    const { sources } = await sumsOf(petition);
    assert.deepEqual(
      Object.entries(sources).filter(([name]) => !/^link-(?!3$)/.test(name)),
      [
        ['link-3', 2],
        ['other', 1],
      ],
    );
  });

  it('takes the names of links as names, whatever they are', async () => {
    const petition = await makePetition();
    for (const source of ['constructor', 'confirmed', 'days']) await makeSignature(petition, { source });
    await settle(petition);
    await assertExact(petition);
  });
});

describe('a process that dies', () => {
  /** Three kinds of marks, so that the third write is in the middle of them. */
  const moments: [when: string, nth: number, applied: number][] = [
    ['before the sums were applied', 1, 0],
    ['after the sums, before any signature was marked', 2, 6],
    ['after some signatures were marked', 3, 6],
    ['after all were marked, before the batch was cleared', 5, 6],
  ];
  async function dyingRound(nth: number) {
    const petition = await makePetition();
    await runTallyRound(petition);
    const ids = await makeMany(petition, 4, { region: 'ON' });
    await makeMany(petition, 2, { country: 'FR' });
    await makeMany(petition, 2, { state: 'invalidated' });
    assert.ok(await inDyingProcess(nth, () => runTallyRound(petition)));
    return { petition, ids };
  }
  for (const [when, nth, applied] of moments) {
    it(`${when} leaves what the next round finishes`, async () => {
      const { petition } = await dyingRound(nth);
      assert.equal((await sumsOf(petition)).confirmed, applied, 'what was acknowledged stands');
      const marked = await Signature.countDocuments({ petition: petition._id, counted: { $ne: null } });
      assert.equal(marked, [0, 0, 0, 4, 4, 6][nth]);
      await settle(petition);
      assert.equal((await sumsOf(petition)).confirmed, 6);
      await assertExact(petition);
    });

    it(`${when}, while states change, is still exact`, async () => {
      const { petition, ids } = await dyingRound(nth);
      const [withdrawn, back, late] = ids;
      await Signature.updateOne({ _id: withdrawn }, { $set: { state: 'withdrawn', recount: true } });
      await Signature.updateOne({ _id: back }, { $set: { state: 'withdrawn', recount: true } });
      await Signature.updateOne({ _id: back }, { $set: { state: 'confirmed', recount: true } });
      await Signature.updateOne({ _id: late }, { $set: { state: 'invalidated', recount: true } });
      await settle(petition);
      assert.equal((await sumsOf(petition)).confirmed, 4);
      await assertExact(petition);
    });
  }
});

describe('who is forgotten before the round that counted them was finished', () => {
  it('is taken off the count again, whether they asked for it or their time was over', async () => {
    const petition = await makePetition();
    await runTallyRound(petition);
    const [erased, old] = await makeMany(petition, 3);
    assert.ok(await inDyingProcess(2, () => runTallyRound(petition)));
    assert.equal((await sumsOf(petition)).confirmed, 3, 'nobody is marked yet');
    // Each withdraws and signs again.
    await Signature.updateMany(
      { _id: { $in: [erased, old] } },
      { $set: { state: 'pending', recount: true } },
    );
    await Signature.updateOne({ _id: old }, { $set: { createdAt: new Date(0) } });
    await eraseSigner((await Signature.findById(erased).lean<Signature>()) as Signature);
    await applyRetention(createLog('test', 'silent'));
    await settle(petition);
    assert.equal((await sumsOf(petition)).confirmed, 1);
    await assertExact(petition);
    await applyRetention(createLog('test', 'silent'));
    assert.equal(await Signature.countDocuments({ _id: old }), 0, 'the next time it goes');
  });
});

describe('two rounds at once', () => {
  it('never count anything twice', async () => {
    for (let time = 0; time < 10; time += 1) {
      const petition = await makePetition();
      await makeMany(petition, 7, { region: 'ON' });
      await Promise.all(Array.from({ length: 4 }, () => runTallyRound(petition)));
      await settle(petition);
      assert.equal((await sumsOf(petition)).confirmed, 7);
      await assertExact(petition);
    }
  });

  it('never lose a change that comes between them', async () => {
    for (let time = 0; time < 10; time += 1) {
      const petition = await makePetition();
      const ids = await makeMany(petition, 6);
      const rounds = [runTallyRound(petition), runTallyRound(petition)];
      const withdrawn = ids
        .slice(0, 3)
        .map((_id) =>
          Signature.updateOne({ _id, state: 'confirmed' }, { $set: { state: 'withdrawn', recount: true } }),
        );
      await Promise.all([...rounds, ...withdrawn]);
      await settle(petition);
      assert.equal((await sumsOf(petition)).confirmed, 3);
      await assertExact(petition);
    }
  });

  it('a marker that comes late does not undo what a newer round marked', async (t) => {
    const petition = await makePetition();
    await runTallyRound(petition);
    const [id] = await makeMany(petition, 1);
    // The slow worker has applied its batch and sleeps before it marks.
    const release = Promise.withResolvers<void>();
    const asleep = Promise.withResolvers<void>();
    const model = Signature as unknown as { bulkWrite(...args: unknown[]): unknown };
    const real = model.bulkWrite.bind(Signature);
    let calls = 0;
    t.mock.method(model, 'bulkWrite', async (...args: unknown[]) => {
      calls += 1;
      if (calls === 1) {
        asleep.resolve();
        await release.promise;
      }
      return real(...args);
    });
    const slow = runTallyRound(petition);
    await asleep.promise;
    await runTallyRound(petition);
    await Signature.updateOne({ _id: id }, { $set: { state: 'withdrawn', recount: true } });
    await settle(petition);
    assert.equal((await Signature.findById(id).lean())?.counted, null);

    release.resolve();
    await slow;
    assert.equal((await Signature.findById(id).lean())?.counted, null, 'the late marker marked');
    await settle(petition);
    assert.equal((await sumsOf(petition)).confirmed, 0);
    await assertExact(petition);
  });
});
