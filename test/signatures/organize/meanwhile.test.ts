import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Types } from 'mongoose';
import { Organizer } from '../../../server/organizers/organizer.ts';
import { Petition } from '../../../server/petitions/petition.ts';
import type { ChangeInput } from '../../../server/signatures/organize/change.ts';
import { Signature, type SignatureState } from '../../../server/signatures/signature.ts';
import { withdrawSignature } from '../../../server/signers/own-data.ts';
import { beginTask, steerTask, Task } from '../../../server/tasks/task.ts';
import { runTask } from '../../../workers/task.ts';
import { changeSignatures } from '../../../workers/tasks/signature-change.ts';
import { makePetition } from '../../support/factories.ts';
import { signInAs } from '../../support/organizer.ts';
import { textOf } from '../../support/page.ts';
import { type OpenPlatform, openPlatform } from '../../support/platform.ts';
import { makeSignatures, many } from '../../support/signatures.ts';
import { assertExact, settle } from '../../support/tally.ts';
import { startWorld, type World } from '../../support/world.ts';

let world: World;
let platform: OpenPlatform;
let editor: Awaited<ReturnType<typeof signInAs>>;
// No worker runs: each test is the worker, so that it says what happens when.
before(async () => {
  world = await startWorld({ workers: false });
  platform = await openPlatform(world);
  editor = await signInAs(world, 'editor', { name: 'Ada' });
});
after(async () => {
  await platform.close();
  await world.close();
});

const base = (petition: Petition) => `/organize/petitions/${petition._id}/signatures`;
const inState = (petition: Petition, state: SignatureState) =>
  Signature.countDocuments({ petition: petition._id, state });
const pageOf = async (path: string) => textOf(await (await editor.get(path)).text());

type Work = (
  task: Types.ObjectId | string,
  around?: (step: () => Promise<void>) => Promise<void>,
) => Promise<void>;

/** Works at a task to its end; `around` is called for each step and says when it runs. */
const work: Work = (task, around = (step) => step()) =>
  runTask({ ...platform, mailer: {} as never, views: {} as never }, String(task), {
    async signatureChange(tools, current) {
      let step: Awaited<ReturnType<typeof changeSignatures>> | undefined;
      await around(async () => {
        step = await changeSignatures(tools, current);
      });
      return step ?? { done: 0, cursor: current.cursor, finished: false };
    },
  });

async function begin(
  petition: Petition,
  input: Pick<ChangeInput, 'what'> & Partial<ChangeInput>,
  by = editor,
) {
  return beginTask(platform, {
    ...{ kind: 'signatureChange', needs: 'signature.change', petition: petition._id, total: 1_200 },
    ...{ organizer: by.organizer._id, input: { which: {}, why: 'Because', ...input } },
  });
}

/** Sends a form and returns the task it began. */
async function post(path: string, form: Record<string, string>): Promise<string> {
  const response = await editor.post(path, { why: 'They asked at the stall', ...form });
  assert.equal(response.status, 303, await response.text());
  return response.headers.get('location')?.split('/').pop() ?? '';
}

describe('while signatures are changed', () => {
  it('a second change at the same time takes those the first has not, and each is undone for its own', async () => {
    const petition = await makePetition();
    await makeSignatures(world, petition, many(1_200));
    const [one, other] = [
      await begin(petition, { what: 'invalidate' }),
      await begin(petition, { what: 'withdraw' }),
    ];
    await Promise.all([work(one), work(other)]);
    const tasks = await Promise.all([Task.findById(one).lean(), Task.findById(other).lean()]);
    assert.deepEqual(
      tasks.map((task) => task?.state),
      ['done', 'done'],
    );
    const [invalidated, withdrawn] = [
      await inState(petition, 'invalidated'),
      await inState(petition, 'withdrawn'),
    ];
    assert.equal(invalidated + withdrawn, 1_200);
    assert.deepEqual(
      tasks.map((task) => task?.done),
      [invalidated, withdrawn],
    );
    await settle(petition);
    await assertExact(petition);
    for (const [task, changed] of [[one, invalidated] as const, [other, withdrawn] as const])
      if (changed > 0) await work(await post(`${base(petition)}/changes/${task}/undo`, {}));
    assert.equal(await inState(petition, 'confirmed'), 1_200);
    await settle(petition);
    await assertExact(petition);
  });

  it('signers who withdraw stay withdrawn, before and after it is undone, and the count is exact throughout', async () => {
    const petition = await makePetition();
    const ids = await makeSignatures(world, petition, many(1_200));
    await settle(petition);
    const task = await begin(petition, { what: 'invalidate' });
    const withdraw = (n: number) =>
      withdrawSignature(platform, { _id: ids[n] as Types.ObjectId, petition: petition._id });
    await work(task, async (step) => {
      await Promise.all([step(), withdraw(700), withdraw(1_100), settle(petition)]);
    });
    await settle(petition);
    await assertExact(petition);
    assert.equal((await inState(petition, 'invalidated')) + (await inState(petition, 'withdrawn')), 1_200);
    const undo = await post(`${base(petition)}/changes/${task}/undo`, {});
    await work(undo, async (step) => {
      await Promise.all([step(), settle(petition)]);
    });
    await settle(petition);
    await assertExact(petition);
    const left = await Signature.find({ petition: petition._id, state: { $ne: 'confirmed' } }).lean<
      Signature[]
    >();
    assert.ok(left.every(({ state, history }) => state === 'withdrawn' && history.at(-1)?.by === 'signer'));
  });

  it('a worker that dies leaves the step to the next, and nothing is done or counted twice', async () => {
    const petition = await makePetition();
    await makeSignatures(world, petition, many(700));
    const task = await begin(petition, { what: 'invalidate' });
    const died = work(task, async (step) => {
      await step();
      // It did the work and never writes it down: another takes over when its time is up.
      await Task.updateOne({ _id: task }, { $set: { lease: 'of a dead worker', leaseUntil: new Date(0) } });
    });
    await died;
    assert.equal((await Task.findById(task).lean())?.done, 0);
    assert.equal(await inState(petition, 'invalidated'), 500);
    await work(task);
    const ended = await Task.findById(task).lean();
    assert.equal(ended?.state, 'done');
    assert.equal(ended?.done, 700);
    const histories = await Signature.find({ petition: petition._id }).lean<Signature[]>();
    assert.ok(histories.every(({ history }) => history.length === 1));
  });

  it('it cannot be undone as long as a worker is at the last step of what was cancelled', async () => {
    const petition = await makePetition();
    await makeSignatures(world, petition, many(10));
    const task = await begin(petition, { what: 'invalidate' });
    await work(task, async (step) => {
      assert.ok(await steerTask(platform, task, 'cancel'));
      await step();
      const early = await editor.post(`${base(petition)}/changes/${task}/undo`, { why: 'At once' });
      assert.equal(early.status, 422);
      assert.match(textOf(await early.text()), /once it has ended or was cancelled/);
    });
    await work(await post(`${base(petition)}/changes/${task}/undo`, {}));
    assert.equal(await inState(petition, 'confirmed'), 10);
  });

  it('the role may be lost: it stops, says so, and another editor undoes what was done', async () => {
    const petition = await makePetition();
    await makeSignatures(world, petition, many(700));
    const former = await signInAs(world, 'editor');
    const task = await begin(petition, { what: 'invalidate' }, former);
    await work(task, async (step) => {
      await step();
      await Organizer.updateOne({ _id: former.organizer._id }, { $set: { role: 'viewer' } });
    });
    const stopped = await Task.findById(task).lean();
    assert.equal(stopped?.state, 'failed');
    assert.match(stopped?.failure ?? '', /may no longer change signatures/);
    assert.equal(await inState(petition, 'invalidated'), 500);
    assert.match(await pageOf(`${base(petition)}/changes/${task}`), /once it has ended or was cancelled/);
    assert.equal((await former.post(`/organize/tasks/${task}/cancel`)).status, 403);
    assert.equal((await editor.post(`/organize/tasks/${task}/cancel`)).status, 303);
    await work(await post(`${base(petition)}/changes/${task}/undo`, {}));
    assert.equal(await inState(petition, 'confirmed'), 700);
  });

  it('the petition may close: signatures can still be taken off, but nobody is asked to confirm any more', async () => {
    const petition = await makePetition();
    const hourAgo = new Date(Date.now() - 3_600_000);
    const waiting = {
      state: 'pending',
      confirmedAt: undefined,
      mail: { n: 1, kind: 'confirm', requestedAt: hourAgo },
    };
    await makeSignatures(world, petition, [{}, waiting]);
    const resend = await begin(petition, { what: 'resend' });
    const closesAt = new Date(Date.now() - 2 * 86_400_000);
    await Petition.updateOne({ _id: petition._id }, { $set: { closesAt } });
    await work(resend);
    const stopped = await Task.findById(resend).lean();
    assert.equal(stopped?.state, 'failed');
    assert.match(stopped?.failure ?? '', /Signing has ended/);
    assert.match(await pageOf(`${base(petition)}/change?what=resend&scope=all`), /Signing has ended/);
    const refused = await editor.post(`${base(petition)}/change`, { what: 'resend', why: 'Once more' });
    assert.equal(refused.status, 422);
    assert.equal(await Signature.countDocuments({ petition: petition._id, 'mail.n': 1 }), 2);
    await work(await post(`${base(petition)}/change`, { what: 'invalidate' }));
    assert.equal(await inState(petition, 'invalidated'), 2);
  });
});

describe('undoing a change', () => {
  it('leaves what somebody changed since, and names it', async () => {
    const petition = await makePetition();
    const [, second] = await makeSignatures(world, petition, [
      { name: 'Wanda Example' },
      { name: 'Otto Example' },
      { name: 'Uma Example' },
    ]);
    const task = await post(`${base(petition)}/change`, { what: 'invalidate' });
    await work(task);
    await work(await post(`${base(petition)}/change`, { what: 'restore', ids: String(second) }));
    const page = await pageOf(`${base(petition)}/changes/${task}`);
    assert.match(page, /3 signatures invalidated/);
    assert.match(page, /1 of them was changed by somebody since.*Otto Example Confirmed/);
    assert.match(page, /Gives 2 signatures the state back/);
    await work(await post(`${base(petition)}/changes/${task}/undo`, {}));
    assert.match(await pageOf(`${base(petition)}/changes/${task}`), /nothing left to undo/);
    assert.equal(await inState(petition, 'confirmed'), 3);
  });

  it('is undone like any other change, each from its own page', async () => {
    const petition = await makePetition();
    const states = ['confirmed', 'held', 'confirmed'];
    await makeSignatures(
      world,
      petition,
      states.map((state) => ({ state })),
    );
    const statesNow = async () =>
      (await Signature.find({ petition: petition._id }).sort({ _id: 1 }).lean()).map(({ state }) => state);
    const task = await post(`${base(petition)}/change`, { what: 'invalidate' });
    await work(task);
    const undo = await post(`${base(petition)}/changes/${task}/undo`, {});
    await work(undo);
    assert.deepEqual(await statesNow(), states);
    const redo = await post(`${base(petition)}/changes/${undo}/undo`, {});
    await work(redo);
    assert.deepEqual(await statesNow(), ['invalidated', 'invalidated', 'invalidated']);
    await work(await post(`${base(petition)}/changes/${redo}/undo`, {}));
    assert.deepEqual(await statesNow(), states);
    await settle(petition);
    await assertExact(petition);
  });

  it('begun twice at once gives each back once', async () => {
    const petition = await makePetition();
    await makeSignatures(world, petition, many(30));
    const task = await post(`${base(petition)}/change`, { what: 'withdraw' });
    await work(task);
    const path = `${base(petition)}/changes/${task}/undo`;
    const undos = await Promise.all([post(path, {}), post(path, {})]);
    await Promise.all(undos.map((undo) => work(undo)));
    const found = await Signature.find({ petition: petition._id }).lean<Signature[]>();
    assert.ok(found.every(({ state, history }) => state === 'confirmed' && history.length === 2));
  });
});
