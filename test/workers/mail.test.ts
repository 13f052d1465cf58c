import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { mailWork } from '../../config/limits.ts';
import { Mailing } from '../../server/mailings/mailing.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { suppressAddress } from '../../server/signers/suppression.ts';
import { createViews } from '../../server/views.ts';
import { MailDeferred, sendDueMail } from '../../workers/mail.ts';
import { createMailer, type Mailer } from '../../workers/mailer.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { visitor } from '../support/visitor.ts';
import { startWorld, type World } from '../support/world.ts';

/** No worker runs: each test is the worker, at the moment it says. */
let world: World;
let platform: OpenPlatform;
let mailer: Mailer;
before(async () => {
  world = await startWorld({ workers: false, env: { TRUST_PROXY: '1' } });
  platform = await openPlatform(world);
  mailer = createMailer(world.env);
});
afterEach(() => world.mailbox.behave('takes'));
after(async () => {
  mailer.close();
  await platform.close();
  await world.close();
});

let people = 0;
async function sign(differences: Record<string, string> = {}) {
  people += 1;
  const petition = await makePetition();
  const form = makeForm(differences);
  const response = await visitor(world, { 'x-forwarded-for': `198.51.100.${people}` }).sign(
    petition.slug,
    form,
  );
  assert.equal(response.status, 303);
  const { _id } = (await stored(petition)) as Signature;
  const id = _id.toHexString();
  const work = (now?: Date) => sendDueMail({ ...platform, mailer, views: createViews() }, id, now);
  return { petition, form, id, work, mails: () => world.mailbox.to(form.email ?? '') };
}
const stored = (petition: Petition) => Signature.findOne({ petition: petition._id }).lean<Signature>();
const mailings = (petition: Petition) => Mailing.find({ petition: petition._id }).lean();
const later = (seconds: number) => new Date(Date.now() + seconds * 1000);

describe('a mail that is due', () => {
  it('is sent once, recorded, and no longer due', async () => {
    const { petition, work, mails, id } = await sign();
    await work();
    assert.equal(mails().length, 1);
    const [mailing, ...more] = await mailings(petition);
    assert.equal(more.length, 0);
    assert.equal(mailing?._id, `confirm:${id}:1`);
    assert.equal(mailing?.state, 'sent');
    assert.equal(mailing?.attempts, 1);
    assert.equal((await stored(petition))?.mail?.dueAt, undefined);
  });

  it('is sent once however often its job runs, one after the other or at once', async () => {
    const { work, mails } = await sign();
    await Promise.all([work(), work(), work()]);
    await work();
    assert.equal(mails().length, 1);
  });

  it('is sent once by a job that comes after the record was written but the signature was not', async () => {
    const { petition, work, mails } = await sign();
    await work();
    await Signature.updateOne({ petition: petition._id }, { $set: { 'mail.dueAt': new Date() } });
    await work();
    assert.equal(mails().length, 1);
    assert.equal((await stored(petition))?.mail?.dueAt, undefined);
  });

  it('is left alone while another worker may be at it', async () => {
    const { petition, work, mails, id } = await sign();
    await Mailing.create({
      ...{ _id: `confirm:${id}:1`, petition: petition._id, state: 'claimed' },
      ...{ leaseUntil: later(mailWork.lease), at: new Date() },
    });
    await work();
    assert.equal(mails().length, 0);
    assert.ok((await stored(petition))?.mail?.dueAt, 'it is still due, for the sweep');
  });

  it('is sent again when whoever claimed it died, with the same Message-ID', async () => {
    const { petition, work, mails, id } = await sign();
    await work();
    // It died after the mail server had taken the mail and before it could say so.
    await Mailing.updateOne(
      { _id: `confirm:${id}:1` },
      { $set: { state: 'claimed', leaseUntil: later(60) } },
    );
    await Signature.updateOne({ petition: petition._id }, { $set: { 'mail.dueAt': new Date() } });
    await work();
    assert.equal(mails().length, 1, 'its lease has not run out');
    await work(later(61));
    const [first, second] = mails();
    assert.ok(second);
    assert.equal(second.messageId, first?.messageId);
    assert.match(second.messageId ?? '', /^<[0-9a-f]{32}@localhost>$/);
    assert.equal((await mailings(petition))[0]?.attempts, 2);
    assert.equal((await mailings(petition))[0]?.state, 'sent');
  });

  it('has another Message-ID than any other mail', async () => {
    const [one, two] = [await sign(), await sign()];
    await one.work();
    await two.work();
    assert.notEqual(one.mails()[0]?.messageId, two.mails()[0]?.messageId);
  });

  it('is not sent when the signature is gone', async () => {
    const { petition, work, mails } = await sign();
    await Signature.deleteMany({ petition: petition._id });
    await work();
    assert.equal(mails().length, 0);
  });

  it('is not sent to an address that must never be mailed, and that is recorded', async () => {
    const { petition, work, mails, form } = await sign();
    await suppressAddress(platform.vault.emailKeyOf(form.email ?? '') ?? '', 'all', 'erased');
    await work();
    assert.equal(mails().length, 0);
    assert.equal((await mailings(petition))[0]?.state, 'suppressed');
    assert.equal((await stored(petition))?.mail?.dueAt, undefined);
  });
});

describe('a mail server', () => {
  it('that refuses for now is asked again, and the mail goes out once', async () => {
    const { petition, work, mails } = await sign();
    world.mailbox.behave('refuses for now');
    await assert.rejects(work(), MailDeferred);
    const [deferred] = await mailings(petition);
    assert.equal(deferred?.state, 'deferred');
    assert.equal(deferred?.reason, '450');
    assert.ok((await stored(petition))?.mail?.dueAt);
    world.mailbox.behave('takes');
    await work();
    assert.equal(mails().length, 1);
    assert.equal((await mailings(petition))[0]?.state, 'sent');
    assert.equal((await mailings(petition))[0]?.attempts, 2);
  });

  it('that refuses for good is not asked again; what it said is recorded without the address', async () => {
    const { petition, work, mails, form } = await sign();
    world.mailbox.behave('refuses for good');
    const before = world.mailbox.attempts;
    await work();
    await work();
    assert.equal(world.mailbox.attempts, before + 1);
    const [mailing] = await mailings(petition);
    assert.equal(mailing?.state, 'failed');
    assert.equal(mailing?.reason, '550');
    assert.ok(!JSON.stringify(mailing).includes(form.email ?? ''));
    assert.equal((await stored(petition))?.mail?.dueAt, undefined);
    assert.equal((await stored(petition))?.state, 'pending');
    assert.equal(mails().length, 0);
  });

  it('that hangs is given up after its time, and asked again', async () => {
    const { petition, work, mails } = await sign();
    world.mailbox.behave('hangs');
    const begun = Date.now();
    await assert.rejects(work(), MailDeferred);
    assert.ok(Date.now() - begun < 8_000, 'it took too long');
    assert.equal((await mailings(petition))[0]?.state, 'deferred');
    world.mailbox.behave('takes');
    await work();
    assert.equal(mails().length, 1);
  });

  it('that is not there is asked again', async () => {
    const { petition, id } = await sign();
    const nowhere = createMailer({ ...world.env, SMTP_URL: 'smtp://127.0.0.1:1' });
    const tools = { ...platform, mailer: nowhere, views: createViews() };
    await assert.rejects(sendDueMail(tools, id), (error: Error) => {
      assert.ok(error instanceof MailDeferred);
      assert.match(error.message, /ECONN|ESOCKET/);
      return true;
    });
    assert.equal((await mailings(petition))[0]?.state, 'deferred');
    nowhere.close();
  });

  it('is never told in an error whom the mail was for', async () => {
    const { work, form } = await sign();
    world.mailbox.behave('refuses for now');
    await assert.rejects(
      work(),
      (error: Error) => !`${error.message}${error.stack}`.includes(form.email ?? ''),
    );
  });
});

describe('without a mail server', () => {
  it('the mail is kept as a file, the same one however often it is tried', async () => {
    const { id } = await sign();
    const outbox = createMailer({ ...world.env, SMTP_URL: undefined });
    const tools = { ...platform, mailer: outbox, views: createViews() };
    await sendDueMail(tools, id);
    await Mailing.updateOne({ _id: `confirm:${id}:1` }, { $set: { state: 'deferred' } });
    await Signature.updateOne({ _id: id }, { $set: { 'mail.dueAt': new Date() } });
    await sendDueMail(tools, id);
    const list = await (await visitor(world).get('/dev/outbox')).text();
    const found = [...list.matchAll(/href="(\/dev\/outbox\/[^"]+)"/g)].map(([, path]) => path ?? '');
    assert.equal(found.length, 1);
    const mail = await (await visitor(world).get(found[0] ?? '')).text();
    assert.match(mail, /\/confirm\/[\w-]{43}/);
    const html = await visitor(world).get(`${found[0]}/html`);
    assert.match(html.headers.get('content-security-policy') ?? '', /default-src 'none'.*sandbox/);
    assert.match(await html.text(), /Confirm my signature/);
    for (const path of ['/dev/outbox/..%2fkeys', '/dev/outbox/x', `/dev/outbox/${'a'.repeat(32)}`])
      assert.equal((await visitor(world).get(path)).status, 404);
  });
});
