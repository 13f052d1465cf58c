import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { mailAgainAfter } from '../../config/limits.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { linkIn } from '../support/mailbox.ts';
import { errorAt, textOf, valueIn } from '../support/page.ts';
import { signAndConfirm, signAndOpenMail } from '../support/signer.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await startWorld({ env: { TRUST_PROXY: '1' } });
});
after(() => world.close());

let people = 0;
const somebody = () => {
  people += 1;
  return visitor(world, { 'x-forwarded-for': `198.51.100.${people}` });
};

const letAMinutePass = (email: string | undefined) =>
  Signature.updateMany(
    { 'mail.requestedAt': { $exists: true } },
    { $set: { 'mail.requestedAt': new Date(Date.now() - (mailAgainAfter.confirm + 1) * 1000) } },
  ).then(() => world.mailbox.to(email ?? '').length);

const nothingIsDue = () =>
  eventually(
    async () => (await Signature.countDocuments({ 'mail.dueAt': { $exists: true } })) === 0,
    'the mails are out',
  );

async function answer(response: Response) {
  return { status: response.status, location: response.headers.get('location'), body: await response.text() };
}

describe('asking for the mail once more, from the page after signing', () => {
  it('sends it again, with the same link', async () => {
    const petition = await makePetition();
    const form = makeForm();
    const { confirm } = await signAndOpenMail(world, petition.slug, form);
    await letAMinutePass(form.email);
    const response = await somebody().post(`/petitions/${petition.slug}/confirmations`, {
      email: form.email ?? '',
    });
    assert.equal(response.status, 303);
    assert.equal(response.headers.get('location'), `/petitions/${petition.slug}/check-your-email?sent=1`);
    const again = await world.mailbox.mailTo(form.email ?? '', 2);
    assert.equal(linkIn(again, 'confirm'), confirm);
    const page = await (await visitor(world).get(response.headers.get('location') ?? '')).text();
    assert.match(textOf(page), /If a signature with this address is waiting, the mail is on its way again/);
  });

  it('is throttled: within a minute nothing goes out, and the page says the same', async () => {
    const petition = await makePetition();
    const form = makeForm();
    await signAndOpenMail(world, petition.slug, form);
    const path = `/petitions/${petition.slug}/confirmations`;
    assert.equal((await somebody().post(path, { email: form.email ?? '' })).status, 303);
    await nothingIsDue();
    assert.equal(world.mailbox.to(form.email ?? '').length, 1);
  });

  it('reveals nothing: whoever waits, whoever was counted and whoever never signed get one answer', async () => {
    const petition = await makePetition();
    const [waiting, counted, stranger] = [makeForm(), makeForm(), makeForm()];
    await signAndOpenMail(world, petition.slug, waiting);
    await signAndConfirm(world, petition.slug, counted);
    const path = `/petitions/${petition.slug}/confirmations`;
    const ask = async ({ email = '' }) => answer(await somebody().post(path, { email }));
    const answers = [await ask(waiting), await ask(counted), await ask(stranger)];
    assert.deepEqual(answers[0], answers[2]);
    assert.deepEqual(answers[1], answers[2]);
    await nothingIsDue();
    assert.equal(world.mailbox.to(stranger.email ?? '').length, 0);
    assert.equal(await Signature.countDocuments({ petition: petition._id }), 2);
  });

  it('needs an address: 422, a message there, and what was typed', async () => {
    const petition = await makePetition();
    for (const [email, message] of [
      ['', /Enter your e-mail/],
      ['robin@', /should look like/],
    ] as const) {
      const response = await somebody().post(`/petitions/${petition.slug}/confirmations`, { email });
      const html = await response.text();
      assert.equal(response.status, 422);
      assert.match(errorAt(html, 'email') ?? 'no message', message);
      assert.equal(valueIn(html, 'email'), email);
    }
  });

  it('on an unknown petition is 404, by GET 405', async () => {
    const { email = '' } = makeForm();
    assert.equal(
      (await somebody().post('/petitions/nothing-of-the-kind/confirmations', { email })).status,
      404,
    );
    const petition = await makePetition();
    assert.equal((await somebody().get(`/petitions/${petition.slug}/confirmations`)).status, 405);
  });
});

describe('asking for new links, by whoever lost the petition too', () => {
  it('sends one for each petition that waits, and none for those confirmed', async () => {
    const [one, two, done] = [await makePetition(), await makePetition(), await makePetition()];
    const form = makeForm();
    const first = await signAndOpenMail(world, one.slug, form);
    const second = await signAndOpenMail(world, two.slug, form);
    await signAndConfirm(world, done.slug, form);
    const before = await letAMinutePass(form.email);
    assert.equal(before, 3);

    const response = await somebody().post('/confirmations', { email: form.email?.toUpperCase() ?? '' });
    assert.equal(response.status, 303);
    assert.equal(response.headers.get('location'), '/confirmations?sent=1');
    await world.mailbox.mailTo(form.email ?? '', 5);
    await nothingIsDue();
    const links = world.mailbox
      .to(form.email ?? '')
      .slice(3)
      .map((mail) => linkIn(mail, 'confirm'));
    assert.deepEqual(links.toSorted(), [first.confirm, second.confirm].toSorted());
  });

  it('reveals nothing', async () => {
    const petition = await makePetition();
    const form = makeForm();
    await signAndOpenMail(world, petition.slug, form);
    const ask = async ({ email = '' }) => answer(await somebody().post('/confirmations', { email }));
    assert.deepEqual(await ask(form), await ask(makeForm()));
  });

  it('is a page that helps, in both languages', async () => {
    for (const [query, words] of [
      ['', /Get a new link.*E-mail address/],
      ['?lang=fr', /courriel|e-mail/i],
    ] as const) {
      const response = await somebody().get(`/confirmations${query}`);
      assert.equal(response.status, 200);
      assert.match(textOf(await response.text()), words);
    }
    const french = await somebody().post('/confirmations', { email: makeForm().email ?? '', lang: 'fr' });
    assert.equal(french.headers.get('location'), '/confirmations?lang=fr&sent=1');
  });

  it('needs an address: 422 and a message there', async () => {
    const response = await somebody().post('/confirmations', { email: 'robin' });
    assert.equal(response.status, 422);
    assert.match(errorAt(await response.text(), 'email') ?? 'no message', /should look like/);
  });
});
