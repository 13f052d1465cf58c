import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Types } from 'mongoose';
import { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { textOf } from '../support/page.ts';
import { signAndConfirm, signAndOpenMail } from '../support/signer.ts';
import { openStage } from '../support/stage.ts';
import { visitor } from '../support/visitor.ts';
import { eventually } from '../support/world.ts';

const { world, platform } = await openStage({ env: { TRUST_PROXY: '1' } });

const hours = (number: number) => new Date(Date.now() + number * 3_600_000);
const stateOf = async (petition: Petition) =>
  (await Signature.findOne({ petition: petition._id }).lean())?.state;
const open = async (path: string, method = 'GET') => {
  const response = await visitor(world).request(path, { method });
  return {
    status: response.status,
    location: response.headers.get('location'),
    text: textOf(await response.text()),
  };
};
const close = (petition: Petition, at: Date) =>
  Petition.updateOne({ _id: petition._id }, { $set: { closesAt: at } });

describe('a mail scanner', () => {
  it('that fetches the link a hundred times with GET and HEAD, in whatever way, confirms nothing', async () => {
    const petition = await makePetition();
    const { confirm, mail } = await signAndOpenMail(world, petition.slug, makeForm());
    const scanner = visitor(world, { 'x-forwarded-for': '203.0.113.1', 'user-agent': 'SafeLinks' });
    for (let round = 0; round < 100; round += 1) {
      const method = round % 2 ? 'HEAD' : 'GET';
      const response = await scanner.request(`${confirm}${round % 3 ? '' : '?utm_source=mail'}`, { method });
      assert.equal(response.status, 200);
      await response.body?.cancel();
    }
    for (const method of ['OPTIONS', 'PUT', 'DELETE', 'PATCH'])
      assert.equal((await scanner.request(confirm, { method })).status >= 200, true);
    const links = [...(mail.text ?? '').matchAll(/https?:\/\/\S+/g)].map(([link]) => new URL(link).pathname);
    for (const link of links) await (await scanner.get(link)).body?.cancel();
    assert.equal(await stateOf(petition), 'pending');
    assert.equal(await Signature.countDocuments({ petition: petition._id, recount: true }), 0);
    assert.equal(await visitor(world).count(petition.slug), 0);
  });
});

describe('the button', () => {
  it('pressed twice at the same instant confirms once, and both see success', async () => {
    const petition = await makePetition();
    const { confirm } = await signAndOpenMail(world, petition.slug, makeForm());
    const answers = await Promise.all([open(confirm, 'POST'), open(confirm, 'POST'), open(confirm, 'POST')]);
    for (const { status, location } of answers) {
      assert.equal(status, 303);
      assert.equal(location, `/petitions/${petition.slug}/signed`);
    }
    await eventually(async () => (await visitor(world).count(petition.slug)) >= 1, 'counted');
    await open(confirm, 'POST');
    await eventually(
      async () => (await Signature.countDocuments({ petition: petition._id, recount: true })) === 0,
      'nothing is left to count',
    );
    assert.equal(await visitor(world).count(petition.slug), 1);
  });

  it('pressed in the moment between withdrawing and its page does not undo the withdrawal', async (t) => {
    const petition = await makePetition();
    const { confirm, manage } = await signAndOpenMail(world, petition.slug, makeForm());
    const other = await signAndOpenMail(world, petition.slug, makeForm());
    const { collection } = Signature;
    const real = collection.bulkWrite.bind(collection);
    let withdrawn = false;
    t.mock.method(collection, 'bulkWrite', async (...args: Parameters<typeof real>) => {
      const confirms = JSON.stringify(args[0]).includes('"state":"confirmed"');
      if (confirms && !withdrawn) {
        withdrawn = true;
        await open(`${manage}/withdrawal`, 'POST');
      }
      return real(...args);
    });
    const [gone, stands] = await Promise.all([open(confirm, 'POST'), open(other.confirm, 'POST')]);
    assert.equal(gone.status, 410);
    assert.equal(stands.status, 303);
    assert.equal(withdrawn, true);
    const states = await Signature.distinct('state', { petition: petition._id });
    assert.deepEqual(states.sort(), ['confirmed', 'withdrawn']);
  });

  it('a used link shows success, however it is opened, and keeps the first time', async () => {
    const petition = await makePetition();
    const { confirm } = await signAndConfirm(world, petition.slug, makeForm());
    const first = (await Signature.findOne({ petition: petition._id }).lean())?.confirmedAt;
    for (const method of ['GET', 'POST']) {
      const { status, location } = await open(confirm, method);
      assert.equal(status, 303);
      assert.equal(location, `/petitions/${petition.slug}/signed`);
    }
    assert.deepEqual((await Signature.findOne({ petition: petition._id }).lean())?.confirmedAt, first);
  });

  it('shows what others will see before it is pressed', async () => {
    const petition = await makePetition();
    const form = makeForm({ name: 'Robin Shown', comment: 'The <b>ducks', showName: 'on' });
    const { confirm } = await signAndOpenMail(world, petition.slug, form);
    const { text } = await open(confirm);
    assert.match(text, /What others will see Robin Shown The <b>ducks Confirm my signature/);
  });
});

describe('a link that does not work', () => {
  const malformed = ['x', 'A'.repeat(43), 'A'.repeat(5_000), '%00', '..%2f..', '__proto__', 'é'];
  for (const token of malformed) {
    for (const method of ['GET', 'POST']) {
      it(`${method} ${token.slice(0, 12)}: 404 or 400, and a way to a new one`, async () => {
        const { status, text } = await open(`/confirm/${token}`, method);
        assert.equal(status, 404);
        assert.match(text, /This link does not work.*Get a new link.*E-mail address/);
      });
    }
  }

  it('made for another purpose confirms nothing: 404', async () => {
    const petition = await makePetition();
    const { manage, unsubscribe } = await signAndOpenMail(world, petition.slug, makeForm());
    for (const link of [manage, unsubscribe])
      assert.equal((await open(`/confirm/${link.split('/')[2]}`, 'POST')).status, 404);
    assert.equal(await stateOf(petition), 'pending');
  });

  it('of a signature that is no longer there: 410, and a way to a new one', async () => {
    const token = platform.tokens.issue('confirm', new Types.ObjectId());
    for (const method of ['GET', 'POST']) {
      const { status, text } = await open(`/confirm/${token}`, method);
      assert.equal(status, 410);
      assert.match(text, /This link has expired.*Get a new link/);
    }
  });

  it('of a signature that was withdrawn stays withdrawn: 410', async () => {
    const petition = await makePetition();
    const { confirm, manage } = await signAndConfirm(world, petition.slug, makeForm());
    await open(`${manage}/withdrawal`, 'POST');
    for (const method of ['GET', 'POST']) {
      const { status, text } = await open(confirm, method);
      assert.equal(status, 410);
      assert.match(text, /This signature was withdrawn/);
    }
    assert.equal(await stateOf(petition), 'withdrawn');
  });

  it('of a signature that an organizer marked invalid: 410', async () => {
    const petition = await makePetition();
    const { confirm } = await signAndConfirm(world, petition.slug, makeForm());
    await Signature.updateOne({ petition: petition._id }, { $set: { state: 'invalidated' } });
    const { status, text } = await open(confirm, 'POST');
    assert.equal(status, 410);
    assert.match(text, /does not count.*write to Larkmere Neighbours/);
    assert.equal(await stateOf(petition), 'invalidated');
  });

  it('of a signer who was erased leads nowhere: 404 or 410, without an error', async () => {
    for (const confirmed of [true, false]) {
      const petition = await makePetition();
      const sign = confirmed ? signAndConfirm : signAndOpenMail;
      const { confirm, manage } = await sign(world, petition.slug, makeForm());
      assert.equal((await open(`${manage}/erasure`, 'POST')).status, 200);
      for (const method of ['GET', 'POST']) {
        const { status, location } = await open(confirm, method);
        assert.ok([404, 410].includes(status), `${method} ${status} ${location}`);
      }
    }
  });
});

describe('a petition that closed after somebody had signed', () => {
  it('can be confirmed within a day', async () => {
    const petition = await makePetition();
    const { confirm } = await signAndOpenMail(world, petition.slug, makeForm());
    await Signature.updateMany({ petition: petition._id }, { $set: { createdAt: hours(-23.5) } });
    await close(petition, hours(-23));
    assert.equal((await open(confirm)).status, 200);
    assert.equal((await open(confirm, 'POST')).status, 303);
    await eventually(async () => (await visitor(world).count(petition.slug)) === 1, 'counted');
  });

  it('can not be confirmed after a day', async () => {
    const petition = await makePetition();
    const { confirm } = await signAndOpenMail(world, petition.slug, makeForm());
    await Signature.updateMany({ petition: petition._id }, { $set: { createdAt: hours(-26) } });
    await close(petition, hours(-25));
    for (const method of ['GET', 'POST']) {
      const { status, text } = await open(confirm, method);
      assert.equal(status, 410);
      assert.match(text, /This petition has closed.*That day is over/);
    }
    assert.equal(await stateOf(petition), 'pending');
  });

  it('does not count what was signed after it closed', async () => {
    const petition = await makePetition();
    const { confirm } = await signAndOpenMail(world, petition.slug, makeForm());
    await close(petition, hours(-1));
    assert.equal((await open(confirm, 'POST')).status, 410);
    assert.equal(await stateOf(petition), 'pending');
  });

  it('that was withdrawn by its organizers cannot be confirmed', async () => {
    const petition = await makePetition();
    const { confirm } = await signAndOpenMail(world, petition.slug, makeForm());
    await Petition.updateOne(
      { _id: petition._id },
      { $push: { history: { outcome: 'withdrawn', at: hours(-1) } } },
    );
    for (const method of ['GET', 'POST']) assert.equal((await open(confirm, method)).status, 410);
    assert.equal(await stateOf(petition), 'pending');
  });
});
