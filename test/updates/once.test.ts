import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { updateWork } from '../../config/limits.ts';
import { Mailing, updateMailingId } from '../../server/mailings/mailing.ts';
import { Task } from '../../server/tasks/task.ts';
import { beginSending } from '../../server/updates/send.ts';
import { Update } from '../../server/updates/update.ts';
import { sendUpdate } from '../../workers/tasks/update.ts';
import { makePetition } from '../support/factories.ts';
import type { Manner } from '../support/mailbox.ts';
import { signInAs } from '../support/organizer.ts';
import { textOf } from '../support/page.ts';
import { startProcess } from '../support/processes.ts';
import { makeSignatures } from '../support/signatures.ts';
import { type Desk, later, openDesk, outcomes, taskIn, taskOf } from '../support/updates.ts';
import { makeSigner, makeSigners } from '../support/words.ts';
import { eventually } from '../support/world.ts';

let desk: Desk;
before(async () => {
  desk = await openDesk();
});
afterEach(() => desk.world.mailbox.behave('takes'));
after(() => desk.close());

describe('nobody is mailed twice', () => {
  it('when two organizers send at the same moment: one begins, the other is told', async () => {
    const { world, write, askToSend, run, mailsTo } = desk;
    const petition = await makePetition();
    const signers = await makeSigners(world, petition, 6);
    const update = await write(petition);
    const other = await signInAs(world, 'editor');
    const answers = await Promise.all([
      askToSend(petition, update),
      askToSend(petition, update, other),
      askToSend(petition, update),
    ]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 409, 409]);
    assert.equal(await Task.countDocuments({ petition: petition._id }), 1);
    const task = await Task.findOne({ petition: petition._id }).lean();
    await run(String(task?._id));
    assert.equal((await askToSend(petition, update)).status, 409);
    for (const signer of signers) assert.equal(mailsTo(signer).length, 1);
  });

  it('when several workers are at it, or a step runs again', async () => {
    const { world, begin, run, mailsTo } = desk;
    const petition = await makePetition();
    const signers = await makeSigners(world, petition, 23);
    const task = await begin(petition);
    await Promise.all([run(task), run(task), run(task)]);
    // A worker wrote nothing down of what it did: everything once more from the start.
    await Task.updateOne(
      { _id: task },
      { $set: { state: 'waiting', cursor: null, result: {}, done: 0, leaseUntil: new Date(0) } },
    );
    await run(task);
    for (const signer of signers) assert.equal(mailsTo(signer).length, 1);
    assert.deepEqual((await taskOf(task)).outcomes, outcomes({ sent: 23 }));
  });

  it('when two workers hold the same step at the same moment', async () => {
    const { world, tools, begin, mailsTo } = desk;
    const petition = await makePetition();
    const signers = await makeSigners(world, petition, 20);
    const task = await taskOf(await begin(petition));
    const steps = await Promise.all([sendUpdate(tools, task), sendUpdate(tools, task)]);
    for (const signer of signers) assert.equal(mailsTo(signer).length, 1);
    assert.ok(steps.every(({ finished }) => finished));
  });

  it('when the process dies between the decision and the work: the page offers to begin it', async () => {
    const { world, platform, editor, write, askToSend, begin, run, page, mailsTo } = desk;
    const petition = await makePetition();
    const signer = await makeSigner(world, petition);
    const update = await write(petition);
    const task = await begin(petition, update);
    assert.doesNotMatch(await page(petition, update), /cut short/);
    await Task.deleteOne({ _id: task });
    assert.match(textOf(await page(petition, update)), /cut short before the first mail.*Begin to send it/);
    assert.equal(taskIn(await askToSend(petition, update)), task, 'it is the same work');
    const asking = { petition, organizer: editor.organizer._id, revision: update.revision };
    assert.deepEqual(await beginSending(platform, update, asking), { outcome: 'already' });
    await run(task);
    assert.equal(mailsTo(signer).length, 1);
    assert.equal(await Update.countDocuments({ 'sending.task': task }), 1);
  });
});

/** Numbers from 0 to 1 that come again with the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('what the mail server has seen in the end', () => {
  it('is nobody twice and nobody forgotten, when workers are killed and connections break', {
    timeout: 150_000,
  }, async (t) => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    t.diagnostic(`SEED=${seed}`);
    const random = randomFrom(seed);
    const { world, platform, write, begin, run } = desk;
    const petition = await makePetition();
    const people = Array.from({ length: 400 }, (_, n) => `ledger-${n}-${process.pid}@example.org`);
    await makeSignatures(
      world,
      petition,
      people.map((email) => ({ email, updates: true })),
    );
    const update = await write(petition);
    const broken = new Set<string>();
    world.mailbox.behave((address): Manner => {
      const luck = random();
      if (luck < 0.01) broken.add(address);
      if (luck < 0.01) return 'takes it and breaks off';
      return luck < 0.03 ? 'breaks off before' : luck < 0.05 ? 'refuses for now' : 'takes';
    });

    const task = await begin(petition, update);
    const kills = 4;
    for (let kill = 1; kill <= kills; kill += 1) {
      const worker = await startProcess(world, 'workers');
      t.after(() => worker.stop('SIGKILL'));
      platform.queues.enqueue('task', { taskId: task });
      const until = Math.min(world.mailbox.mails.length + 5 + Math.floor(random() * 60), 380);
      await eventually(() => world.mailbox.mails.length >= until, `${until} mails`, 30_000);
      await worker.stop('SIGKILL');
      // Its leases run out; what Redis knew of its job is lost with it.
      await platform.redis.flushall();
      await later(task);
    }
    for (let round = 0; (await taskOf(task)).state !== 'done' && round < 6; round += 1) {
      await run(task);
      await later(task);
    }

    const seen = Map.groupBy(people, (email) => world.mailbox.to(email).length);
    assert.deepEqual(
      [...seen.keys()].filter((times) => times > 1),
      [],
      'somebody has it twice',
    );
    const unclear = new Set(
      (await Mailing.find({ petition: petition._id, state: { $in: ['claimed', 'unclear'] } }).lean()).map(
        ({ _id }) => _id,
      ),
    );
    for (const email of seen.get(0) ?? []) {
      const id = updateMailingId(update._id, platform.vault.emailKey(email));
      assert.ok(unclear.has(id), `${email} is forgotten`);
    }
    assert.ok(unclear.size <= kills * updateWork.atOnce + broken.size, `${unclear.size} are unclear`);
    const { state, done, summary, ...ended } = await taskOf(task);
    assert.deepEqual([state, done], ['done', people.length]);
    assert.deepEqual(ended.outcomes, outcomes({ sent: people.length - unclear.size, unclear: unclear.size }));
    assert.match(summary ?? '', /took the mail to \d+ people/);
  });
});
