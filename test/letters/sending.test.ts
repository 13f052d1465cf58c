import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { seedRepresentatives } from '../../scripts/samples/representatives.ts';
import { Letter } from '../../server/letters/letter.ts';
import { Target } from '../../server/letters/target.ts';
import { writeLetters } from '../../server/letters/write.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { makeLetter, makeLetterForm } from '../support/letters.ts';
import { signInAs } from '../support/organizer.ts';
import { errorAt, textOf, valueIn } from '../support/page.ts';
import { openPlatform } from '../support/platform.ts';
import { address, type FakeRepresent, startRepresent } from '../support/represent.ts';
import { signAndConfirm, signAndOpenMail } from '../support/signer.ts';
import { finishTask } from '../support/tasks.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';

let represent: FakeRepresent;
let world: World;
before(async () => {
  represent = await startRepresent();
  world = await startWorld({ env: { REPRESENT_URL: represent.url } });
});
after(async () => {
  await world?.close();
  await represent?.close();
});

describe('Robin writes a letter', () => {
  it('and sees on the page to whom it goes, what could be said, and the suggested text', async () => {
    const { petition, targets } = await makeLetter(2);
    const html = await (await visitor(world).get(`/petitions/${petition.slug}`)).text();
    for (const { name } of targets) assert.ok(textOf(html).includes(name));
    assert.match(textOf(html), /It is loved/);
    assert.match(html, /Please keep the bench by the pond/);
    for (const { address } of targets) assert.ok(!html.includes(address), 'addresses are nobody’s business');
  });

  it('confirms it from a mail that shows it, and only then one mail goes to each target', async () => {
    const { petition, targets } = await makeLetter(2);
    const form = makeLetterForm();
    const { mail, confirm } = await signAndOpenMail(world, petition.slug, form);
    for (const body of [mail.text ?? '', textOf(mail.html ?? '')]) {
      assert.match(body, /I sit there every day with my mother\./);
      assert.match(body, /The bench by the pond/);
    }
    assert.equal(await Letter.countDocuments({ petition: petition._id }), 0);
    const shown = textOf(await (await visitor(world).get(confirm)).text());
    assert.match(shown, /I sit there every day/);
    assert.equal((await visitor(world).post(confirm)).status, 303);
    for (const target of targets) {
      const letter = await world.mailbox.mailTo(target.address);
      assert.match(letter.text ?? '', new RegExp(`^Dear ${target.name},\n\nI sit there every day`));
    }
    await eventually(
      async () => (await Letter.countDocuments({ petition: petition._id, state: 'sent' })) === 2,
      'both are written down as sent',
    );
    assert.equal(world.mailbox.to(targets[0]?.address ?? '').length, 1);
    const signature = await Signature.findOne({ petition: petition._id }).lean();
    assert.equal(signature?.letter?.dueAt, undefined);
    assert.ok(Number(signature?.letter?.own) > 20 && Number(signature?.letter?.own) < 60);
  });

  it('and the mail is DMARC-safe: from our address, with the name, answered to the writer, in plain text', async () => {
    const { petition, targets } = await makeLetter();
    const form = makeLetterForm({ name: 'Robin Doe', postalCode: 'K1A 0B1' });
    await signAndConfirm(world, petition.slug, form);
    const letter = await world.mailbox.mailTo(targets[0]?.address ?? '');
    assert.deepEqual(letter.from, {
      name: 'Robin Doe via Friends of the Pond',
      address: 'petitions@localhost',
    });
    assert.deepEqual(letter.replyTo, [{ name: 'Robin Doe', address: form.email }]);
    assert.equal(letter.subject, 'The bench by the pond');
    assert.equal(letter.html, undefined);
    assert.doesNotMatch(letter.raw, /multipart|List-Unsubscribe|<img/i);
    assert.match(letter.text ?? '', /Robin Doe\nK1A 0B1\n/);
  });
});

const post = (slug: string, form: Record<string, string>) =>
  visitor(world).post(`/petitions/${slug}/signatures?kind=letter`, form);

describe('a letter that cannot be sent as it is', () => {
  const bad: [string, Record<string, string>, string, RegExp][] = [
    ['empty', { letterText: ' \r\n ' }, 'letterText', /is empty/],
    [
      '50,000 characters long',
      { letterText: 'é'.repeat(25_000) + 'x '.repeat(12_500) },
      'letterText',
      /too long/,
    ],
    ['with characters that turn text around', { letterText: `Dear \u202eyou` }, 'letterText', /characters/],
    [
      'with an address of its own',
      { letterText: 'Buy at www.shop.example.com now' },
      'letterText',
      /web addr/,
    ],
    [
      'with a subject of two lines',
      { letterSubject: 'Hello\r\nBcc: all@example.org' },
      'letterSubject',
      /one line/,
    ],
    ['with no subject', { letterSubject: '' }, 'letterSubject', /Write a subject/],
  ];
  for (const [what, fields, field, message] of bad)
    it(`is refused when ${what}, and what was typed is kept`, async () => {
      const { petition } = await makeLetter(1, { ownSubject: true });
      const typed = makeLetterForm({ letterSubject: 'My bench', ...fields });
      const response = await post(petition.slug, typed);
      assert.equal(response.status, 422);
      const html = await response.text();
      assert.match(errorAt(html, field) ?? '', message);
      const kept = String(valueIn(html, field)).replace(/^\n/, '');
      assert.equal(kept, (typed[field] ?? '').replaceAll('\r\n', kept.includes('\r\n') ? '\r\n' : '\n'));
      assert.equal(valueIn(html, 'email'), typed.email);
      assert.equal(await Signature.countDocuments({ petition: petition._id }), 0);
    });

  it('keeps the address that came with the suggested text', async () => {
    const texts = { en: { subject: 'S', points: '', text: 'See https://pond.example.org/bench.' } };
    const { petition } = await makeLetter(1, { texts });
    const right = makeLetterForm({ letterText: 'Please. See https://pond.example.org/bench.' });
    assert.equal((await post(petition.slug, right)).status, 303);
  });

  it('is refused with all that was typed where nobody is on the list any more', async () => {
    const { petition } = await makeLetter(0);
    const response = await post(petition.slug, makeLetterForm());
    assert.equal(response.status, 422);
    assert.match(textOf(await response.text()), /nobody to go to/);
  });
});

describe('nobody can mail an arbitrary address', () => {
  it('not by any field of the form: letters go to the organizers’ targets alone', async () => {
    const { petition, targets } = await makeLetter();
    const { petition: other, targets: others } = await makeLetter();
    const victim = 'victim@example.org';
    const fields = { to: victim, cc: victim, bcc: victim, target: victim, address: victim, replyTo: victim };
    const form = makeLetterForm({
      ...fields,
      targets: String(others[0]?._id),
      'letter[targets]': String(others[0]?._id),
      'representative-1': String(others[0]?._id),
      representatives: String(others[0]?._id),
      letterSubject: `x\r\nBcc: ${victim}`,
      letterText: 'To: victim\nBcc: victim\n\n.\n\nRCPT TO:<victim>',
    });
    await signAndConfirm(world, petition.slug, form);
    const letter = await world.mailbox.mailTo(targets[0]?.address ?? '');
    assert.equal(letter.subject, 'The bench by the pond', 'the subject was not theirs to change');
    assert.deepEqual(
      letter.to?.map(({ address }) => address),
      [targets[0]?.address],
    );
    assert.equal(letter.cc, undefined);
    assert.equal(letter.bcc, undefined);
    await eventually(
      async () => (await Target.findById(targets[0]?._id).lean())?.counts?.sent === 1,
      'counted',
    );
    assert.equal(world.mailbox.to(victim).length, 0);
    assert.equal(world.mailbox.to(others[0]?.address ?? '').length, 0);
    assert.equal(await Letter.countDocuments({ petition: other._id }), 0);
  });

  it('not by a name: what would break a header is refused, and the rest is encoded', async () => {
    const { petition, targets } = await makeLetter();
    const bad = await post(petition.slug, makeLetterForm({ name: 'Robin\r\nBcc: victim@example.org' }));
    assert.equal(bad.status, 422);
    const form = makeLetterForm({ name: 'Zoë "Z", O’Née; (x)' });
    await signAndConfirm(world, petition.slug, form);
    const letter = await world.mailbox.mailTo(targets[0]?.address ?? '');
    assert.equal(letter.from?.name, 'Zoë "Z", O’Née; (x) via Friends of the Pond');
    assert.equal(letter.from?.address, 'petitions@localhost');
    assert.equal(letter.replyTo?.[0]?.address, form.email);
  });
});

describe('whoever wrote a letter', () => {
  it('finds it in what is held about them, and no longer after erasing', async () => {
    const { petition, targets } = await makeLetter();
    const { manage } = await signAndConfirm(world, petition.slug, makeLetterForm());
    await world.mailbox.mailTo(targets[0]?.address ?? '');
    assert.match(textOf(await (await visitor(world).get(manage)).text()), /I sit there every day/);
    const held = (await (await visitor(world).post(`${manage}/download`)).json()) as {
      letter: { text: string; to: { name: string }[] };
    };
    assert.match(held.letter.text, /I sit there every day/);
    assert.equal(held.letter.to[0]?.name, targets[0]?.name);
    await visitor(world).post(`${manage}/erasure`);
    const left = await Signature.findOne({ petition: petition._id }).lean();
    assert.equal(left?.sealed, undefined);
    assert.equal(left?.letter, undefined);
  });

  it('is counted in public: so many letters by so many people', async () => {
    const { petition, targets } = await makeLetter(2);
    await signAndConfirm(world, petition.slug, makeLetterForm());
    for (const { _id } of targets)
      await eventually(async () => (await Target.findById(_id).lean())?.counts?.sent === 1, 'it is counted');
    await eventually(async () => (await visitor(world).count(petition.slug)) === 1, 'the person is counted');
    await eventually(async () => {
      const html = await (await visitor(world).get(`/petitions/${petition.slug}`)).text();
      return /2 letters by 1 person/.test(textOf(html));
    }, 'the page says so');
    const french = await (await visitor(world).get(`/petitions/${petition.slug}?lang=fr`)).text();
    assert.match(textOf(french), /2 lettres de 1 personne/);
  });

  it('whose address anybody can read is held, and the letter goes out once an organizer releases it', async () => {
    const { petition, targets } = await makeLetter();
    await signAndConfirm(world, petition.slug, makeLetterForm({ email: `l${Date.now()}@mailinator.com` }));
    const held = await Signature.findOne({ petition: petition._id }).orFail().lean();
    assert.equal(held.state, 'held');
    assert.equal(held.letter?.dueAt, undefined);
    const editor = await signInAs(world, 'editor');
    await finishTask(editor, `/organize/petitions/${petition._id}/signatures/change`, {
      ...{ what: 'release', why: 'I know them', id: held._id.toHexString() },
    });
    const released = await Signature.findById(held._id).orFail().lean();
    assert.ok(released.letter?.dueAt, 'a sweep writes it down');
    const platform = await openPlatform(world);
    await writeLetters(platform, held._id.toHexString());
    await platform.close();
    await world.mailbox.mailTo(targets[0]?.address ?? '');
  });
});

describe('a letter to the signer’s own representatives', () => {
  it('goes to whom they chose, at the address their provider knows, and to the list besides', async () => {
    await seedRepresentatives(new Date());
    const representatives = { provider: 'table', offices: ['Valley councillor'] };
    const { petition, targets } = await makeLetter(1, {}, { representatives });
    const without = await post(petition.slug, makeLetterForm());
    assert.equal(without.status, 422);
    assert.ok(errorAt(await without.text(), 'representatives'));

    const form = makeLetterForm({ lookupCode: 'LK1 1AA', find: 'code' });
    const found = await visitor(world).post(`/petitions/${petition.slug}/representatives`, form);
    const html = await found.text();
    assert.match(String(valueIn(html, 'letterText')), /I sit there every day/, 'the letter is kept');
    const chosen = /name="(representative-[^"]+)" value="([0-9a-f]{24})"/.exec(html);
    assert.ok(chosen?.[1] && chosen[2]);
    const { mail } = await signAndConfirm(world, petition.slug, { ...form, [chosen[1]]: chosen[2] });
    assert.match(mail.text ?? '', /Imogen Sample/);
    const letter = await world.mailbox.mailTo('imogen.sample@wendvalley.example.org');
    assert.match(letter.text ?? '', /^Dear Imogen Sample,\n\nI sit there every day/);
    await world.mailbox.mailTo(targets[0]?.address ?? '');
    const stranger = { ...makeLetterForm(), 'representative-1': String(targets[0]?._id) };
    assert.equal((await post(petition.slug, stranger)).status, 422, 'an id of nobody in these offices');
  });

  it('goes to whom Represent names, in the language they prefer, one choice where a code spans districts', async () => {
    const representatives = { provider: 'represent', offices: ['MP', 'MPP'] };
    const { petition } = await makeLetter(0, {}, { representatives });
    const chosenOf = async (form: Record<string, string>) => {
      const found = await visitor(world).post(`/petitions/${petition.slug}/representatives`, form);
      const html = await found.text();
      const places = html.matchAll(/name="(representative-[^"]+)" value="([0-9a-f]{24})"( checked)?/g);
      return [...places].map(([, name = '', value = '', checked]) => ({
        name,
        value,
        checked: Boolean(checked),
      }));
    };
    const spans = makeLetterForm({ lookupCode: 'k1a 0b1', find: 'code' });
    const choices = await chosenOf(spans);
    assert.deepEqual(
      choices.map(({ checked }) => checked),
      [false, false, true],
      'two members of one parliament to choose from, and the only one of another',
    );
    const [, right, only] = choices;
    assert.ok(right && only);
    await signAndConfirm(world, petition.slug, {
      ...spans,
      [right.name]: right.value,
      [only.name]: only.value,
    });
    for (const name of ['Ellis Right', 'Flo Provincial'])
      assert.match((await world.mailbox.mailTo(address(name))).text ?? '', /I sit there every day/);
    assert.equal(world.mailbox.to(address('Dana Left')).length, 0);

    const french = makeLetterForm({ lookupCode: 'K0A 1K0', find: 'code' });
    const ticked = (await chosenOf(french)).map(({ name, value }) => [name, value]);
    await signAndConfirm(world, petition.slug, { ...french, ...Object.fromEntries(ticked) });
    const letter = await world.mailbox.mailTo(address('Avery Sample'));
    assert.match(letter.text ?? '', /^À l’attention de Avery Sample,/);
  });
});
