import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { pino } from 'pino';
import { Campaign } from '../../server/campaigns/campaign.ts';
import { compareCampaign } from '../../server/campaigns/compare.ts';
import { leaveCampaigns } from '../../server/campaigns/erasure.ts';
import { recountStep } from '../../server/campaigns/members.ts';
import { Participation } from '../../server/campaigns/participation.ts';
import { runCampaignRound } from '../../server/campaigns/round.ts';
import { CampaignTally } from '../../server/campaigns/tally.ts';
import { touchLeft } from '../../server/campaigns/touch.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { Signature, type SignatureState } from '../../server/signatures/signature.ts';
import { anonymiseSignatures, eraseSigner } from '../../server/signers/own-data.ts';
import { runTallyRound } from '../../server/tallies/round.ts';
import type { Task } from '../../server/tasks/task.ts';
import { inDyingProcess } from '../support/dying.ts';
import { makePetition, makeSignature } from '../support/factories.ts';
import { openStage } from '../support/stage.ts';
import { settle } from '../support/tally.ts';
import { newTask } from '../support/tasks.ts';
import { assertEveryoneOnce, makeCampaign, peopleOf, settleCampaign } from './support.ts';

const { platform } = await openStage({ web: false, workers: false });

const silent = pino({ level: 'silent' });
const later = () => new Date(Date.now() + 3_600_000);
const makePetitions = (number: number) => Promise.all(Array.from({ length: number }, () => makePetition()));
const sign = (petition: Petition, person: string, differences: Record<string, unknown> = {}) =>
  makeSignature(petition, { emailKey: `key-${person}`, ...differences });
const change = (_id: unknown, state: SignatureState) =>
  Signature.updateOne({ _id }, { $set: { state, recount: true } });
const setPetitions = (campaign: Campaign, petitions: readonly Petition[]) =>
  Campaign.updateOne({ _id: campaign._id }, { $set: { petitions: petitions.map(({ _id }) => _id) } });
const recountOf = (campaign: Campaign, petitions: readonly Petition[]): Task =>
  newTask({
    input: { campaignId: String(campaign._id), petitions: petitions.map(({ _id }) => String(_id)) },
  });

/** Every step of the work that takes petitions in or out, each twice. */
async function recount(campaign: Campaign, petitions: readonly Petition[]): Promise<Task> {
  const task = recountOf(campaign, petitions);
  for (let step = 0; step < 100; step += 1) {
    await recountStep(platform, task);
    const { cursor, finished, result, done } = await recountStep(platform, task);
    Object.assign(task, { cursor, result, done: task.done + done });
    if (finished) return task;
  }
  throw new Error('The work does not end');
}
const erase = async (id: unknown) =>
  eraseSigner((await Signature.findById(id).orFail()).toObject() as Signature);

describe('the people of a campaign', () => {
  it('are counted once each, however many of its petitions they signed, and told apart by how many', async () => {
    const [bench, tree, pond] = (await makePetitions(3)) as [Petition, Petition, Petition];
    const campaign = await makeCampaign([bench, tree, pond]);
    for (const [person, signed] of [
      ['ada', [bench, tree, pond]],
      ['bo', [bench, tree]],
      ['cy', [pond]],
    ] as const)
      for (const petition of signed) await sign(petition, `${campaign._id}-${person}`);
    await sign(tree, `${campaign._id}-dee`, { state: 'pending' });
    await settleCampaign(campaign, [bench, tree, pond]);
    const { people, times, shared } = await peopleOf(campaign);
    assert.equal(people, 3);
    assert.deepEqual(times, { 1: 1, 2: 1, 3: 1 });
    const [low, high] = [String(bench._id), String(tree._id)].sort();
    assert.equal(shared[`${low}-${high}`], 2);
    assert.equal(shared[String(pond._id)], 2);
    await assertEveryoneOnce(campaign);
  });

  it('leave it with the last of their signatures, and come back', async () => {
    const [bench, tree] = (await makePetitions(2)) as [Petition, Petition];
    const campaign = await makeCampaign([bench, tree]);
    const ids = [await sign(bench, `${campaign._id}-ada`), await sign(tree, `${campaign._id}-ada`)];
    const counts: number[] = [];
    for (const [n, state] of [
      [0, 'confirmed'],
      [0, 'withdrawn'],
      [1, 'invalidated'],
      [1, 'confirmed'],
    ] as const) {
      await change(ids[n], state);
      await settleCampaign(campaign, [bench, tree]);
      await assertEveryoneOnce(campaign);
      counts.push((await peopleOf(campaign)).people);
    }
    assert.deepEqual(counts, [1, 1, 0, 1]);
  });

  it('are of every campaign their petition is in', async () => {
    const petition = await makePetition();
    const campaigns = [await makeCampaign([petition]), await makeCampaign([petition])];
    await sign(petition, `${petition._id}-ada`);
    for (const campaign of campaigns) {
      await settleCampaign(campaign, [petition]);
      assert.equal((await peopleOf(campaign)).people, 1);
    }
  });
});

describe('a petition that comes into a campaign or leaves it', () => {
  it('takes its people along, step by step, and ends exact', async () => {
    const [bench, tree] = (await makePetitions(2)) as [Petition, Petition];
    for (const n of [1, 2, 3]) await sign(bench, `${bench._id}-${n}`);
    for (const n of [2, 3, 4, 5]) await sign(tree, `${bench._id}-${n}`);
    await settle(bench);
    await settle(tree);
    const campaign = await makeCampaign([bench]);
    const added = await recount(campaign, [bench]);
    assert.deepEqual(
      [added.done, (added.result as { people: number }).people],
      [3, 3],
      'it says what came of it',
    );
    await setPetitions(campaign, [bench, tree]);
    await recount(campaign, [tree]);
    assert.equal((await peopleOf(campaign)).people, 5);
    await assertEveryoneOnce(campaign);
    await setPetitions(campaign, [tree]);
    await recount(campaign, [bench]);
    assert.equal((await peopleOf(campaign)).people, 4);
    await assertEveryoneOnce(campaign);
    await setPetitions(campaign, []);
    await recount(campaign, [tree]);
    assert.equal(await Participation.countDocuments({ campaign: campaign._id }), 0, 'nobody is kept');
  });
});

describe('erasing', () => {
  it('changes nobody’s count, in whatever order and however many at once', async () => {
    const [bench, tree] = (await makePetitions(2)) as [Petition, Petition];
    const campaign = await makeCampaign([bench, tree]);
    const people = await Promise.all(
      [1, 2, 3].map(async (n) => [
        await sign(bench, `${campaign._id}-${n}`),
        await sign(tree, `${campaign._id}-${n}`),
      ]),
    );
    await settleCampaign(campaign, [bench, tree]);
    const [one, two, three] = people as [Types.ObjectId[], Types.ObjectId[], Types.ObjectId[]];
    await erase(one[0]);
    await settleCampaign(campaign);
    assert.equal((await peopleOf(campaign)).people, 3, 'one of two');
    await erase(one[1]);
    await Promise.all(two.map(erase));
    await erase(three[0]);
    await settleCampaign(campaign);
    assert.equal((await peopleOf(campaign)).people, 3, 'both of two people, one of the third');
    const [left] = await Participation.find({ campaign: campaign._id, key: /^key/ }).lean();
    assert.equal(left?.key, `key-${campaign._id}-3`, 'only who is still there is known by a key');
    // A petition that leaves takes nobody along who is counted on another one.
    await setPetitions(campaign, [bench]);
    await recount(campaign, [tree]);
    assert.equal((await peopleOf(campaign)).people, 3);
    assert.equal((await compareCampaign(campaign._id, silent)).outcome, 'equal');
  });

  it('before any tally has seen the signatures counts their person once', async () => {
    const [bench, tree] = (await makePetitions(2)) as [Petition, Petition];
    const campaign = await makeCampaign([bench, tree]);
    const id = await sign(bench, `${campaign._id}-ada`);
    await sign(tree, `${campaign._id}-ada`);
    await erase(id);
    await settleCampaign(campaign);
    await settleCampaign(campaign, [bench, tree]);
    assert.equal((await peopleOf(campaign)).people, 1);
    assert.equal((await compareCampaign(campaign._id, silent)).outcome, 'equal');
  });

  it('that is cut short anywhere is finished by a sweep and another try', async () => {
    for (let nth = 1, died = true; died; nth += 1) {
      const [bench, tree] = (await makePetitions(2)) as [Petition, Petition];
      const campaign = await makeCampaign([bench, tree]);
      const id = await sign(bench, `${campaign._id}-ada`);
      await sign(tree, `${campaign._id}-ada`);
      await settleCampaign(campaign, [bench, tree]);
      died = await inDyingProcess(nth, () => erase(id));
      await settleCampaign(campaign);
      await touchLeft(later());
      await settleCampaign(campaign);
      assert.equal((await peopleOf(campaign)).people, 1, `write ${nth}`);
      const signature = await Signature.findById(id).lean();
      if (signature && !signature.emailKey.startsWith('erased:')) await erase(id);
      await settleCampaign(campaign);
      assert.equal((await peopleOf(campaign)).people, 1, `write ${nth}, once more`);
      assert.ok(nth < 20);
    }
  });
});

describe('petitions that leave while a round is under way', () => {
  for (const nth of [2, 3, 4])
    it(`take along whom the round counted on them, though its process died at write ${nth}`, async () => {
      const petition = (await makePetitions(1))[0] as Petition;
      const campaign = await makeCampaign([petition]);
      await sign(petition, `${campaign._id}-ada`);
      await settle(petition);
      await inDyingProcess(nth, () => runCampaignRound(campaign._id));
      await setPetitions(campaign, []);
      await recount(campaign, [petition]);
      await settleCampaign(campaign);
      assert.equal((await peopleOf(campaign)).people, 0);
      assert.equal((await compareCampaign(campaign._id, silent)).outcome, 'equal');
    });
});

describe('the nightly comparison of a campaign', () => {
  it('finds equal what is equal; corrects what is not, dated, and says so in the log', async () => {
    const petition = await makePetition();
    const campaign = await makeCampaign([petition]);
    for (const n of [1, 2]) await sign(petition, `${campaign._id}-${n}`);
    await settleCampaign(campaign, [petition]);
    assert.deepEqual(await compareCampaign(campaign._id, silent), { outcome: 'equal' });
    await CampaignTally.updateOne({ _id: campaign._id }, { $inc: { people: 5, 'times.1': 5 } });
    const lines: Record<string, unknown>[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const now = new Date();
    assert.deepEqual(await compareCampaign(campaign._id, log, now), { outcome: 'corrected', was: 7, is: 2 });
    assert.deepEqual(
      lines.map(({ level, was, is }) => [level, was, is]),
      [[50, 7, 2]],
    );
    const tally = await CampaignTally.findById(campaign._id).lean();
    assert.deepEqual(tally?.corrections, [{ at: now, was: 7, is: 2 }]);
    assert.equal(tally?.heldUntil, undefined);
    await assertEveryoneOnce(campaign);
  });

  it('finds whoever fell off the list, and whoever is known wrongly', async () => {
    const petition = await makePetition();
    const campaign = await makeCampaign([petition]);
    for (const n of [1, 2, 3]) await sign(petition, `${campaign._id}-${n}`);
    await settleCampaign(campaign, [petition]);
    const [one, two] = await Participation.find({ campaign: campaign._id }).lean();
    await Participation.deleteOne({ _id: one?._id });
    await Participation.updateOne({ _id: two?._id }, { $set: { petitions: [new Types.ObjectId()] } });
    await compareCampaign(campaign._id, silent);
    await settleCampaign(campaign);
    assert.equal((await peopleOf(campaign)).people, 3);
    await assertEveryoneOnce(campaign);
  });
});

/** What may happen to a campaign. What dies does so instead of its `at`th write. */
type Event =
  | { kind: 'change'; signature: number; to: SignatureState }
  | { kind: 'rounds'; together: number }
  | {
      kind: 'dying round' | 'dying tally' | 'dying erasure';
      at: number;
      signature: number;
      to: SignatureState;
    }
  | { kind: 'petitions'; has: number }
  | { kind: 'comparison' };

const [petitionsMade, persons] = [3, 2];
const signature = fc.nat({ max: petitionsMade * persons - 1 });
const to = fc.constantFrom<SignatureState>('confirmed', 'confirmed', 'withdrawn', 'pending');
const dying = (kind: 'dying round' | 'dying tally' | 'dying erasure') =>
  fc.record({ kind: fc.constant(kind), at: fc.integer({ min: 1, max: 9 }), signature, to });
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('change' as const), signature, to }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('rounds' as const), together: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 4, arbitrary: dying('dying round') },
  { weight: 4, arbitrary: dying('dying tally') },
  { weight: 1, arbitrary: dying('dying erasure') },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('petitions' as const), has: fc.nat({ max: 7 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('comparison' as const) }) },
);

describe('whatever happens in whatever order', () => {
  it('everybody is counted once, and every sum is that of a full count', async () => {
    const schedule = fc.array(event, { minLength: 5, maxLength: 16 });
    await fc.assert(
      fc.asyncProperty(schedule, async (events) => {
        const petitions = await makePetitions(petitionsMade);
        const campaign = await makeCampaign(petitions);
        const ids: Types.ObjectId[] = [];
        for (const petition of petitions)
          for (let person = 0; person < persons; person += 1)
            ids.push(await sign(petition, `${campaign._id}-${person}`, { state: 'pending' }));
        const erased = new Set<number>();
        for (const each of events) await happen(campaign, petitions, ids, each, erased);
        await touchLeft(later());
        await settleCampaign(campaign, petitions);
        const { petitions: has } = await Campaign.findById(campaign._id).orFail();
        const signed = await Signature.find({
          _id: { $in: ids },
          petition: { $in: has },
          state: 'confirmed',
        });
        const different = new Set(signed.map(({ _id }) => ids.findIndex((id) => id.equals(_id)) % persons));
        assert.equal((await peopleOf(campaign)).people, different.size);
        if (erased.size === 0) await assertEveryoneOnce(campaign);
        assert.equal((await compareCampaign(campaign._id, silent)).outcome, 'equal');
      }),
      { numRuns: 7 },
    );
  });
});

async function happen(
  campaign: Campaign,
  petitions: readonly Petition[],
  ids: readonly Types.ObjectId[],
  event: Event,
  erased: Set<number>,
): Promise<void> {
  const changeState = async () => {
    // Whoever asked to be forgotten and signs again is somebody else to us.
    if ('signature' in event && !erased.has(event.signature % persons))
      await change(ids[event.signature], event.to);
  };
  if (event.kind === 'change') await changeState();
  if (event.kind === 'rounds')
    await Promise.all([
      ...petitions.map((petition) => runTallyRound(petition)),
      ...Array.from({ length: event.together }, () => runCampaignRound(campaign._id)),
    ]);
  if (event.kind === 'dying round') {
    await inDyingProcess(event.at, () => runCampaignRound(campaign._id));
    await changeState();
  }
  if (event.kind === 'dying tally') {
    const petition = petitions[Math.floor(event.signature / persons)] as Petition;
    await inDyingProcess(event.at, () => runTallyRound(petition));
    await changeState();
  }
  if (event.kind === 'dying erasure') {
    const found = await Signature.findById(ids[event.signature]).lean<Signature>();
    const { petitions: has } = await Campaign.findById(campaign._id).orFail();
    // What was not in the campaign then is not written down: it may count them once more when it comes in.
    if (!found || found.emailKey.startsWith('erased:') || has.length < petitionsMade) return;
    erased.add(event.signature % persons);
    const all = () => anonymiseSignatures({ _id: found._id });
    await inDyingProcess(event.at, () => leaveCampaigns(found.petition, [found], all));
  }
  if (event.kind === 'petitions') {
    const has = petitions.filter((_, n) => event.has & (1 << n));
    await setPetitions(campaign, has);
    await recount(campaign, petitions);
  }
  if (event.kind === 'comparison') {
    const { outcome } = await compareCampaign(campaign._id, silent);
    assert.notEqual(outcome, 'corrected', 'there was nothing to correct');
  }
}
