import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { mailAgainAfter } from '../../config/limits.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { parseSignatureForm, type SignatureForm } from '../../server/signatures/form.ts';
import { signPetition } from '../../server/signatures/sign.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { openPlatform } from '../support/platform.ts';
import { signAndConfirm, signAndOpenMail } from '../support/signer.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await startWorld({ env: { TRUST_PROXY: '1' } });
});
after(() => world.close());

const of = (petition: Petition) => Signature.find({ petition: petition._id }).lean();
const somebody = (n: number) => visitor(world, { 'x-forwarded-for': `198.51.100.${n}` });

/** All of a response that a stranger can see, apart from what differs between any two. */
async function seen(response: Response) {
  const headers = Object.fromEntries(response.headers);
  for (const name of ['x-request-id', 'date']) delete headers[name];
  return { status: response.status, headers, body: await response.text() };
}

/** Makes the last mail as old as the time after which the same address is mailed again. */
const letTimePass = (petition: Petition, seconds: number) =>
  Signature.updateMany(
    { petition: petition._id },
    { $set: { 'mail.requestedAt': new Date(Date.now() - seconds * 1000 - 1000) } },
  );

function read(form: Record<string, string>): SignatureForm {
  const parsed = parseSignatureForm(form);
  if (parsed.outcome !== 'read') throw new Error('The form is not right');
  return parsed.form;
}

/** Every mail work of the petition is done. */
const mailsAreOut = (petition: Petition) =>
  eventually(
    async () =>
      (await Signature.countDocuments({ petition: petition._id, 'mail.dueAt': { $exists: true } })) === 0,
    'the mails are out',
  );

describe('the same address again', () => {
  it("Sam signs with Suzie's address and learns nothing; Suzie learns of it", async () => {
    const petition = await makePetition();
    const suzie = makeForm({ name: 'Suzie Example' });
    await signAndConfirm(world, petition.slug, suzie);
    await eventually(async () => (await visitor(world).count(petition.slug)) === 1, 'Suzie is counted');
    await letTimePass(petition, mailAgainAfter.duplicate);
    const was = (await of(petition))[0];

    const asSuzie = { ...suzie, name: 'Sam Sneaky', comment: 'I am not Suzie', showName: 'on' };
    const sam = await seen(await somebody(1).sign(petition.slug, asSuzie));
    const stranger = await seen(await somebody(2).sign(petition.slug, makeForm()));
    assert.deepEqual(sam, stranger);
    assert.equal(sam.status, 303);

    const mail = await world.mailbox.mailTo(suzie.email ?? '', 2);
    assert.match(mail.subject ?? '', /^You had already signed/);
    assert.match(mail.text ?? '', /Hello Suzie Example,/);
    assert.doesNotMatch(mail.raw, /Sam Sneaky|not Suzie|\/confirm\//);
    const is = (await of(petition)).find(({ emailKey }) => emailKey === was?.emailKey);
    const besides = { mail: undefined, recount: false };
    assert.deepEqual({ ...is, ...besides }, { ...was, ...besides }, 'nothing of hers has changed');
    assert.equal(await visitor(world).count(petition.slug), 1);
  });

  const spellings = [
    ['quill.feather+a@gmail.com', 'QuillFeather@GoogleMail.com'],
    ['wren@bücher.example', 'WREN@xn--bcher-kva.example'],
    ['finch+1@outlook.com', 'FINCH@outlook.com'],
  ] as const;
  for (const [first, second] of spellings) {
    it(`is one signature when ${first} comes back as ${second}`, async () => {
      const petition = await makePetition();
      assert.equal((await somebody(3).sign(petition.slug, makeForm({ email: first }))).status, 303);
      assert.equal((await somebody(4).sign(petition.slug, makeForm({ email: second }))).status, 303);
      assert.equal((await of(petition)).length, 1);
    });
  }

  it('is one signature for each petition', async () => {
    const [one, two] = [await makePetition(), await makePetition()];
    const form = makeForm();
    await signAndOpenMail(world, one.slug, form);
    await signAndOpenMail(world, two.slug, form);
    assert.equal((await of(one)).length, 1);
    assert.equal((await of(two)).length, 1);
  });

  it('while the first mail is waited for takes the newer details, and the same link confirms them', async () => {
    const petition = await makePetition();
    const form = makeForm({ name: 'Robin Tpyo', postalCode: 'K1A 0B1' });
    const { confirm } = await signAndOpenMail(world, petition.slug, form);
    const { email = '' } = form;
    await somebody(5).sign(
      petition.slug,
      makeForm({ email, name: 'Robin Right', showName: 'on', region: 'ON' }),
    );
    assert.equal((await visitor(world).post(confirm)).status, 303);
    await eventually(async () => {
      const html = await (await visitor(world).get(`/petitions/${petition.slug}`)).text();
      return html.includes('Robin Right') && !html.includes('Tpyo');
    }, 'the right name is shown');
    assert.equal((await of(petition)).length, 1);
  });

  it('is mailed once however often it is sent within a minute, and again after it', async () => {
    const petition = await makePetition();
    const form = makeForm();
    await signAndOpenMail(world, petition.slug, form);
    for (let n = 0; n < 3; n += 1) await somebody(6).sign(petition.slug, form);
    await mailsAreOut(petition);
    assert.equal(world.mailbox.to(form.email ?? '').length, 1);

    await letTimePass(petition, mailAgainAfter.confirm);
    const { mail } = await signAndOpenMail(world, petition.slug, form);
    assert.match(mail.subject ?? '', /^Confirm your signature/);
    assert.equal((await of(petition))[0]?.mail?.n, 2);
  });

  it('is told once a day that it had signed, not more', async () => {
    const petition = await makePetition();
    const form = makeForm();
    await signAndConfirm(world, petition.slug, form);
    for (let n = 0; n < 3; n += 1) await somebody(7).sign(petition.slug, form);
    await mailsAreOut(petition);
    assert.equal(world.mailbox.to(form.email ?? '').length, 1);
  });

  it('after withdrawing is a new start: pending, with a mail at once', async () => {
    const petition = await makePetition();
    const form = makeForm();
    const { manage } = await signAndConfirm(world, petition.slug, form);
    await eventually(async () => (await visitor(world).count(petition.slug)) === 1, 'counted');
    await visitor(world).post(`${manage}/withdrawal`);
    await eventually(async () => (await visitor(world).count(petition.slug)) === 0, 'taken off the count');

    const { mail, confirm } = await signAndOpenMail(world, petition.slug, { ...form, name: 'Robin Again' });
    assert.match(mail.subject ?? '', /^Confirm your signature/);
    assert.match(mail.text ?? '', /Hello Robin Again/);
    assert.equal((await of(petition))[0]?.state, 'pending');
    await visitor(world).post(confirm);
    await eventually(async () => (await visitor(world).count(petition.slug)) === 1, 'counted again');
  });

  it('marked invalid by an organizer stays so, and sees what everybody sees', async () => {
    const petition = await makePetition();
    const form = makeForm();
    await signAndConfirm(world, petition.slug, form);
    await Signature.updateOne({ petition: petition._id }, { $set: { state: 'invalidated', recount: true } });
    const [again, stranger] = [
      await seen(await somebody(8).sign(petition.slug, form)),
      await seen(await somebody(8).sign(petition.slug, makeForm())),
    ];
    assert.deepEqual(again, stranger);
    assert.equal((await of(petition)).filter(({ state }) => state === 'invalidated').length, 1);
  });
});

describe('at the same instant', () => {
  it('six spellings of an address among fourteen others: one signature, one mail, and the same answer to all', async () => {
    const petition = await makePetition();
    const form = makeForm({ email: 'same.instant+0@gmail.com' });
    const tries = Array.from({ length: 6 }, (_, n) => ({ ...form, email: `same.in.stant+${n}@gmail.com` }));
    const others = Array.from({ length: 14 }, () => makeForm());
    const answers = await Promise.all(
      [...tries, ...others].map(async (each, n) => seen(await somebody(10 + n).sign(petition.slug, each))),
    );
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    assert.equal(answers[0]?.status, 303);
    assert.equal((await of(petition)).length, 1 + others.length);
    await mailsAreOut(petition);
    const mails = world.mailbox.mails.filter(({ recipient }) => recipient.startsWith('same.in.stant'));
    assert.equal(mails.length, 1);
  });

  it('twenty times one address is one signature and one mail, beyond what the limits let through', async () => {
    const petition = await makePetition();
    const platform = await openPlatform(world);
    const { email = '' } = makeForm();
    const form = read(makeForm({ email }));
    const circumstances = { ip: '192.0.2.1', page: `/petitions/${petition.slug}`, language: 'en' as const };
    await Promise.all(
      Array.from({ length: 20 }, () => signPetition(platform, petition, form, circumstances)),
    );
    assert.equal((await of(petition)).length, 1);
    await world.mailbox.mailTo(email);
    await mailsAreOut(petition);
    assert.equal(world.mailbox.to(email).length, 1);
    await platform.close();
  });
});
