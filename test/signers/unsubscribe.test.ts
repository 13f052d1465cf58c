import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Signature } from '../../server/signatures/signature.ts';
import { mayMail, Suppression } from '../../server/signers/suppression.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { textOf } from '../support/page.ts';
import { signAndConfirm, signAndOpenMail } from '../support/signer.ts';
import { openStage } from '../support/stage.ts';
import { visitor } from '../support/visitor.ts';

const { world, platform } = await openStage();

const keyOf = (form: Record<string, string>) => platform.vault.emailKeyOf(form.email ?? '') ?? '';

/** What a mail program does for its user, by RFC 8058: one POST, no cookie, no redirect. */
const oneClick = (path: string) =>
  fetch(world.url + path, {
    method: 'POST',
    redirect: 'error',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'List-Unsubscribe=One-Click',
  });

describe('unsubscribing with one click (RFC 8058)', () => {
  it('is offered in the head of the mail, by a link of our own', async () => {
    const { slug } = await makePetition();
    const { mail, unsubscribe } = await signAndOpenMail(world, slug, makeForm());
    const header = (name: string) => mail.headers.find(({ key }) => key === name)?.value;
    assert.equal(header('list-unsubscribe'), `<${world.env.BASE_URL}${unsubscribe}>`);
    assert.equal(header('list-unsubscribe-post'), 'List-Unsubscribe=One-Click');
    assert.equal(mail.headers.filter(({ key }) => key === 'list-unsubscribe').length, 1);
  });

  it('needs no cookie and no second page: 200, and updates stop', async () => {
    const petition = await makePetition();
    const form = makeForm({ updates: 'on' });
    const { unsubscribe } = await signAndConfirm(world, petition.slug, form);
    assert.equal(await mayMail(keyOf(form), 'unasked'), true);
    const response = await oneClick(unsubscribe);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('set-cookie'), null);
    assert.match(textOf(await response.text()), /No more mail.*Your signature still counts/);
    assert.equal(await mayMail(keyOf(form), 'unasked'), false);
    const signature = await Signature.findOne({ petition: petition._id }).lean();
    assert.equal(signature?.updates, false);
    assert.equal(signature?.state, 'confirmed');
    const suppression = await Suppression.findById(keyOf(form)).lean();
    assert.equal(suppression?.reason, 'unsubscribed');
    assert.equal(suppression?.scope, 'updates');
  });

  it('changes nothing by GET or HEAD, however often: the page has a button', async () => {
    const petition = await makePetition();
    const form = makeForm({ updates: 'on' });
    const { unsubscribe } = await signAndConfirm(world, petition.slug, form);
    for (let n = 0; n < 20; n += 1) {
      const response = await visitor(world).request(unsubscribe, { method: n % 2 ? 'HEAD' : 'GET' });
      assert.equal(response.status, 200);
      const html = await response.text();
      if (html) assert.ok(html.includes(`<form method="post" action="${unsubscribe}">`));
    }
    assert.equal(await mayMail(keyOf(form), 'unasked'), true);
    assert.equal((await Signature.findOne({ petition: petition._id }).lean())?.updates, true);
  });

  it('twice, or at the same instant, is the same as once', async () => {
    const petition = await makePetition();
    const form = makeForm();
    const { unsubscribe } = await signAndConfirm(world, petition.slug, form);
    const answers = await Promise.all([1, 2, 3, 4].map(() => oneClick(unsubscribe)));
    for (const { status } of answers) assert.equal(status, 200);
    assert.equal((await oneClick(unsubscribe)).status, 200);
    assert.equal(await Suppression.countDocuments({ _id: keyOf(form) }), 1);
  });

  it('never loosens what was asked for before: a person who was erased stays unmailed', async () => {
    const [one, two] = [await makePetition(), await makePetition()];
    const form = makeForm();
    const first = await signAndConfirm(world, one.slug, form);
    const second = await signAndConfirm(world, two.slug, form);
    assert.equal((await oneClick(first.unsubscribe)).status, 200);
    assert.equal((await visitor(world).post(`${first.manage}/erasure`)).status, 200);
    assert.equal((await oneClick(second.unsubscribe)).status, 200);
    assert.equal((await Suppression.findById(keyOf(form)).lean())?.scope, 'all');
    assert.equal(await mayMail(keyOf(form), 'asked'), false);
  });

  it('still lets the mail through that somebody asks for by signing', async () => {
    const [one, two] = [await makePetition(), await makePetition()];
    const form = makeForm();
    const { unsubscribe } = await signAndConfirm(world, one.slug, form);
    await oneClick(unsubscribe);
    const { mail } = await signAndOpenMail(world, two.slug, form);
    assert.match(mail.subject ?? '', /^Confirm your signature/);
  });

  it('answers 200 where the signature is gone, for there is nothing to stop', async () => {
    const petition = await makePetition();
    const { unsubscribe, manage } = await signAndOpenMail(world, petition.slug, makeForm());
    await visitor(world).post(`${manage}/erasure`);
    assert.equal((await oneClick(unsubscribe)).status, 200);
  });

  it('does not know links that we never made, nor those for something else', async () => {
    const petition = await makePetition();
    const form = makeForm();
    const { confirm, manage } = await signAndOpenMail(world, petition.slug, form);
    for (const token of ['x', 'A'.repeat(43), confirm.split('/')[2], manage.split('/')[2]]) {
      assert.equal((await oneClick(`/unsubscribe/${token}`)).status, 404);
      assert.equal((await visitor(world).get(`/unsubscribe/${token}`)).status, 404);
    }
    assert.equal(await mayMail(keyOf(form), 'unasked'), true);
  });
});
