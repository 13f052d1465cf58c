import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { Suppression } from '../../server/signers/suppression.ts';
import { Tally } from '../../server/tallies/tally.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { textOf } from '../support/page.ts';
import { signAndConfirm, signAndOpenMail } from '../support/signer.ts';
import { openStage } from '../support/stage.ts';
import { visitor } from '../support/visitor.ts';
import { eventually } from '../support/world.ts';

const { world, platform } = await openStage();

const of = async (petition: Petition) => Signature.findOne({ petition: petition._id }).lean<Signature>();
const open = async (path: string, method = 'GET') => {
  const response = await visitor(world).request(path, { method });
  return { status: response.status, headers: response.headers, html: await response.text() };
};
const counted = (slug: string, count: number) =>
  eventually(async () => (await visitor(world).count(slug)) === count, `a count of ${count}`);

const details = {
  ...{
    name: 'Zebedee Example',
    country: 'GB',
    region: 'Quillshire',
    postalCode: 'ZQ99 7XY',
    comment: 'My <i>pond',
  },
  ...{ showName: 'on', updates: 'on', ref: 'stall' },
};

describe("a signer's own page, from the link in any mail", () => {
  it('shows all that is held, to nobody else', async () => {
    const petition = await makePetition();
    const form = makeForm(details);
    const { manage } = await signAndConfirm(world, petition.slug, form);
    const { status, html, headers } = await open(manage);
    assert.equal(status, 200);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('referrer-policy'), 'same-origin');
    assert.match(html, /<meta name="robots" content="noindex">/);
    const text = textOf(html);
    for (const held of [
      'Zebedee Example',
      form.email ?? '',
      'ZQ99 7XY',
      'Quillshire',
      'My <i>pond',
      'Confirmed',
    ])
      assert.ok(text.includes(held), `${held} is missing`);
    assert.match(text, /What you agreed to.*By signing, I agree.*may e-mail me updates/);
    for (const path of ['/signatures/x', `/signatures/${'A'.repeat(43)}`])
      assert.equal((await open(path)).status, 404);
  });

  it('is not opened by a confirmation link, nor by one to unsubscribe', async () => {
    const petition = await makePetition();
    const { confirm, unsubscribe } = await signAndOpenMail(world, petition.slug, makeForm());
    for (const link of [confirm, unsubscribe]) {
      const path = `/signatures/${link.split('/')[2]}`;
      assert.equal((await open(path)).status, 404);
      for (const verb of ['withdrawal', 'hidden-name', 'erasure', 'download'])
        assert.equal((await open(`${path}/${verb}`, 'POST')).status, 404);
    }
    assert.equal((await of(petition))?.state, 'pending');
  });

  it('gives it all as a file', async () => {
    const petition = await makePetition();
    const form = makeForm(details);
    const { manage } = await signAndConfirm(world, petition.slug, form);
    const { status, html, headers } = await open(`${manage}/download`, 'POST');
    assert.equal(status, 200);
    assert.match(headers.get('content-disposition') ?? '', /^attachment; filename="?my-signature\.json/);
    assert.equal(headers.get('cache-control'), 'no-store');
    const data = JSON.parse(html);
    assert.equal(data.email, form.email);
    assert.equal(data.petition, `${world.env.BASE_URL}/petitions/${petition.slug}`);
    for (const [name, value] of Object.entries({
      name: 'Zebedee Example',
      postalCode: 'ZQ99 7XY',
      source: 'stall',
    }))
      assert.equal(data[name], value);
    assert.equal(data.ip, '127.0.0.1', 'the network address is held too');
    assert.equal(data.consent.length, 2);
  });

  it('changes nothing by being looked at', async () => {
    const petition = await makePetition();
    const { manage } = await signAndConfirm(world, petition.slug, makeForm(details));
    await counted(petition.slug, 1);
    const settled = () => Signature.findOne({ petition: petition._id, recount: { $exists: false } }).lean();
    const was = await eventually(settled, 'the tally is done');
    for (const verb of ['', '/withdrawal', '/hidden-name', '/erasure', '/download', '?done=withdrawn'])
      for (const method of ['GET', 'HEAD']) await open(manage + verb, method);
    assert.deepEqual(await of(petition), was);
  });
});

describe('a signer changes their mind', () => {
  it('about the name: it goes from the page, the signature stays', async () => {
    const petition = await makePetition();
    const { manage } = await signAndConfirm(world, petition.slug, makeForm(details));
    await counted(petition.slug, 1);
    assert.match((await open(`/petitions/${petition.slug}`)).html, /Zebedee Example/);
    const { status, headers } = await open(`${manage}/hidden-name`, 'POST');
    assert.equal(status, 303);
    assert.match((await open(headers.get('location') ?? '')).html, /Your name is no longer shown/);
    assert.doesNotMatch((await open(`/petitions/${petition.slug}`)).html, /Zebedee|My &lt;i/);
    assert.equal(await visitor(world).count(petition.slug), 1);
  });

  it('about signing: the count goes down in every breakdown, once', async () => {
    const petition = await makePetition();
    const { manage } = await signAndConfirm(world, petition.slug, makeForm(details));
    await counted(petition.slug, 1);
    const { status, headers } = await open(`${manage}/withdrawal`, 'POST');
    assert.equal(status, 303);
    assert.match((await open(headers.get('location') ?? '')).html, /Your signature is withdrawn/);
    await counted(petition.slug, 0);
    await open(`${manage}/withdrawal`, 'POST');
    await eventually(
      async () => (await Signature.countDocuments({ petition: petition._id, recount: true })) === 0,
      'nothing is left to count',
    );
    const tally = await Tally.findById(petition._id).lean();
    assert.equal(tally?.confirmed, 0);
    for (const sums of [tally?.days, tally?.regions, tally?.sources])
      assert.deepEqual([...new Set(Object.values(sums ?? {}))], [0]);
    const signature = await of(petition);
    assert.equal(signature?.state, 'withdrawn');
    assert.equal(signature?.history.at(-1)?.to, 'withdrawn');
    assert.equal(signature?.updates, false);
    assert.doesNotMatch((await open(`/petitions/${petition.slug}`)).html, /Zebedee/);
  });
});

describe('a signer whose signature was invalidated', () => {
  it('is told so, is offered no withdrawal, and cannot sign again by way of one', async () => {
    const petition = await makePetition();
    const { manage } = await signAndConfirm(world, petition.slug, makeForm(details));
    await Signature.updateOne({ petition: petition._id }, { $set: { state: 'invalidated', recount: true } });
    const { html } = await open(manage);
    assert.match(html, /Marked as invalid by the organizers/);
    assert.doesNotMatch(html, /\/withdrawal/);
    const { headers } = await open(`${manage}/withdrawal`, 'POST');
    assert.doesNotMatch((await open(headers.get('location') ?? '')).html, /Your signature is withdrawn/);
    assert.equal((await of(petition))?.state, 'invalidated');
  });
});

describe('a signer asks to be forgotten', () => {
  it('and is: no personal field is left, the anonymous count is', async () => {
    const petition = await makePetition();
    const form = makeForm(details);
    const { manage } = await signAndConfirm(world, petition.slug, form);
    await counted(petition.slug, 1);
    const emailKey = platform.vault.emailKeyOf(form.email ?? '') ?? '';
    const { status, html } = await open(`${manage}/erasure`, 'POST');
    assert.equal(status, 200);
    assert.match(textOf(html), /Your details are erased/);

    const signature = await of(petition);
    assert.equal(signature?.emailKey, `erased:${signature?._id.toHexString()}`);
    const left = Object.keys(signature ?? {});
    for (const field of ['sealed', 'ipAt', 'source']) assert.ok(!left.includes(field), `${field} is left`);
    assert.deepEqual(signature?.consent, []);
    assert.equal(signature?.showName, false);
    assert.equal(signature?.state, 'confirmed');
    assert.ok(!JSON.stringify(signature).includes(emailKey), 'the hash of the address is gone from it');
    assert.equal(await visitor(world).count(petition.slug), 1);
    assert.doesNotMatch((await open(`/petitions/${petition.slug}`)).html, /Zebedee/);
    assert.equal((await open(manage)).status, 404, 'the link leads nowhere any more');
    assert.equal((await Suppression.findById(emailKey).lean())?.scope, 'all');
  });

  it('and gets no mail ever again, from this petition or another, even when somebody signs with the address', async () => {
    const petition = await makePetition();
    const form = makeForm(details);
    const { manage } = await signAndConfirm(world, petition.slug, form);
    assert.equal((await open(`${manage}/erasure`, 'POST')).status, 200);
    const mails = world.mailbox.to(form.email ?? '').length;
    const another = await makePetition();
    for (const { slug } of [petition, another])
      assert.equal((await visitor(world).sign(slug, { ...form, updates: '' })).status, 303);
    await eventually(
      async () => (await Signature.countDocuments({ 'mail.dueAt': { $exists: true } })) === 0,
      'the mail work is done',
    );
    assert.equal(world.mailbox.to(form.email ?? '').length, mails);
    assert.equal(await visitor(world).count(another.slug), 0);
  });

  it('before confirming: the signature goes entirely', async () => {
    const petition = await makePetition();
    const { manage } = await signAndOpenMail(world, petition.slug, makeForm(details));
    assert.equal((await open(`${manage}/erasure`, 'POST')).status, 200);
    assert.equal(await of(petition), null);
    assert.equal((await open(manage)).status, 404);
  });

  it('the moment after confirming: still counted, as nobody', async () => {
    const petition = await makePetition();
    const { manage } = await signAndOpenMail(world, petition.slug, makeForm(details));
    await Signature.updateOne(
      { petition: petition._id },
      { $set: { state: 'confirmed', confirmedAt: new Date(), recount: true } },
    );
    assert.equal((await open(`${manage}/erasure`, 'POST')).status, 200);
    platform.queues.enqueue('tally', { petitionId: petition._id.toHexString() });
    await counted(petition.slug, 1);
  });
});
