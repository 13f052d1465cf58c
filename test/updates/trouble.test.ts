import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Signature } from '../../server/signatures/signature.ts';
import { steerTask } from '../../server/tasks/task.ts';
import { createMailer } from '../../workers/mailer.ts';
import { makePetition } from '../support/factories.ts';
import { textOf } from '../support/page.ts';
import { type Desk, later, openDesk, outcomes, taskOf } from '../support/updates.ts';
import { makeSigner, makeSigners } from '../support/words.ts';

let desk: Desk;
before(async () => {
  desk = await openDesk();
});
afterEach(() => desk.world.mailbox.behave('takes'));
after(() => desk.close());

/** A petition with signers who are to get an update, and the task that mails it. */
async function sending(number: number) {
  const petition = await makePetition();
  const signers = await makeSigners(desk.world, petition, number);
  return { petition, signers, task: await desk.begin(petition) };
}
const received = (signers: { email: string }[]) => signers.map((signer) => desk.mailsTo(signer).length);
const onceEach = (signers: readonly unknown[]) => signers.map(() => 1);

describe('a mail server that refuses for good', () => {
  it('is not asked again, and how many that were is said', async () => {
    const { task } = await sending(3);
    const { mailbox } = desk.world;
    mailbox.behave('refuses for good');
    const before = mailbox.attempts;
    await desk.run(task);
    assert.equal(mailbox.attempts, before + 3);
    const { state, ...ended } = await taskOf(task);
    assert.equal(state, 'done');
    assert.deepEqual(ended.outcomes, outcomes({ refused: 3 }));
    assert.match(
      ended.summary ?? '',
      /took the mail to 0 people\. The mail to 3 people was refused for good\./,
    );
  });

  it('one mail after another stops the work before everybody is lost; resuming goes on behind them', async () => {
    const { signers, task } = await sending(14);
    desk.world.mailbox.behave('refuses for good');
    await desk.run(task, { refusedAtMost: 5 });
    const stopped = await taskOf(task);
    assert.equal(stopped.state, 'failed');
    assert.match(stopped.failure ?? '', /refuses one mail after another/);
    desk.world.mailbox.behave('takes');
    assert.ok(await steerTask(desk.platform, stopped._id, 'resume'));
    await desk.run(task, { refusedAtMost: 5 });
    assert.deepEqual(received(signers), [...Array(5).fill(0), ...Array(9).fill(1)]);
    assert.deepEqual((await taskOf(task)).outcomes, outcomes({ sent: 9, refused: 5 }));
  });
});

describe('a mail server that puts somebody off', () => {
  it('is asked again at the end, after a while', async () => {
    const { signers, task } = await sending(7);
    desk.world.mailbox.behave('refuses for now');
    await desk.run(task);
    const waiting = await taskOf(task);
    assert.deepEqual(waiting.outcomes, outcomes({ deferred: 7 }));
    assert.ok(waiting.notBefore && waiting.notBefore > new Date(), 'it waits');
    await desk.run(task);
    assert.deepEqual((await taskOf(task)).cursor, waiting.cursor, 'nothing is done before its time');
    desk.world.mailbox.behave('takes');
    await later(task);
    await desk.run(task);
    assert.deepEqual(received(signers), onceEach(signers));
    const { state, done, ...ended } = await taskOf(task);
    assert.deepEqual([state, done], ['done', 7]);
    assert.deepEqual(ended.outcomes, outcomes({ sent: 7 }));
  });

  it('for ever is given up in the end, and that is said', async () => {
    const { task } = await sending(2);
    desk.world.mailbox.behave('refuses for now');
    for (let round = 0; round < 3; round += 1) {
      await desk.run(task, { again: [60, 600] });
      await later(task);
    }
    const { state, summary, ...ended } = await taskOf(task);
    assert.equal(state, 'done');
    assert.deepEqual(ended.outcomes, outcomes({ deferred: 2 }));
    assert.match(summary ?? '', /The mail to 2 people was put off every time/);
  });

  it('leaves out who does not want it any more by then', async () => {
    const { signers, task } = await sending(3);
    desk.world.mailbox.behave('refuses for now');
    await desk.run(task);
    desk.world.mailbox.behave('takes');
    await Signature.updateOne({ _id: signers[1]?._id }, { $set: { state: 'withdrawn' } });
    await later(task);
    await desk.run(task);
    assert.deepEqual(received(signers), [1, 0, 1]);
    assert.deepEqual((await taskOf(task)).outcomes, outcomes({ sent: 2, suppressed: 1 }));
  });
});

describe('a mail server that takes nothing', () => {
  /** However it does not: nobody is gone through in vain, and nobody is lost. */
  const manners = {
    'is not there': undefined,
    'puts everybody off': 'refuses for now',
    'refuses our sender': 'refuses the sender',
    'breaks off': 'breaks off before',
    hangs: 'hangs',
  } as const;
  for (const [name, manner] of Object.entries(manners)) {
    it(`${name}: the work waits, tries one mail, asks for help in the end, and loses nobody`, async () => {
      const { petition, signers, task } = await sending(12);
      const { world, platform, run } = desk;
      const nowhere = createMailer({ ...world.env, SMTP_URL: 'smtp://127.0.0.1:1' });
      const work = { giveUpAfter: 5, again: [60] };
      if (manner) world.mailbox.behave(manner);
      const away = manner ? {} : { mailer: nowhere };
      await run(task, work, away);
      const waiting = await taskOf(task);
      assert.deepEqual([waiting.state, waiting.done], ['running', 5]);
      assert.deepEqual(waiting.outcomes, outcomes({ deferred: 5 }));
      assert.ok(waiting.notBefore && waiting.notBefore > new Date());
      const shown = textOf(await desk.page(petition, { n: 1 }));
      assert.match(shown, /5 of 12; it waits, and goes on in (1 minute|\d+ seconds)/);
      await later(task);
      await run(task, work, away);
      const failed = await taskOf(task);
      assert.equal(failed.state, 'failed');
      assert.match(failed.failure ?? '', /has taken no mail for hours/);
      nowhere.close();
      world.mailbox.behave('takes');
      assert.ok(await steerTask(platform, failed._id, 'resume'));
      await run(task);
      await later(task);
      await run(task);
      assert.deepEqual(received(signers), onceEach(signers));
      assert.deepEqual((await taskOf(task)).outcomes, outcomes({ sent: 12 }));
    });
  }
});

describe('a connection that breaks', () => {
  it('after the mail was handed over leaves it unclear: it is not sent again, and that is said', async () => {
    const { signers, task } = await sending(4);
    const [, unlucky] = signers;
    const { mailbox } = desk.world;
    mailbox.behave((address) => (address === unlucky?.email ? 'takes it and breaks off' : 'takes'));
    await desk.run(task);
    mailbox.behave('takes');
    await later(task);
    await desk.run(task);
    assert.deepEqual(received(signers), onceEach(signers));
    const { state, summary, ...ended } = await taskOf(task);
    assert.equal(state, 'done');
    assert.deepEqual(ended.outcomes, outcomes({ sent: 3, unclear: 1 }));
    assert.match(summary ?? '', /The mail to 1 person was cut short while it was handed over/);
  });

  it('before the mail was handed over is no loss: it comes again', async () => {
    const { signers, task } = await sending(4);
    const [, unlucky] = signers;
    const { mailbox } = desk.world;
    mailbox.behave((address) => (address === unlucky?.email ? 'breaks off before' : 'takes'));
    await desk.run(task);
    assert.deepEqual((await taskOf(task)).outcomes, outcomes({ sent: 3, deferred: 1 }));
    mailbox.behave('takes');
    await later(task);
    await desk.run(task);
    assert.deepEqual(received(signers), onceEach(signers));
  });
});

it('a signature that does not open keeps the mail from nobody behind it', async () => {
  const petition = await makePetition();
  const broken = await makeSigner(desk.world, petition);
  const fine = await makeSigner(desk.world, petition);
  await Signature.updateOne({ _id: broken._id }, { $set: { 'sealed.name': Buffer.from('nonsense') } });
  const task = await desk.begin(petition);
  await desk.run(task);
  assert.equal(desk.mailsTo(fine).length, 1);
  assert.deepEqual((await taskOf(task)).outcomes, outcomes({ sent: 1, refused: 1 }));
});
