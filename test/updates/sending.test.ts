import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { suppressAddress } from '../../server/signers/suppression.ts';
import { steerTask, Task } from '../../server/tasks/task.ts';
import { Update } from '../../server/updates/update.ts';
import { runTask } from '../../workers/task.ts';
import { sendUpdate } from '../../workers/tasks/update.ts';
import { makePetition } from '../support/factories.ts';
import {
  bothTexts,
  type Desk,
  later,
  openDesk,
  outcomes,
  taskIn,
  taskOf,
  updatesPath,
  updateWords,
  usualWork,
} from '../support/updates.ts';
import { makeSigner, makeSigners } from '../support/words.ts';

let desk: Desk;
before(async () => {
  desk = await openDesk();
});
afterEach(() => desk.world.mailbox.behave('takes'));
after(() => desk.close());

/** Five of twelve people have their mail when somebody steers the work. */
async function steeredInTheMiddle(wish: 'pause' | 'cancel') {
  const { world, tools, editor, begin, mailsTo } = desk;
  const petition = await makePetition();
  const signers = await makeSigners(world, petition, 12);
  const task = await begin(petition);
  await runTask(tools, task, {
    async update(given, at) {
      const step = await sendUpdate(given, at, { ...usualWork, step: 0 });
      assert.equal((await editor.post(`/organize/tasks/${task}/${wish}`)).status, 303);
      return step;
    },
  });
  return { petition, task, received: () => signers.map((signer) => mailsTo(signer).length) };
}
const five = [...Array(5).fill(1), ...Array(7).fill(0)];

describe('sending', () => {
  it('can be paused, and goes on where it was', async () => {
    const { task, received } = await steeredInTheMiddle('pause');
    const paused = await taskOf(task);
    assert.deepEqual([paused.state, paused.done, paused.outcomes.sent], ['paused', 5, 5]);
    await desk.run(task);
    assert.deepEqual(received(), five);
    assert.ok(await steerTask(desk.platform, paused._id, 'resume'));
    await desk.run(task, { step: 0 });
    assert.deepEqual(received(), Array(12).fill(1));
    assert.deepEqual((await taskOf(task)).outcomes, outcomes({ sent: 12 }));
  });

  it('can be cancelled for good: whoever has it keeps it, nobody else gets it, and the page says so', async () => {
    const { petition, task, received } = await steeredInTheMiddle('cancel');
    assert.equal((await desk.editor.post(`/organize/tasks/${task}/resume`)).status, 303);
    await desk.run(task);
    assert.deepEqual(received(), five);
    const cancelled = await taskOf(task);
    assert.equal(cancelled.state, 'cancelled');
    assert.deepEqual(cancelled.outcomes, outcomes({ sent: 5 }));
    const update = await Update.findOne({ petition: petition._id }).lean<Update>();
    assert.ok(update);
    assert.match(await desk.page(petition, update), /Cancelled[\s\S]*5 of 12/);
    assert.equal((await desk.askToSend(petition, update)).status, 409);
  });

  it('is paused while it waits for the mail server, and resuming tries at once', async () => {
    const { world, platform, begin, run, mailsTo } = desk;
    const petition = await makePetition();
    const signer = await makeSigner(world, petition);
    world.mailbox.behave('refuses for now');
    const task = await begin(petition);
    await run(task);
    const { _id, notBefore } = await taskOf(task);
    assert.ok(notBefore && notBefore > new Date());
    assert.ok(await steerTask(platform, _id, 'pause'));
    await later(task);
    world.mailbox.behave('takes');
    await run(task);
    assert.equal(mailsTo(signer).length, 0);
    assert.ok(await steerTask(platform, _id, 'resume'));
    await run(task);
    assert.equal(mailsTo(signer).length, 1);
  });

  it('to nobody is refused with a reason, and nothing begins', async () => {
    const { world, write, askToSend } = desk;
    const petition = await makePetition();
    await makeSigner(world, petition, { updates: false });
    const gone = await makeSigner(world, petition);
    await suppressAddress(gone.emailKey, 'updates', 'unsubscribed');
    const update = await write(petition);
    const response = await askToSend(petition, update);
    assert.equal(response.status, 409);
    assert.match(await response.text(), /There is nobody to send to/);
    assert.equal(await Task.countDocuments({ petition: petition._id }), 0);
    assert.equal((await Update.findById(update._id).lean())?.sending, undefined);
  });

  it('what somebody changed since it was read is refused', async () => {
    const { world, editor, write } = desk;
    const petition = await makePetition();
    await makeSigner(world, petition);
    const { n } = await write(petition);
    await editor.post(updatesPath(petition, `/${n}`), { ...updateWords, revision: '1', 'body-en': 'Else.' });
    for (const revision of ['1', '', 'x', '99']) {
      const response = await editor.post(updatesPath(petition, `/${n}/send`), { revision });
      assert.equal(response.status, 409);
      assert.match(await response.text(), /Somebody changed this update/);
    }
    assert.equal(await Task.countDocuments({ petition: petition._id }), 0);
  });

  it('another petition’s update, or one that is not there, is not found', async () => {
    const { world, editor, write } = desk;
    const petition = await makePetition();
    await makeSigner(world, petition);
    const { n } = await write(await makePetition());
    for (const number of [String(n), '0', '-1', '1e3', 'x', '9999999'])
      assert.equal(
        (await editor.post(updatesPath(petition, `/${number}/send`), { revision: '1' })).status,
        404,
      );
  });
});

describe('a test', () => {
  it('goes to the organizer who asks, and to nobody else, as often as they ask', async () => {
    const { world, editor, write, run, mailsTo } = desk;
    const petition = await makePetition();
    const signer = await makeSigner(world, petition);
    const { n } = await write(petition);
    const before = mailsTo(editor.organizer).length;
    for (const times of [1, 2]) {
      await run(taskIn(await editor.post(updatesPath(petition, `/${n}/test`))));
      const mails = mailsTo(editor.organizer);
      assert.equal(mails.length, before + times);
      assert.equal(mails.at(-1)?.subject, '[Test] The council answers');
      assert.match(mails.at(-1)?.html ?? '', /<strong>look<\/strong>/);
    }
    assert.equal(mailsTo(signer).length, 0);
    assert.equal((await Update.findOne({ petition: petition._id, n }).lean())?.sending, undefined);
  });

  it('comes in each language the update is written in', async () => {
    const { editor, write, run, mailsTo } = desk;
    const petition = await makePetition({ texts: bothTexts });
    const words = { 'title-fr': 'Le conseil répond', 'body-fr': 'En mai.' };
    const { n } = await write(petition, words);
    const before = mailsTo(editor.organizer).length;
    const task = taskIn(await editor.post(updatesPath(petition, `/${n}/test`)));
    await run(task);
    const [english, french, ...more] = mailsTo(editor.organizer).slice(before);
    assert.equal(more.length, 0);
    assert.equal(english?.subject, '[Test] The council answers');
    assert.equal(french?.subject, '[Test] Le conseil répond');
    assert.match(french?.text ?? '', /Bonjour Eda Editor/);
    assert.match((await taskOf(task)).summary ?? '', /once in each language/);
  });

  it('that the mail server does not take says so, and can be tried again', async () => {
    const { world, platform, editor, write, run, mailsTo } = desk;
    const petition = await makePetition();
    const { n } = await write(petition);
    const before = mailsTo(editor.organizer).length;
    world.mailbox.behave('refuses for now');
    const task = taskIn(await editor.post(updatesPath(petition, `/${n}/test`)));
    await run(task);
    assert.match((await taskOf(task)).failure ?? '', /did not take the mail \(450\)/);
    world.mailbox.behave('takes');
    await steerTask(platform, (await taskOf(task))._id, 'resume');
    await run(task);
    assert.equal(mailsTo(editor.organizer).length, before + 1);
  });
});
