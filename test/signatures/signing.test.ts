import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type mongoose from 'mongoose';
import { calendarDay } from '../../server/locales.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { Tally } from '../../server/tallies/tally.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { textOf } from '../support/page.ts';
import { signAndConfirm, signAndOpenMail } from '../support/signer.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.close());

const stored = (petition: { _id: mongoose.Types.ObjectId }) =>
  Signature.find({ petition: petition._id }).lean();
const counted = (slug: string, count: number) =>
  eventually(async () => (await visitor(world).count(slug)) === count, `a count of ${count}`);

describe('Robin signs a petition', () => {
  it('and is asked to look into the mailbox; nothing is counted yet', async () => {
    const petition = await makePetition();
    const form = makeForm();
    const response = await visitor(world).sign(petition.slug, form);
    assert.equal(response.status, 303);
    assert.equal(response.headers.get('location'), `/petitions/${petition.slug}/check-your-email`);
    assert.equal(response.headers.get('set-cookie'), null);
    const [signature, ...more] = await stored(petition);
    assert.equal(more.length, 0);
    assert.equal(signature?.state, 'pending');
    const page = await visitor(world).get(response.headers.get('location') ?? '');
    assert.match(textOf(await page.text()), /Now check your e-mail/);
    await world.mailbox.mailTo(form.email ?? '');
    assert.equal(await visitor(world).count(petition.slug), 0);
  });

  it('gets a mail that says who writes and why, in words and in HTML', async () => {
    const petition = await makePetition();
    const form = makeForm({ name: 'Robin $t(site.petitions) {{siteName}}' });
    const { mail } = await signAndOpenMail(world, petition.slug, form);
    assert.match(mail.subject ?? '', /^Confirm your signature: Keep the/);
    assert.deepEqual(mail.from, { name: 'Larkmere Neighbours', address: 'petitions@localhost' });
    for (const body of [mail.text ?? '', textOf(mail.html ?? '')]) {
      assert.ok(body.includes('Hello Robin $t(site.petitions) {{siteName}},'), body);
      assert.match(body, /Larkmere Neighbours, 1 Example Street, Larkmere/);
      assert.match(body, /Unsubscribe/);
    }
    assert.match(mail.html ?? '', /<a href="http[^"]*\/confirm\/[^"]{43}"/);
  });

  it('opens the link, which changes nothing, then presses the button and is counted', async () => {
    const petition = await makePetition({ timeZone: 'America/Toronto' });
    const form = makeForm({
      region: 'ontario',
      postalCode: 'K1A 0B1',
      ref: 'WhatsApp',
      comment: 'For the ducks.',
    });
    const { confirm } = await signAndOpenMail(world, petition.slug, form);

    const page = await visitor(world).get(confirm);
    assert.equal(page.status, 200);
    assert.match(textOf(await page.text()), /Confirm your signature.*Nothing\. You are counted/);
    assert.equal((await stored(petition))[0]?.state, 'pending');

    const pressed = await visitor(world).post(confirm);
    assert.equal(pressed.status, 303);
    assert.equal(pressed.headers.get('location'), `/petitions/${petition.slug}/signed`);
    await counted(petition.slug, 1);

    const [signature] = await stored(petition);
    assert.equal(signature?.state, 'confirmed');
    const day = calendarDay(signature?.confirmedAt ?? new Date(0), 'America/Toronto');
    const tally = await Tally.findById(petition._id).lean();
    assert.equal(tally?.confirmed, 1);
    assert.deepEqual(tally?.days, { [day]: 1 });
    assert.deepEqual(tally?.regions, { 'CA-ON': 1 });
    assert.deepEqual(tally?.sources, { whatsapp: 1 });
    await eventually(
      async () => (await Tally.findById(petition._id).lean())?.batch === null,
      'the batch is done',
    );

    const signed = textOf(await (await visitor(world).get(`/petitions/${petition.slug}/signed`)).text());
    assert.match(signed, /Thank you\. You are counted\..*1 signature/);
    const count = await (await visitor(world).get(`/petitions/${petition.slug}/count.json`)).json();
    assert.deepEqual(Object.keys(count as object).toSorted(), ['count', 'goal', 'phase', 'updatedAt']);
  });

  it('is named in public only with a tick, and then with place and reason', async () => {
    const petition = await makePetition();
    const shown = { name: 'Robin Shown', showName: 'on', region: 'QC', comment: 'The ducks & I' };
    await signAndConfirm(world, petition.slug, makeForm(shown));
    await signAndConfirm(world, petition.slug, makeForm({ name: 'Suzie Hidden', comment: 'Secret reason' }));
    await signAndOpenMail(world, petition.slug, makeForm({ name: 'Pat Pending', showName: 'on' }));
    const html = await (await visitor(world).get(`/petitions/${petition.slug}`)).text();
    assert.match(textOf(html), /Robin Shown Quebec The ducks & I/);
    assert.doesNotMatch(html, /Suzie Hidden|Secret reason|Pat Pending/);
  });

  it('signs in French and is written to in French', async () => {
    const texts = {
      en: { title: 'The bus', addressedTo: 'x', summary: 'x', body: 'x' },
      fr: { title: 'Le bus', addressedTo: 'x', summary: 'x', body: 'x' },
    };
    const petition = await makePetition({ texts });
    const form = makeForm({ lang: 'fr' });
    const { mail, confirm } = await signAndOpenMail(world, petition.slug, form);
    assert.match(mail.subject ?? '', /Le bus/);
    assert.match(mail.text ?? '', /^Bonjour Robin Example,/);
    assert.match(await (await visitor(world).get(confirm)).text(), /<html lang="fr">/);
    const pressed = await visitor(world).post(confirm);
    assert.equal(pressed.headers.get('location'), `/petitions/${petition.slug}/signed?lang=fr`);
  });

  it('signs from a mailbox that anybody can read: confirmed, but held until somebody has looked', async () => {
    const petition = await makePetition();
    await signAndConfirm(
      world,
      petition.slug,
      makeForm({ name: 'Harriet Held', email: `x${Date.now()}@mailinator.com`, showName: 'on' }),
    );
    await signAndConfirm(world, petition.slug, makeForm());
    await counted(petition.slug, 1);
    assert.doesNotMatch(
      await (await visitor(world).get(`/petitions/${petition.slug}`)).text(),
      /Harriet Held/,
    );
    const states = (await stored(petition)).map(({ state }) => state);
    assert.deepEqual(states.toSorted(), ['confirmed', 'held']);
  });
});

describe('consent', () => {
  it('is unticked, and signing works without it', async () => {
    const petition = await makePetition();
    const html = await (await visitor(world).get(`/petitions/${petition.slug}`)).text();
    for (const [tag] of html.matchAll(/<input type="checkbox"[^>]*>/g)) assert.doesNotMatch(tag, /checked/);
    assert.equal([...html.matchAll(/<input type="checkbox"[^>]*>/g)].length, 2);
    await visitor(world).sign(petition.slug, makeForm());
    const [signature] = await stored(petition);
    assert.equal(signature?.updates, false);
    assert.deepEqual(
      signature?.consent.map(({ to }) => to),
      ['signing'],
    );
  });

  it('is kept as evidence: the words that were shown, their version, when and where', async () => {
    const petition = await makePetition();
    const html = await (await visitor(world).get(`/petitions/${petition.slug}`)).text();
    const version = /name="consentVersion" value="([^"]+)"/.exec(html)?.[1] ?? '';
    const earliest = Date.now();
    await visitor(world).sign(petition.slug, makeForm({ updates: 'on', consentVersion: version }));
    const [signature] = await stored(petition);
    assert.equal(signature?.updates, true);
    assert.deepEqual(
      signature?.consent.map(({ to }) => to),
      ['signing', 'updates'],
    );
    for (const consent of signature?.consent ?? []) {
      assert.equal(consent.version, version);
      assert.equal(consent.page, `/petitions/${petition.slug}`);
      assert.ok(textOf(html).includes(consent.wording ?? 'no wording'), 'the words were on the page');
      assert.ok((consent.at?.getTime() ?? 0) >= earliest);
    }
  });

  it('to other words than the present ones is no consent to updates', async () => {
    const petition = await makePetition();
    await visitor(world).sign(petition.slug, makeForm({ updates: 'on', consentVersion: 'older-words' }));
    const [signature] = await stored(petition);
    assert.equal(signature?.updates, false);
    assert.deepEqual(
      signature?.consent.map(({ to }) => to),
      ['signing'],
    );
  });
});
