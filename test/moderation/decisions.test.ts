import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Types } from 'mongoose';
import { AuditEntry } from '../../server/audit/entry.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { createTokens } from '../../server/signers/tokens.ts';
import { makePetition } from '../support/factories.ts';
import { type Moderators, moderationPath, signInModerators } from '../support/moderation.ts';
import { textOf } from '../support/page.ts';
import { signAndConfirm } from '../support/signer.ts';
import { visitor } from '../support/visitor.ts';
import { makeSigner } from '../support/words.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let moderators: Moderators;
before(async () => {
  world = await startWorld();
  moderators = await signInModerators(world);
});
after(() => world.close());

describe('a decision', () => {
  it('to approve takes it off the queue and leaves it in public', async () => {
    const { ada, approve, queueOf, publicPage } = moderators;
    const petition = await makePetition();
    const item = await makeSigner(world, petition, { name: 'Wanda Words', comment: 'I rest there.' });
    const response = await approve(petition, item);
    assert.equal(response.status, 303);
    const landed = await (await ada.get(response.headers.get('location') ?? '')).text();
    assert.match(landed, /Approved\./);
    assert.doesNotMatch(landed, /Wanda Words/);
    assert.match(await publicPage(petition), /Wanda Words.*I rest there\./);
    assert.match(await queueOf(petition, ada, '?show=approved'), /Wanda Words[\s\S]*by Ada Moderator/);
  });

  it('to refuse the comment leaves the name in public, and the signature counts', async () => {
    const { refuse, publicPage } = moderators;
    const petition = await makePetition();
    const signer = { name: 'Wanda Words', email: `wanda-${process.pid}@example.org`, country: 'CA' };
    await signAndConfirm(world, petition.slug, { ...signer, comment: 'He is a crook.', showName: 'on' });
    assert.match(await publicPage(petition), /He is a crook\./);
    const { _id } = (await Signature.findOne({ petition: petition._id }).lean()) ?? {};
    assert.equal((await refuse(petition, { id: String(_id) }, 'comment')).status, 303);
    const page = await publicPage(petition);
    assert.match(page, /Wanda Words/);
    assert.doesNotMatch(page, /crook/);
    assert.equal((await Signature.findById(_id).lean())?.state, 'confirmed');
  });

  it('to refuse both hides both; the log says who, what and why, and never the words', async () => {
    const { ada, refuse, queueOf, publicPage } = moderators;
    const petition = await makePetition();
    const item = await makeSigner(world, petition, { name: 'Rudy Rude', comment: 'He is a crook.' });
    await refuse(petition, item, 'all');
    assert.doesNotMatch(await publicPage(petition), /Rudy|crook/);
    assert.equal((await Signature.findById(item._id).lean())?.state, 'confirmed');
    const [entry, ...more] = await AuditEntry.find({ petition: petition._id }).lean();
    assert.equal(more.length, 0);
    assert.equal(entry?.action, 'moderation.refuse');
    assert.equal(String(entry?.organizer), String(ada.organizer._id));
    assert.equal(entry?.subject, item.id);
    assert.equal(entry?.why, 'calls the mayor names');
    assert.deepEqual(entry?.details, { shows: 'nothing', reason: 'abuse' });
    assert.match(await queueOf(petition, ada, '?show=refused'), /Rudy Rude[\s\S]*Insults, threats or hate/);
  });

  it('can be undone, once: it is in the queue and in public again', async () => {
    const { ben, refuse, undo, queueOf, publicPage } = moderators;
    const petition = await makePetition();
    const item = await makeSigner(world, petition, { name: 'Wanda Words' });
    await refuse(petition, item, 'all');
    assert.equal(
      (await undo(petition, item, ben)).headers.get('location'),
      `${moderationPath(petition)}?done=undone`,
    );
    assert.match(await queueOf(petition), /Wanda Words/);
    assert.match(await publicPage(petition), /Wanda Words/);
    assert.equal((await undo(petition, item)).headers.get('location'), moderationPath(petition));
    const actions = (await AuditEntry.find({ petition: petition._id }).sort({ at: 1 }).lean()).map(
      ({ action }) => action,
    );
    assert.deepEqual(actions, ['moderation.refuse', 'moderation.undo']);
  });

  it('is told to the signer: what is not shown, and why; what waits to be looked at', async () => {
    const { approve, refuse, undo } = moderators;
    const petition = await makePetition();
    const tokens = createTokens(world.env.LOOKUP_KEY);
    const own = async ({ _id }: { _id: Types.ObjectId }, lang = 'en') =>
      textOf(
        await (await visitor(world).get(`/signatures/${tokens.issue('manage', _id)}?lang=${lang}`)).text(),
      );
    const words = { name: 'Rudy Rude', comment: 'He is a crook.' };
    const item = await makeSigner(world, petition, words);
    assert.match(await own(item), /Name shown Yes/);
    await refuse(petition, item, 'comment');
    const half = await own(item);
    assert.match(half, /He is a crook\. No, the moderators do not show it\. Their reason: It insults/);
    assert.match(half, /Name shown Yes/);
    assert.doesNotMatch(half, /calls the mayor names/, 'the note is for the log');
    await undo(petition, item);
    await refuse(petition, item, 'all');
    assert.match(await own(item), /Name shown No, the moderators do not show it\. Their reason: It insults/);
    const french = await makeSigner(world, petition, { ...words, language: 'fr' });
    await refuse(petition, french, 'all');
    assert.match(
      await own(french),
      /Non, les modérateurs ne l’affichent pas\. Leur raison : C’est une insulte/,
    );

    const strict = await makePetition({ moderation: 'before' });
    const waiting = await makeSigner(world, strict);
    assert.match(await own(waiting), /Name shown Once a moderator has looked at it/);
    await approve(strict, waiting);
    assert.match(await own(waiting), /Name shown Yes/);
  });

  it('that the form cannot say is refused with a message, and nothing changes', async () => {
    const { decide } = moderators;
    const petition = await makePetition();
    const item = await makeSigner(world, petition);
    const forms = [
      {},
      { decision: 'burn' },
      { decision: 'refuse' },
      { decision: 'refuse', hide: 'all', reason: 'because' },
      { decision: 'refuse', hide: 'everything', reason: 'abuse' },
      { decision: 'refuse', hide: 'all', reason: 'abuse', note: 'x'.repeat(301) },
    ];
    for (const form of forms as Record<string, string>[]) {
      const response = await decide(petition, item, form);
      assert.equal(response.status, 422, JSON.stringify(form));
      assert.match(await response.text(), /Choose a reason/);
    }
    assert.equal((await Signature.findById(item._id).lean())?.review, undefined);
  });

  it('on what the signer withdrew meanwhile says so', async () => {
    const { approve } = moderators;
    const petition = await makePetition();
    const item = await makeSigner(world, petition);
    await Signature.updateOne({ _id: item._id }, { $set: { state: 'withdrawn' } });
    const response = await approve(petition, item);
    assert.equal(response.status, 409);
    assert.match(await response.text(), /not public any more/);
  });

  it('through another petition does not reach it', async () => {
    const { ada, approve } = moderators;
    const item = await makeSigner(world, await makePetition());
    const response = await approve(await makePetition(), item);
    assert.equal(response.status, 409);
    assert.equal((await Signature.findById(item._id).lean())?.review, undefined);
    assert.equal((await ada.post(moderationPath(await makePetition(), '/xyz/decision'))).status, 404);
  });

  it('is no longer there when the person withdraws and signs again with other words', async () => {
    const { approve, queueOf } = moderators;
    const petition = await makePetition();
    const form = {
      name: 'Wanda Words',
      email: `again-${process.pid}@example.org`,
      country: 'CA',
      showName: 'on',
    };
    const { manage } = await signAndConfirm(world, petition.slug, { ...form, comment: 'Fine words.' });
    const { _id } = (await Signature.findOne({ petition: petition._id }).lean()) ?? {};
    await approve(petition, { id: String(_id) });
    await visitor(world).post(`${manage}/withdrawal`);
    await signAndConfirm(world, petition.slug, { ...form, comment: 'Other words.' });
    assert.match(await queueOf(petition), /Other words\./);
  });
});
