import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Types } from 'mongoose';
import { AuditEntry } from '../../../server/audit/entry.ts';
import type { Petition } from '../../../server/petitions/petition.ts';
import type { ChangeInput } from '../../../server/signatures/organize/change.ts';
import { changeBatch } from '../../../server/signatures/organize/change-batch.ts';
import { Signature } from '../../../server/signatures/signature.ts';
import { beginTask, steerTask, Task } from '../../../server/tasks/task.ts';
import { runTask } from '../../../workers/task.ts';
import { changeSignatures } from '../../../workers/tasks/signature-change.ts';
import { makeForm, makePetition } from '../../support/factories.ts';
import { signInAs } from '../../support/organizer.ts';
import { textOf } from '../../support/page.ts';
import { makeSignatures, many } from '../../support/signatures.ts';
import { signAndConfirm, signAndOpenMail } from '../../support/signer.ts';
import { openStage } from '../../support/stage.ts';
import { assertExact, settle } from '../../support/tally.ts';
import { visitor } from '../../support/visitor.ts';
import { eventually } from '../../support/world.ts';

const { world, platform } = await openStage();

const base = (petition: Petition) => `/organize/petitions/${petition._id}/signatures`;
const counted = (petition: Petition, count: number) =>
  eventually(async () => (await visitor(world).count(petition.slug)) === count, `a count of ${count}`);
const statesOf = async (petition: Petition) => {
  const states = await Signature.find({ petition: petition._id }, { state: 1 }).sort({ _id: 1 }).lean();
  return states.map(({ state }) => state);
};

type Editor = Awaited<ReturnType<typeof signInAs>>;

/** Sends the form of the preview and waits until its task has ended. Returns the task's id. */
async function change(
  editor: Editor,
  petition: Petition,
  form: Record<string, string>,
  path = 'change',
): Promise<string> {
  const response = await editor.post(`${base(petition)}/${path}`, {
    why: 'They asked at the stall',
    ...form,
  });
  assert.equal(response.status, 303, await response.text());
  const id = /\/organize\/tasks\/([0-9a-f]{24})$/.exec(response.headers.get('location') ?? '')?.[1] ?? '';
  await eventually(async () => (await Task.findById(id).lean())?.state === 'done', 'the end of the task');
  return id;
}

describe('changing signatures', () => {
  it('begins with how many and which, and changes nothing until somebody says why', async () => {
    const petition = await makePetition();
    const editor = await signInAs(world, 'editor');
    await makeSignatures(world, petition, [
      { name: 'Wanda Example', source: 'stall' },
      { name: 'Otto Example', source: 'stall', state: 'withdrawn' },
      { name: 'Uma Example' },
    ]);
    const preview = await editor.get(`${base(petition)}/change?what=invalidate&scope=all&source=stall`);
    const text = textOf(await preview.text());
    assert.equal(preview.status, 200);
    assert.match(text, /Invalidate 1 signature\?/);
    assert.match(text, /source “stall”/);
    assert.match(text, /Wanda Example/);
    assert.match(text, /Left as they are 1 more/);
    assert.doesNotMatch(text, /Uma Example/);

    const refused = await editor.post(`${base(petition)}/change`, {
      what: 'invalidate',
      source: 'stall',
      why: ' ',
    });
    assert.equal(refused.status, 422);
    assert.match(textOf(await refused.text()), /Say why, in a few words/);
    assert.deepEqual(await statesOf(petition), ['confirmed', 'withdrawn', 'confirmed']);
    assert.equal(await Task.countDocuments({ petition: petition._id }), 0);
  });

  it('takes invalidated ones off the count, notes why, and is undone exactly where nobody came after', async () => {
    const petition = await makePetition();
    const editor = await signInAs(world, 'editor');
    const signer = await signAndConfirm(world, petition.slug, makeForm());
    const ids = await makeSignatures(world, petition, [
      ...many(3),
      { state: 'held' },
      { state: 'pending', confirmedAt: undefined, mail: { n: 1, kind: 'confirm', requestedAt: new Date() } },
    ]);
    await counted(petition, 4);

    const task = await change(editor, petition, { what: 'invalidate', why: 'One hand wrote them' });
    await counted(petition, 0);
    assert.deepEqual(new Set(await statesOf(petition)), new Set(['invalidated']));
    const [entry] = (await Signature.findById(ids[0]).lean<Signature>())?.history ?? [];
    assert.equal(entry?.from, 'confirmed');
    assert.equal(entry?.to, 'invalidated');
    assert.equal(entry?.by, 'organizer');
    assert.equal(entry?.why, 'One hand wrote them');
    assert.equal(String(entry?.task), task);
    const noted = await AuditEntry.findOne({ petition: petition._id, action: 'signature.invalidate' }).lean();
    assert.equal(noted?.why, 'One hand wrote them');
    assert.equal(String(noted?.organizer), String(editor.organizer._id));

    // Somebody else restores one, and invalidates it again: that is theirs now.
    const one = String(ids[1]);
    await change(editor, petition, { what: 'restore', ids: one });
    await counted(petition, 1);
    await change(editor, petition, { what: 'invalidate', ids: one });
    await counted(petition, 0);

    const page = textOf(await (await editor.get(`${base(petition)}/changes/${task}`)).text());
    assert.match(page, /Gives 5 signatures the state back/);
    assert.match(page, /1 of them was changed by somebody since/);
    await change(editor, petition, {}, `changes/${task}/undo`);
    await counted(petition, 3);
    assert.deepEqual(await statesOf(petition), [
      ...['confirmed', 'confirmed', 'invalidated', 'confirmed', 'held', 'pending'],
    ]);
    await settle(petition);
    await assertExact(petition);

    const again = await editor.post(`${base(petition)}/changes/${task}/undo`, { why: 'Once more' });
    assert.equal(again.status, 422);
    assert.match(textOf(await again.text()), /nothing left to undo/);
    assert.ok(signer);
  });

  it('leaves alone what comes after the preview', async () => {
    const petition = await makePetition();
    const editor = await signInAs(world, 'editor');
    await makeSignatures(world, petition, [{}]);
    const html = await (await editor.get(`${base(petition)}/change?what=withdraw&scope=all`)).text();
    const at = /name="at" value="([^"]+)"/.exec(html)?.[1] ?? '';
    await makeSignatures(world, petition, [{}]);
    await change(editor, petition, { what: 'withdraw', at });
    assert.deepEqual(await statesOf(petition), ['withdrawn', 'confirmed']);
  });

  it('does not bring back whom the signer took off themselves', async () => {
    const petition = await makePetition();
    const editor = await signInAs(world, 'editor');
    const { manage } = await signAndConfirm(world, petition.slug, makeForm());
    const [theirs] = await makeSignatures(world, petition, [{}]);
    await visitor(world).post(`${manage}/withdrawal`);
    await change(editor, petition, { what: 'withdraw', ids: String(theirs) });
    await counted(petition, 0);
    await change(editor, petition, { what: 'restore' });
    await counted(petition, 1);
    assert.deepEqual(await statesOf(petition), ['withdrawn', 'confirmed']);
    const refused = await editor.post(`${base(petition)}/change`, { what: 'restore', why: 'Again' });
    assert.equal(refused.status, 422);
    assert.match(textOf(await refused.text()), /nothing to do This cannot be done to/);
  });

  it('does not undo over what the signer did since', async () => {
    const petition = await makePetition();
    const editor = await signInAs(world, 'editor');
    const form = makeForm();
    await signAndConfirm(world, petition.slug, form);
    const task = await change(editor, petition, { what: 'withdraw' });
    const { confirm } = await signAndOpenMail(world, petition.slug, form);
    await visitor(world).post(confirm);
    const found = await Signature.findOne({ petition: petition._id }).lean<Signature>();
    assert.deepEqual(
      found?.history.map(({ to, by }) => `${to} by ${by}`),
      ['confirmed by signer', 'withdrawn by organizer', 'pending by signer', 'confirmed by signer'],
    );
    const response = await editor.post(`${base(petition)}/changes/${task}/undo`, { why: 'A slip' });
    assert.equal(response.status, 422);
    await counted(petition, 1);
  });

  it('releases what was held, and mails again whoever has not confirmed', async () => {
    const petition = await makePetition();
    const editor = await signInAs(world, 'editor');
    const form = makeForm({ email: `held-${process.pid}@mailinator.com` });
    await signAndConfirm(world, petition.slug, form);
    assert.deepEqual(await statesOf(petition), ['held']);
    await change(editor, petition, { what: 'release' });
    await counted(petition, 1);

    const late = makeForm();
    await signAndOpenMail(world, petition.slug, late);
    await Signature.updateOne(
      { petition: petition._id, state: 'pending' },
      { $set: { 'mail.requestedAt': new Date(Date.now() - 3_600_000) } },
    );
    const pending = await Signature.findOne({ petition: petition._id, state: 'pending' }).lean();
    await change(editor, petition, { what: 'resend', ids: String(pending?._id) });
    await world.mailbox.mailTo(late.email ?? '', 2);
    const again = await editor.post(`${base(petition)}/change`, { what: 'resend', why: 'At once again' });
    assert.equal(again.status, 422, 'mailed a moment ago');
  });

  it('is exact however often a step runs twice, and goes on where it was', async () => {
    const petition = await makePetition();
    await makeSignatures(world, petition, many(1_200));
    const input: ChangeInput = { what: 'invalidate', which: {}, why: 'Tried twice' };
    const task = {
      ...{ _id: new Types.ObjectId(), organizer: new Types.ObjectId(), createdAt: new Date() },
      ...{ undoes: undefined, cursor: null as unknown },
    };
    let done = 0;
    let steps = 0;
    for (let finished = false; !finished; steps += 1) {
      // The worker dies before it can write the step down, and the step runs again.
      await changeBatch(platform, petition, task, input);
      const step = await changeBatch(platform, petition, task, input);
      done += step.done;
      task.cursor = step.cursor;
      finished = step.finished;
    }
    assert.equal(done, 1_200);
    assert.ok(steps > 1, 'more than one step');
    const histories = await Signature.find({ petition: petition._id }, { history: 1 }).lean<Signature[]>();
    assert.ok(histories.every(({ history }) => history.length === 1));
    await settle(petition);
    await assertExact(petition);
  });

  it('can be paused, resumed and cancelled, and then undone for what was done', async () => {
    const petition = await makePetition();
    const editor = await signInAs(world, 'editor');
    await makeSignatures(world, petition, many(1_200));
    // Not enqueued: this test is the worker, and steers the task while a step is under way.
    const task = await beginTask(
      { queues: { ...platform.queues, enqueue: () => undefined } },
      {
        ...{ kind: 'signatureChange', needs: 'signature.change', petition: petition._id, total: 1_200 },
        ...{ organizer: editor.organizer._id, input: { what: 'invalidate', which: {}, why: 'Too many' } },
      },
    );
    const work = (then?: 'pause' | 'cancel') =>
      runTask({ ...platform, mailer: {} as never, views: {} as never }, String(task), {
        async signatureChange(tools, current) {
          const step = await changeSignatures(tools, current);
          if (then) assert.equal((await editor.post(`/organize/tasks/${task}/${then}`)).status, 303);
          return step;
        },
      });
    const invalidated = () => Signature.countDocuments({ petition: petition._id, state: 'invalidated' });
    await work('pause');
    assert.equal((await Task.findById(task).lean())?.state, 'paused');
    assert.equal(await invalidated(), 500);
    assert.ok(await steerTask({ queues: { ...platform.queues, enqueue: () => undefined } }, task, 'resume'));
    await work('cancel');
    assert.equal((await Task.findById(task).lean())?.state, 'cancelled');
    assert.equal(await invalidated(), 1_000);
    await change(editor, petition, {}, `changes/${task}/undo`);
    assert.equal(await invalidated(), 0);
    await counted(petition, 1_200);
  });

  it('takes an editor, and signatures of this petition', async () => {
    const petition = await makePetition();
    const other = await makePetition();
    const [id] = await makeSignatures(world, other, [{}]);
    const moderator = await signInAs(world, 'moderator');
    const refused = await moderator.post(`${base(petition)}/change`, { what: 'withdraw', why: 'May I' });
    assert.equal(refused.status, 403);
    const editor = await signInAs(world, 'editor');
    const foreign = await editor.post(`${base(petition)}/change`, {
      what: 'withdraw',
      ids: String(id),
      why: 'Not mine',
    });
    assert.equal(foreign.status, 422);
    assert.deepEqual(await statesOf(other), ['confirmed']);
    assert.equal((await editor.get(`${base(petition)}/${id}`)).status, 404);
    assert.equal((await editor.get(`${base(petition)}/change?what=eat`)).status, 400);
  });
});
