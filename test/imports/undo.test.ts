import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuditEntry } from '../../server/audit/entry.ts';
import { beginImportUndo, undoStep } from '../../server/imports/result/undo.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { steerTask, Task } from '../../server/tasks/task.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { accepted, header, importFile } from '../support/imports.ts';
import { signInAs } from '../support/organizer.ts';
import { textOf } from '../support/page.ts';
import { signAndConfirm } from '../support/signer.ts';
import { openOffice } from '../support/stage.ts';
import { assertExact, settle } from '../support/tally.ts';
import { finishTask, stepTwice } from '../support/tasks.ts';
import { visitor } from '../support/visitor.ts';
import { eventually } from '../support/world.ts';

const { world, platform, editor } = await openOffice();

const sheet = (n: number, name = 'Person') =>
  header +
  Array.from({ length: n }, (_, index) => `${name} ${index},paper-${index}@example.org,,,,\n`).join('');
const counted = (petition: Petition, count: number) =>
  eventually(async () => (await visitor(world).count(petition.slug)) === count, `a count of ${count}`);
const pageOf = async (path: string) => textOf(await (await editor.get(path)).text());
const why = { why: 'The wrong columns' };

describe('taking an import back', () => {
  it('takes exactly what it stored and nobody changed since, says who stays, and writes it down', async () => {
    const petition = await makePetition();
    await signAndConfirm(world, petition.slug, makeForm({ email: 'paper-0@example.org' }));
    const { path, task: imported, page } = await importFile(editor, petition, sheet(5));
    await counted(petition, 5);
    assert.match(page, /4 signatures stand as they were read in/);
    const one = await Signature.findOne({ petition: petition._id, importedRow: 3 }).lean().orFail();
    await finishTask(editor, `/organize/petitions/${petition._id}/signatures/change`, {
      ...{ what: 'invalidate', ids: String(one._id), why: 'Not genuine' },
    });
    const before = await pageOf(path);
    assert.match(before, /3 signatures stand as they were read in/);
    assert.match(before, /1 signature was changed since.*Person 1 , row 3: Invalidated/);

    const refused = await editor.post(`${path}/undo`, { why: ' ' });
    assert.equal(refused.status, 422);
    assert.match(textOf(await refused.text()), /Say why, in a few words/);
    assert.equal((await editor.post(`${path}/undo`, {})).headers.get('location'), path);
    assert.equal(await Task.countDocuments({ undoes: imported._id }), 0);

    const task = await finishTask(editor, `${path}/undo`, why);
    assert.deepEqual([task.state, task.done, task.total], ['done', 3, 3]);
    assert.match(await pageOf(`/organize/tasks/${task._id}`), /3 signatures taken back\./);
    await counted(petition, 1);
    await settle(petition);
    await assertExact(petition);
    const states = await Signature.find({ petition: petition._id }).sort({ _id: 1 }).lean<Signature[]>();
    assert.deepEqual(states.map(({ state }) => state).sort(), [
      'confirmed',
      'invalidated',
      'withdrawn',
      'withdrawn',
      'withdrawn',
    ]);
    const last = states.find(({ state }) => state === 'withdrawn')?.history.at(-1);
    assert.deepEqual([last?.from, last?.why, String(last?.task)], ['confirmed', why.why, String(task._id)]);
    const noted = await AuditEntry.findOne({ petition: petition._id, action: 'signature.importUndo' }).lean();
    assert.deepEqual([noted?.why, noted?.details.signatures], [why.why, 3]);
    assert.equal(String(noted?.organizer), String(editor.organizer._id));

    const afterwards = await pageOf(path);
    assert.match(afterwards, /This import was taken back/);
    assert.match(afterwards, /Changed since they were read in.*Person 1/);
    assert.equal((await editor.post(`${path}/undo`, why)).status, 422, 'there is nothing left');
  });

  it('lets the same people be read in again, and sign for themselves', async () => {
    const petition = await makePetition();
    const first = await importFile(editor, petition, sheet(3, 'Wrong'));
    await finishTask(editor, `${first.path}/undo`, why);
    await counted(petition, 0);
    await signAndConfirm(
      world,
      petition.slug,
      makeForm({ email: 'paper-2@example.org', name: 'Self Example' }),
    );
    const waiting = await accepted(editor, petition, sheet(3, 'Right'));
    assert.equal((await pageOf(waiting)).match(/Signed this petition already/g)?.length, 1);
    const again = await importFile(editor, petition, sheet(3, 'Right'));
    assert.match(again.page, /Imported 2 .*already 1 .*twice 0/);
    await counted(petition, 3);
    const found = await editor.get(
      `/organize/petitions/${petition._id}/signatures?imported=${again.task._id}`,
    );
    assert.match(textOf(await found.text()), /Right 1.*Right 0/);
    await settle(petition);
    await assertExact(petition);
    await finishTask(editor, `${again.path}/undo`, why);
    await counted(petition, 1);
    await settle(petition);
    await assertExact(petition);
  });

  it('goes on where it was after a worker died, and takes each back once', async () => {
    const petition = await makePetition();
    const { task: imported } = await importFile(editor, petition, sheet(1_200));
    const begun = await beginImportUndo(platform, petition, editor.organizer as never, imported, why.why);
    assert.ok(begun.outcome === 'begun');
    await steerTask(platform, begun.task, 'cancel');
    const cancelled = await eventually(
      () => Task.findOne({ _id: begun.task, leaseUntil: { $lte: new Date() } }).lean<Task>(),
      'a task nobody is at',
    );
    const task = await stepTwice(cancelled, (task) => undoStep(platform, task));
    assert.equal(task.done, 1_200);
    assert.equal(await Signature.countDocuments({ petition: petition._id, state: 'withdrawn' }), 1_200);
    assert.equal(
      await Signature.countDocuments({ petition: petition._id, 'history.2': { $exists: true } }),
      0,
    );
    await settle(petition);
    await assertExact(petition);
  });

  it('is for those who may import into this petition, and for an import that has ended', async () => {
    const petition = await makePetition();
    const other = await makePetition();
    const { path, task } = await importFile(editor, petition, sheet(2));
    const moderator = await signInAs(world, 'moderator');
    assert.equal((await moderator.post(`${path}/undo`, why)).status, 403);
    const foreign = path.replace(String(petition._id), String(other._id));
    assert.equal((await editor.post(`${foreign}/undo`, why)).status, 404);
    await Task.updateOne({ _id: task._id }, { $set: { state: 'paused' } });
    assert.equal((await editor.post(`${path}/undo`, why)).status, 422);
    assert.doesNotMatch(await pageOf(path), /Take this import back/);
    assert.equal(await Signature.countDocuments({ petition: petition._id, state: 'confirmed' }), 2);
  });
});
