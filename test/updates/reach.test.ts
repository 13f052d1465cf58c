import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AuditEntry } from '../../server/audit/entry.ts';
import { Mailing, updateMailingId } from '../../server/mailings/mailing.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { Suppression, suppressAddress } from '../../server/signers/suppression.ts';
import { Task } from '../../server/tasks/task.ts';
import { Update } from '../../server/updates/update.ts';
import { makePetition } from '../support/factories.ts';
import { linkIn } from '../support/mailbox.ts';
import { textOf } from '../support/page.ts';
import {
  bothTexts,
  type Desk,
  openDesk,
  outcomes,
  taskOf,
  updatesPath,
  updateWords,
} from '../support/updates.ts';
import { visitor } from '../support/visitor.ts';
import { makeSigner, makeSigners } from '../support/words.ts';

let desk: Desk;
before(async () => {
  desk = await openDesk();
});
after(() => desk.close());

describe('an update that is sent', () => {
  it('goes to those who signed, confirmed and agreed, and to nobody else', async () => {
    const { world, write, begin, run, page, mailsTo } = desk;
    const petition = await makePetition();
    const yes = await makeSigners(world, petition, 7);
    const no = [
      await makeSigner(world, petition, { updates: false }),
      await makeSigner(world, petition, { state: 'pending' }),
      await makeSigner(world, petition, { state: 'withdrawn' }),
      await makeSigner(world, petition, { state: 'invalidated' }),
      await makeSigner(world, petition, { state: 'held' }),
      await makeSigner(world, await makePetition()),
    ];
    const update = await write(petition);
    assert.match(textOf(await page(petition, update)), /7 people would get it/);
    const task = await begin(petition, update);
    await run(task);
    for (const signer of yes) assert.equal(mailsTo(signer).length, 1);
    for (const signer of no) assert.equal(mailsTo(signer).length, 0);
    const { state, done, total, ...ended } = await taskOf(task);
    assert.deepEqual({ state, done, total }, { state: 'done', done: 7, total: 7 });
    assert.deepEqual(ended.outcomes, outcomes({ sent: 7 }));
    const [entry] = await AuditEntry.find({ petition: petition._id, action: 'update.send' }).lean();
    assert.deepEqual(entry?.details, { to: 7 });
    const after = textOf(await page(petition, update));
    assert.match(after, /Sending began on .* Done 7 of 7 .*took the mail to 7 people/);
    assert.doesNotMatch(after, /Send it…/);
  });

  it('carries who sends it, how to stop it with one click, and what it says in both forms', async () => {
    const { world, editor, write, askToSend, begin, run, mailsTo } = desk;
    const petition = await makePetition();
    const signer = await makeSigner(world, petition, { name: 'Wanda Words' });
    const update = await write(petition);
    await editor.post(updatesPath(petition, `/${update.n}/publish`));
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
    assert.equal((await askToSend(petition, await write(petition))).status, 409);
  });

  it('speaks the language each signed in', async () => {
    const { world, write, begin, run, mailsTo } = desk;
    const petition = await makePetition({ texts: bothTexts });
    const english = await makeSigner(world, petition);
    const french = await makeSigner(world, petition, { language: 'fr' });
    const words = { 'title-fr': 'Le conseil répond', 'body-fr': 'En mai.' };
    await run(await begin(petition, await write(petition, words)));
    assert.equal(mailsTo(english)[0]?.subject, 'The council answers');
    assert.equal(mailsTo(french)[0]?.subject, 'Le conseil répond');
    assert.match(mailsTo(french)[0]?.text ?? '', /Bonjour[\s\S]*En mai\.[\s\S]*Gardons le banc/);
  });

  it('says what stood there when sending began, whatever is changed meanwhile', async () => {
    const { world, editor, write, begin, run, page, mailsTo } = desk;
    const petition = await makePetition();
    const signer = await makeSigner(world, petition);
    const update = await write(petition);
    const task = await begin(petition, update);
    const changed = await editor.post(updatesPath(petition, `/${update.n}`), {
      ...updateWords,
      'body-en': 'Something else altogether.',
      revision: String(update.revision),
    });
    assert.equal(changed.status, 303);
    await run(task);
    assert.match(mailsTo(signer)[0]?.text ?? '', /look/);
    assert.doesNotMatch(mailsTo(signer)[0]?.text ?? '', /altogether/);
    assert.match(await page(petition, update), /text was changed since/);
  });

  it('does not reach who signs later: they find it on the page', async () => {
    const { world, begin, run, mailsTo } = desk;
    const petition = await makePetition();
    await makeSigner(world, petition);
    const task = await begin(petition);
    const late = await makeSigner(world, petition, { confirmedAt: new Date(Date.now() + 60_000) });
    await run(task);
    assert.equal(mailsTo(late).length, 0);
    assert.equal((await taskOf(task)).outcomes.sent, 1);
  });

  it('reaches somebody who signed under several petitions once', async () => {
    const { world, editor, write, begin, run } = desk;
    const [one, two] = [await makePetition(), await makePetition()];
    const email = `several-${process.pid}@example.org`;
    await makeSigner(world, one, { email });
    await makeSigner(world, two, { email });
    const update = await write(one);
    await run(await begin(one, update));
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

describe('on the way it leaves out', () => {
  it('who asked for no more mail, under this petition or any other, before or after it began', async () => {
    const { world, write, begin, run, page, mailsTo } = desk;
    const petition = await makePetition();
    const kept = await makeSigner(world, petition);
    const gone = await makeSigner(world, petition);
    const late = await makeSigner(world, petition);
    await suppressAddress(gone.emailKey, 'updates', 'unsubscribed');
    const update = await write(petition);
    assert.match(textOf(await page(petition, update)), /2 people would get it.*without 1 who/);
    const task = await begin(petition, update);
    await suppressAddress(late.emailKey, 'all', 'bounced');
    await run(task);
    assert.deepEqual(
      [kept, gone, late].map((signer) => mailsTo(signer).length),
      [1, 0, 0],
    );
    const ended = await taskOf(task);
    assert.deepEqual(ended.outcomes, outcomes({ sent: 1, suppressed: 2 }));
    assert.match(ended.summary ?? '', /2 people had asked for no more mail\./);
  });

  it('who withdrew or was erased meanwhile, and says how many that were', async () => {
    const { world, platform, begin, run, mailsTo } = desk;
    const petition = await makePetition();
    const kept = await makeSigner(world, petition);
    const withdraws = await makeSigner(world, petition);
    const erases = await makeSigner(world, petition);
    const task = await begin(petition);
    const own = ({ _id }: typeof kept) => `/signatures/${platform.tokens.issue('manage', _id)}`;
    assert.equal((await visitor(world).post(`${own(withdraws)}/withdrawal`)).status, 303);
    assert.equal((await visitor(world).post(`${own(erases)}/erasure`)).status, 200);
    await run(task);
    assert.deepEqual(
      [kept, withdraws, erases].map((signer) => mailsTo(signer).length),
      [1, 0, 0],
    );
    const { done, total, summary } = await taskOf(task);
    assert.deepEqual([done, total], [1, 1]);
    assert.match(summary ?? '', /2 people had withdrawn or changed their mind/);
  });
});

describe('what is kept of it', () => {
  it('is no trace of somebody who asks to be forgotten', async () => {
    const { world, write, begin, run, mailsTo } = desk;
    const petition = await makePetition();
    const signer = await makeSigner(world, petition);
    const other = await makeSigner(world, petition);
    const update = await write(petition);
    await run(await begin(petition, update));
    const recordOf = ({ emailKey }: typeof signer) =>
      Mailing.exists({ _id: updateMailingId(update._id, emailKey) });
    assert.ok(await recordOf(signer));
    await visitor(world).post(`${linkIn(mailsTo(signer)[0] ?? {}, 'signatures')}/erasure`);
    assert.equal(await recordOf(signer), null);
    assert.ok(await recordOf(other));
    assert.ok(await Suppression.exists({ _id: signer.emailKey, scope: 'all' }));
  });

  it('is nothing personal: not in the task, not in the log of what was done', async () => {
    const { world, begin, run } = desk;
    const petition = await makePetition();
    const signer = await makeSigner(world, petition, { name: 'Wanda Words' });
    await run(await begin(petition));
    const kept = JSON.stringify([
      await Task.find({ petition: petition._id }).lean(),
      await AuditEntry.find({ petition: petition._id }).lean(),
      await Mailing.find({ petition: petition._id }).lean(),
      await Petition.findById(petition._id).lean(),
    ]);
    assert.ok(!kept.includes(signer.email) && !kept.includes('Wanda'));
  });
});
