import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { AuditEntry } from '../../server/audit/entry.ts';
import { Mailing, updateMailingId } from '../../server/mailings/mailing.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { Suppression, suppressAddress } from '../../server/signers/suppression.ts';
import { steerTask, Task } from '../../server/tasks/task.ts';
import { beginSending } from '../../server/updates/send.ts';
import { Update } from '../../server/updates/update.ts';
import { createViews } from '../../server/views.ts';
import { createMailer, type Mailer } from '../../workers/mailer.ts';
import { runTask, type TaskTools, taskKinds } from '../../workers/task.ts';
import { sendUpdate, type UpdateWork } from '../../workers/tasks/update.ts';
import { makePetition } from '../support/factories.ts';
import { linkIn } from '../support/mailbox.ts';
import { type SignedInVisitor, signInAs } from '../support/organizer.ts';
import { textOf } from '../support/page.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { startProcess } from '../support/processes.ts';
import { visitor } from '../support/visitor.ts';
import { makeSigner } from '../support/words.ts';
import { eventually, startWorld, type World } from '../support/world.ts';

/** No worker runs unless a test starts one: the test is the worker. */
let world: World;
let platform: OpenPlatform;
let mailer: Mailer;
let tools: TaskTools;
let editor: SignedInVisitor;
before(async () => {
  world = await startWorld({ workers: false });
  platform = await openPlatform(world);
  mailer = createMailer(world.env);
  tools = { ...platform, mailer, views: createViews() };
  editor = await signInAs(world, 'editor', { name: 'Eda Editor' });
});
afterEach(() => world.mailbox.behave('takes'));
after(async () => {
  mailer.close();
  await platform.close();
  await world.close();
});

const pathOf = ({ _id }: Petition, rest = '') => `/organize/petitions/${_id.toHexString()}/updates${rest}`;
const words = { kind: 'update', 'title-en': 'The council answers', 'body-en': 'They will **look** in May.' };

async function write(petition: Petition, differences: Record<string, string> = {}): Promise<Update> {
  const response = await editor.post(pathOf(petition), { ...words, ...differences });
  assert.equal(response.status, 303);
  const n = Number(response.headers.get('location')?.split('/').at(-1));
  const update = await Update.findOne({ petition: petition._id, n }).lean<Update>();
  assert.ok(update);
  return update;
}
const askToSend = (petition: Petition, { n, revision }: Update, who = editor) =>
  who.post(pathOf(petition, `/${n}/send`), { revision: String(revision) });
const taskIn = (response: Response) => {
  const location = response.headers.get('location') ?? '';
  assert.match(location, /^\/organize\/tasks\/[0-9a-f]{24}$/);
  return location.slice('/organize/tasks/'.length);
};
async function begin(petition: Petition, update: Update): Promise<string> {
  return taskIn(await askToSend(petition, update));
}
/** A worker of our own: `work` as it is, or with shorter steps and waits. */
const run = (task: string, work?: Partial<UpdateWork>) =>
  runTask(tools, task, work ? { update: (t, at) => sendUpdate(t, at, { ...usual, ...work }) } : taskKinds);
const usual: UpdateWork = { atOnce: 5, step: 3, giveUpAfter: 10, again: [60, 600] };
/** What time does: whoever worked at it is long gone, and the wait is over. */
const later = (task: string) =>
  Task.updateOne({ _id: task }, { $set: { leaseUntil: new Date(0) }, $unset: { notBefore: 1 } });
const taskOf = async (task: string) => {
  const found = await Task.findById(task).lean<Task>();
  assert.ok(found);
  return { ...found, result: found.result as Record<string, number> };
};
const numbers = { sent: 0, suppressed: 0, refused: 0, deferred: 0, unclear: 0 };
const makeSigners = async (petition: Petition, number: number) => {
  const signers = [];
  for (let n = 0; n < number; n += 1) signers.push(await makeSigner(world, petition));
  return signers;
};
const mailsTo = ({ email }: { email: string }) => world.mailbox.to(email);

describe('an update that is sent', () => {
  it('goes to those who signed, confirmed and agreed, and to nobody else', async () => {
    const petition = await makePetition();
    const yes = await makeSigners(petition, 7);
    const no = [
      await makeSigner(world, petition, { updates: false }),
      await makeSigner(world, petition, { state: 'pending' }),
      await makeSigner(world, petition, { state: 'withdrawn' }),
      await makeSigner(world, petition, { state: 'invalidated' }),
      await makeSigner(world, petition, { state: 'held' }),
      await makeSigner(world, await makePetition()),
    ];
    const update = await write(petition);
    const before = textOf(await (await editor.get(pathOf(petition, `/${update.n}`))).text());
    assert.match(before, /7 people would get it/);
    const task = await begin(petition, update);
    await run(task);
    for (const signer of yes) assert.equal(mailsTo(signer).length, 1);
    for (const signer of no) assert.equal(mailsTo(signer).length, 0);
    const { state, done, total, result } = await taskOf(task);
    assert.deepEqual(
      { state, done, total, result },
      { state: 'done', done: 7, total: 7, result: { ...numbers, sent: 7 } },
    );
    const [entry] = await AuditEntry.find({ petition: petition._id, action: 'update.send' }).lean();
    assert.deepEqual(entry?.details, { to: 7 });
    const after = textOf(await (await editor.get(pathOf(petition, `/${update.n}`))).text());
    assert.match(after, /Sending began on .* Done 7 of 7 .*Sent 7/);
    assert.doesNotMatch(after, /Send it…/);
  });

  it('carries who sends it, how to stop it with one click, and what it says in both forms', async () => {
    const petition = await makePetition();
    const signer = await makeSigner(world, petition, { name: 'Wanda Words' });
    const update = await write(petition);
    await editor.post(pathOf(petition, `/${update.n}/publish`));
    await run(await begin(petition, update));
    const [mail] = mailsTo(signer);
    assert.equal(mail?.subject, 'The council answers');
    assert.match(mail?.text ?? '', /Hello Wanda Words,[\s\S]*They will \*\*look\*\* in May\./);
    assert.match(mail?.html ?? '', /They will <strong>look<\/strong> in May\./);
    assert.match(mail?.text ?? '', new RegExp(`/petitions/${petition.slug}/updates/${update.n}`));
    for (const form of [mail?.text, mail?.html])
      assert.match(
        form ?? '',
        /because you signed “.*” and agreed to updates[\s\S]*Larkmere Neighbours, 1 Example Street, Larkmere/,
      );
    const unsubscribe = linkIn(mail ?? {}, 'unsubscribe');
    const header = (name: string) => mail?.headers.find(({ key }) => key === name)?.value;
    assert.equal(header('list-unsubscribe'), `<${world.env.BASE_URL}${unsubscribe}>`);
    assert.equal(header('list-unsubscribe-post'), 'List-Unsubscribe=One-Click');
    assert.equal((await visitor(world).get(linkIn(mail ?? {}, 'signatures'))).status, 200);

    assert.equal((await visitor(world).post(unsubscribe, { 'List-Unsubscribe': 'One-Click' })).status, 200);
    const next = await write(petition);
    assert.equal((await askToSend(petition, next)).status, 409);
  });

  it('speaks the language each signed in', async () => {
    const petition = await makePetition({
      texts: {
        en: { title: 'Keep the bench', addressedTo: 'Council', summary: 'The bench.', body: 'Stay.' },
        fr: { title: 'Gardons le banc', addressedTo: 'Conseil', summary: 'Le banc.', body: 'Reste.' },
      },
    });
    const english = await makeSigner(world, petition);
    const french = await makeSigner(world, petition, { language: 'fr' });
    await run(
      await begin(petition, await write(petition, { 'title-fr': 'Le conseil répond', 'body-fr': 'En mai.' })),
    );
    assert.equal(mailsTo(english)[0]?.subject, 'The council answers');
    assert.equal(mailsTo(french)[0]?.subject, 'Le conseil répond');
    assert.match(mailsTo(french)[0]?.text ?? '', /Bonjour[\s\S]*En mai\.[\s\S]*Gardons le banc/);
  });

  it('says what stood there when sending began, whatever is changed meanwhile', async () => {
    const petition = await makePetition();
    const signer = await makeSigner(world, petition);
    const update = await write(petition);
    const task = await begin(petition, update);
    const changed = await editor.post(pathOf(petition, `/${update.n}`), {
      ...words,
      'body-en': 'Something else altogether.',
      revision: String(update.revision),
    });
    assert.equal(changed.status, 303);
    await run(task);
    assert.match(mailsTo(signer)[0]?.text ?? '', /look/);
    assert.doesNotMatch(mailsTo(signer)[0]?.text ?? '', /altogether/);
    assert.match(await (await editor.get(pathOf(petition, `/${update.n}`))).text(), /text was changed since/);
  });

  it('leaves out who asked for no more mail, under this petition or any other, even on the way', async () => {
    const petition = await makePetition();
    const [kept, gone, late] = await makeSigners(petition, 3);
    assert.ok(kept && gone && late);
    await suppressAddress(gone.emailKey, 'updates', 'unsubscribed');
    const update = await write(petition);
    const page = textOf(await (await editor.get(pathOf(petition, `/${update.n}`))).text());
    assert.match(page, /2 people would get it.*without 1 who/);
    const task = await begin(petition, update);
    await suppressAddress(late.emailKey, 'all', 'bounced');
    await run(task);
    assert.deepEqual(
      [kept, gone, late].map((signer) => mailsTo(signer).length),
      [1, 0, 0],
    );
    assert.deepEqual((await taskOf(task)).result, { ...numbers, sent: 1, suppressed: 2 });
  });

  it('does not reach who signs later: they find it on the page', async () => {
    const petition = await makePetition();
    await makeSigner(world, petition);
    const task = await begin(petition, await write(petition));
    const late = await makeSigner(world, petition, { confirmedAt: new Date(Date.now() + 60_000) });
    await run(task);
    assert.equal(mailsTo(late).length, 0);
    assert.equal((await taskOf(task)).result.sent, 1);
  });

  it('reaches somebody who signed under several petitions once', async () => {
    const [one, two] = [await makePetition(), await makePetition()];
    const email = `several-${process.pid}@example.org`;
    await makeSigner(world, one, { email });
    await makeSigner(world, two, { email });
    const update = await write(one);
    const task = await begin(one, update);
    await run(task);
    // The same update under the other petition, as a campaign would send it.
    const again = await Task.create({
      ...{ kind: 'update', needs: 'update.send', organizer: editor.organizer._id, petition: two._id },
      ...{ input: { updateId: String(update._id) }, state: 'waiting', createdAt: new Date() },
      leaseUntil: new Date(0),
    });
    await Update.updateOne({ _id: update._id }, { $set: { petition: two._id, n: 77 } });
    await run(String(again._id));
    assert.equal(world.mailbox.to(email).length, 1);
  });
});

describe('nobody is mailed twice', () => {
  it('when two organizers send at the same moment: one begins, the other is told', async () => {
    const petition = await makePetition();
    const signers = await makeSigners(petition, 6);
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
    const petition = await makePetition();
    const signers = await makeSigners(petition, 23);
    const task = await begin(petition, await write(petition));
    await Promise.all([run(task), run(task), run(task)]);
    // A worker wrote nothing down of what it did: everything once more from the start.
    await Task.updateOne(
      { _id: task },
      { $set: { state: 'waiting', cursor: null, result: {}, done: 0, leaseUntil: new Date(0) } },
    );
    await run(task);
    for (const signer of signers) assert.equal(mailsTo(signer).length, 1);
    assert.deepEqual((await taskOf(task)).result, { ...numbers, sent: 23 });
  });

  it('when two workers hold the same step at the same moment', async () => {
    const petition = await makePetition();
    const signers = await makeSigners(petition, 20);
    const id = await begin(petition, await write(petition));
    const task = await taskOf(id);
    const steps = await Promise.all([sendUpdate(tools, task), sendUpdate(tools, task)]);
    for (const signer of signers) assert.equal(mailsTo(signer).length, 1);
    assert.ok(steps.every(({ finished }) => finished));
  });

  it('when the process dies between the decision and the work: it can be begun again after a while', async () => {
    const petition = await makePetition();
    const signer = await makeSigner(world, petition);
    const update = await write(petition);
    const asking = { petition, organizer: editor.organizer._id, revision: update.revision };
    const task = await begin(petition, update);
    await Update.updateOne({ _id: update._id }, { $unset: { 'sending.task': 1 } });
    assert.deepEqual(await beginSending(platform, update, asking), { outcome: 'already' });
    const begun = await beginSending(platform, update, asking, new Date(Date.now() + 61_000));
    assert.equal(begun.outcome, 'begun');
    await run(task);
    if (begun.outcome === 'begun') await run(String(begun.task));
    assert.equal(mailsTo(signer).length, 1);
  });

  it('when the worker is killed in the middle and another one goes on', { timeout: 90_000 }, async (t) => {
    const petition = await makePetition();
    const signers = await makeSigners(petition, 200);
    const update = await write(petition);
    const worker = await startProcess(world, 'workers');
    t.after(() => worker.stop('SIGKILL'));
    const received = () => signers.filter((signer) => mailsTo(signer).length > 0).length;
    const task = await begin(petition, update);
    await eventually(() => received() >= 20, 'some have it', 30_000);
    await worker.stop('SIGKILL');
    assert.ok(received() < 200, 'it was killed in the middle');
    await later(task);
    await run(task);
    const open = new Set(
      (await Mailing.find({ kind: 'update', petition: petition._id, state: 'claimed' }).lean()).map(
        ({ _id }) => _id,
      ),
    );
    for (const signer of signers) {
      const isUnclear = open.has(updateMailingId(update._id, signer.emailKey));
      const mails = mailsTo(signer).length;
      assert.ok(isUnclear ? mails <= 1 : mails === 1, `${mails} mails, unclear: ${isUnclear}`);
    }
    assert.ok(open.size <= 5, `${open.size} are unclear`);
    const { state, result } = await taskOf(task);
    assert.equal(state, 'done');
    assert.deepEqual(result, { ...numbers, sent: 200 - open.size, unclear: open.size });
  });
});

describe('sending', () => {
  it('can be paused, and goes on where it was', async () => {
    const petition = await makePetition();
    const signers = await makeSigners(petition, 12);
    const id = await begin(petition, await write(petition));
    let steps = 0;
    await runTask(tools, id, {
      async update(given, task) {
        steps += 1;
        const step = await sendUpdate(given, task, { ...usual, step: 0 });
        assert.equal((await editor.post(`/organize/tasks/${id}/pause`)).status, 303);
        return step;
      },
    });
    assert.equal(steps, 1);
    const paused = await taskOf(id);
    assert.deepEqual([paused.state, paused.done, paused.result.sent], ['paused', 5, 5]);
    await run(id);
    assert.equal(signers.filter((signer) => mailsTo(signer).length === 1).length, 5);
    assert.ok(await steerTask(platform, paused._id, 'resume'));
    await run(id, { step: 0 });
    for (const signer of signers) assert.equal(mailsTo(signer).length, 1);
    assert.deepEqual((await taskOf(id)).result, { ...numbers, sent: 12 });
  });

  it('to nobody is refused with a reason, and nothing begins', async () => {
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
    const petition = await makePetition();
    await makeSigner(world, petition);
    const update = await write(petition);
    await editor.post(pathOf(petition, `/${update.n}`), { ...words, revision: '1', 'body-en': 'Else.' });
    for (const revision of ['1', '', 'x', '99']) {
      const response = await editor.post(pathOf(petition, `/${update.n}/send`), { revision });
      assert.equal(response.status, 409);
      assert.match(await response.text(), /Somebody changed this update/);
    }
    assert.equal(await Task.countDocuments({ petition: petition._id }), 0);
  });

  it('counts who is refused for good, and does not ask again', async () => {
    const petition = await makePetition();
    await makeSigners(petition, 3);
    world.mailbox.behave('refuses for good');
    const task = await begin(petition, await write(petition));
    const before = world.mailbox.attempts;
    await run(task);
    assert.equal(world.mailbox.attempts, before + 3);
    const { state, result } = await taskOf(task);
    assert.equal(state, 'done');
    assert.deepEqual(result, { ...numbers, refused: 3 });
  });

  it('tries those again at the end whom the server puts off, after a while, and ends with what it could do', async () => {
    const petition = await makePetition();
    const signers = await makeSigners(petition, 7);
    world.mailbox.behave('refuses for now');
    const task = await begin(petition, await write(petition));
    await run(task);
    const waiting = await taskOf(task);
    assert.deepEqual(waiting.result, { ...numbers, deferred: 7 });
    assert.ok(waiting.notBefore && waiting.notBefore > new Date(), 'it waits');
    await run(task);
    assert.deepEqual((await taskOf(task)).cursor, waiting.cursor, 'nothing is done before its time');
    world.mailbox.behave('takes');
    await later(task);
    await run(task);
    for (const signer of signers) assert.equal(mailsTo(signer).length, 1);
    const { state, result, done } = await taskOf(task);
    assert.deepEqual([state, done], ['done', 7]);
    assert.deepEqual(result, { ...numbers, sent: 7 });
  });

  it('ends where a server puts somebody off for ever, and says so', async () => {
    const petition = await makePetition();
    await makeSigners(petition, 2);
    world.mailbox.behave('refuses for now');
    const task = await begin(petition, await write(petition));
    for (let round = 0; round < 3; round += 1) {
      await run(task, { again: [60, 600] });
      await later(task);
    }
    const { state, result } = await taskOf(task);
    assert.equal(state, 'done');
    assert.deepEqual(result, { ...numbers, deferred: 2 });
  });

  it('waits for a mail server that is away, loses nobody, and asks for help when it stays away', async () => {
    const petition = await makePetition();
    const signers = await makeSigners(petition, 12);
    const task = await begin(petition, await write(petition));
    const nowhere = createMailer({ ...world.env, SMTP_URL: 'smtp://127.0.0.1:1' });
    const work = { ...usual, giveUpAfter: 5, again: [60] };
    const away = {
      update: (given: TaskTools, at: Task) => sendUpdate({ ...given, mailer: nowhere }, at, work),
    };
    await runTask(tools, task, away);
    const waiting = await taskOf(task);
    assert.equal(waiting.done, 5);
    assert.ok(waiting.notBefore && waiting.notBefore > new Date());
    await later(task);
    await runTask(tools, task, away);
    const failed = await taskOf(task);
    assert.equal(failed.state, 'failed');
    assert.match(failed.failure ?? '', /The mail server could not be reached/);
    nowhere.close();
    assert.ok(await steerTask(platform, failed._id, 'resume'));
    await run(task);
    await later(task);
    await run(task);
    for (const signer of signers) assert.equal(mailsTo(signer).length, 1);
    assert.deepEqual((await taskOf(task)).result, { ...numbers, sent: 12 });
  });

  it('does not try again where the connection broke in the middle: the mail may have gone out', async () => {
    const petition = await makePetition();
    await makeSigners(petition, 2);
    world.mailbox.behave('hangs');
    const task = await begin(petition, await write(petition));
    await run(task);
    world.mailbox.behave('takes');
    const before = world.mailbox.attempts;
    await later(task);
    await run(task);
    assert.equal(world.mailbox.attempts, before);
    const { state, result } = await taskOf(task);
    assert.equal(state, 'done');
    assert.deepEqual(result, { ...numbers, unclear: 2 });
  });

  it('goes on behind a signature that does not open', async () => {
    const petition = await makePetition();
    const [broken, fine] = await makeSigners(petition, 2);
    await Signature.updateOne({ _id: broken?._id }, { $set: { 'sealed.name': Buffer.from('nonsense') } });
    const task = await begin(petition, await write(petition));
    await run(task);
    assert.equal(mailsTo(fine ?? { email: '' }).length, 1);
    assert.deepEqual((await taskOf(task)).result, { ...numbers, sent: 1, refused: 1 });
  });

  it('keeps no trace of somebody who asks to be forgotten', async () => {
    const petition = await makePetition();
    const signer = await makeSigner(world, petition);
    const other = await makeSigner(world, petition);
    const update = await write(petition);
    await run(await begin(petition, update));
    const [mail] = mailsTo(signer);
    assert.ok(await Mailing.exists({ _id: updateMailingId(update._id, signer.emailKey) }));
    await visitor(world).post(`${linkIn(mail ?? {}, 'signatures')}/erasure`);
    assert.equal(await Mailing.exists({ _id: updateMailingId(update._id, signer.emailKey) }), null);
    assert.ok(await Mailing.exists({ _id: updateMailingId(update._id, other.emailKey) }));
    assert.ok(await Suppression.exists({ _id: signer.emailKey, scope: 'all' }));
  });

  it('knows nothing personal: not in the task, not in the log of what was done', async () => {
    const petition = await makePetition();
    const signer = await makeSigner(world, petition, { name: 'Wanda Words' });
    const task = await begin(petition, await write(petition));
    await run(task);
    const kept = JSON.stringify([
      await Task.find({ petition: petition._id }).lean(),
      await AuditEntry.find({ petition: petition._id }).lean(),
      await Mailing.find({ petition: petition._id }).lean(),
      await Petition.findById(petition._id).lean(),
    ]);
    assert.ok(!kept.includes(signer.email) && !kept.includes('Wanda'));
  });
});

describe('a test', () => {
  it('goes to the organizer who asks, and to nobody else, as often as they ask', async () => {
    const petition = await makePetition();
    const signer = await makeSigner(world, petition);
    const { n } = await write(petition);
    for (const times of [1, 2]) {
      await run(taskIn(await editor.post(pathOf(petition, `/${n}/test`))));
      const mails = world.mailbox.to(editor.organizer.email);
      assert.equal(mails.length, times);
      assert.equal(mails.at(-1)?.subject, '[Test] The council answers');
      assert.match(mails.at(-1)?.html ?? '', /<strong>look<\/strong>/);
    }
    assert.equal(mailsTo(signer).length, 0);
    assert.equal((await Update.findOne({ petition: petition._id, n }).lean())?.sending, undefined);
  });

  it('that the mail server does not take says so, and can be tried again', async () => {
    const petition = await makePetition();
    const { n } = await write(petition);
    const before = world.mailbox.to(editor.organizer.email).length;
    world.mailbox.behave('refuses for now');
    const task = taskIn(await editor.post(pathOf(petition, `/${n}/test`)));
    await run(task);
    assert.match((await taskOf(task)).failure ?? '', /did not take the mail \(450\)/);
    world.mailbox.behave('takes');
    await steerTask(platform, (await taskOf(task))._id, 'resume');
    await run(task);
    assert.equal(world.mailbox.to(editor.organizer.email).length, before + 1);
  });
});
