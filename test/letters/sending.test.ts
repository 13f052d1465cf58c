import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Letter } from '../../server/letters/letter.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { makeLetter, makeLetterForm } from '../support/letters.ts';
import { textOf } from '../support/page.ts';
import { signAndConfirm, signAndOpenMail } from '../support/signer.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world?.close());

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
