import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AuditEntry } from '../../server/audit/entry.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { makePetition } from '../support/factories.ts';
import { type SignedInVisitor, signInAs } from '../support/organizer.ts';
import { textOf, unescapeHtml } from '../support/page.ts';
import { signAndConfirm } from '../support/signer.ts';
import { visitor } from '../support/visitor.ts';
import { makeSigner } from '../support/words.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let ada: SignedInVisitor;
let ben: SignedInVisitor;
before(async () => {
  world = await startWorld();
  ada = await signInAs(world, 'moderator', { name: 'Ada Moderator' });
  ben = await signInAs(world, 'moderator', { name: 'Ben Moderator' });
});
after(() => world.close());

type Item = { id: string };
const pathOf = ({ _id }: Petition, rest = '') => `/organize/petitions/${_id.toHexString()}/moderation${rest}`;
const queueOf = async (petition: Petition, who = ada, query = '') => {
  const response = await who.get(pathOf(petition, query));
  assert.equal(response.status, 200);
  return response.text();
};
const publicPage = async (petition: Petition) =>
  textOf(await (await visitor(world).get(`/petitions/${petition.slug}`)).text());
const decide = (petition: Petition, { id }: Item, form: Record<string, string>, who = ada) =>
  who.post(pathOf(petition, `/${id}/decision`), form);
const approve = (petition: Petition, item: Item, who = ada) =>
  decide(petition, item, { decision: 'approve' }, who);
const refuse = (petition: Petition, item: Item, hide: 'comment' | 'all', who = ada) =>
  decide(petition, item, { decision: 'refuse', hide, reason: 'abuse', note: 'calls the mayor names' }, who);
const undo = (petition: Petition, { id }: Item, who = ada) => who.post(pathOf(petition, `/${id}/undo`));

describe('the queue', () => {
  it('holds the names and comments that are public, and nothing else', async () => {
    const petition = await makePetition();
    await makeSigner(world, petition, { name: 'Wanda Words', comment: 'I rest there.' });
    await makeSigner(world, petition, { name: 'Nina Nameonly' });
    await makeSigner(world, petition, { name: 'Hilda Hidden', showName: false });
    await makeSigner(world, petition, { name: 'Pia Pending', state: 'pending' });
    await makeSigner(world, petition, { name: 'Willa Withdrawn', state: 'withdrawn' });
    await makeSigner(world, await makePetition(), { name: 'Olga Other' });
    const queue = await queueOf(petition);
    for (const there of ['Wanda Words', 'I rest there.', 'Nina Nameonly'])
      assert.match(queue, new RegExp(there));
    for (const absent of ['Hilda', 'Pia', 'Willa', 'Olga']) assert.doesNotMatch(queue, new RegExp(absent));
  });

  it('has whoever has waited longest first', async () => {
    const petition = await makePetition();
    await makeSigner(world, petition, { name: 'Late' });
    await makeSigner(world, petition, { name: 'Early', confirmedAt: new Date(Date.now() - 60_000) });
    const queue = await queueOf(petition);
    assert.ok(queue.indexOf('Early') < queue.indexOf('Late'));
  });

  it('comes in pages, and the next one goes on where the first ended', async () => {
    const petition = await makePetition();
    for (let n = 1; n <= 27; n += 1)
      await makeSigner(world, petition, { name: `Person ${n} End`, confirmedAt: new Date(Date.now() + n) });
    const first = await queueOf(petition);
    assert.match(first, /Person 25 End/);
    assert.doesNotMatch(first, /Person 26 End/);
    const next = /href="([^"]*page=2)"/.exec(unescapeHtml(first))?.[1];
    const second = await (await ada.get(next ?? 'missing')).text();
    assert.match(second, /Person 26 End[\s\S]*Person 27 End/);
    assert.doesNotMatch(second, /Person 25 End/);
  });

  it('lists held signatures apart, with a way to each', async () => {
    const petition = await makePetition();
    const held = await makeSigner(world, petition, { name: 'Heidi Held', state: 'held' });
    assert.doesNotMatch(await queueOf(petition), /Heidi/);
    const list = await queueOf(petition, ada, '?show=held');
    assert.match(list, /Heidi Held/);
    assert.match(list, new RegExp(`/organize/petitions/${petition._id}/signatures/${held.id}`));
  });

  it('shows what people wrote as text, whatever it is', async () => {
    const petition = await makePetition();
    await makeSigner(world, petition, { comment: '<img src=x onerror=alert(1)>' });
    assert.doesNotMatch(await queueOf(petition), /<img src=x/);
  });

  it('takes a query that makes no sense as none', async () => {
    const petition = await makePetition();
    for (const query of ['?show=x&page=0', '?page=999999999', '?page=-1', '?item=%00', '?done=<script>'])
      assert.equal((await ada.get(pathOf(petition, query))).status, 200, query);
  });
});

describe('a decision', () => {
  it('to approve takes it off the queue and leaves it in public', async () => {
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
    const petition = await makePetition();
    const item = await makeSigner(world, petition, { name: 'Wanda Words' });
    await refuse(petition, item, 'all');
    assert.equal(
      (await undo(petition, item, ben)).headers.get('location'),
      `${pathOf(petition)}?done=undone`,
    );
    assert.match(await queueOf(petition), /Wanda Words/);
    assert.match(await publicPage(petition), /Wanda Words/);
    assert.equal((await undo(petition, item)).headers.get('location'), pathOf(petition));
    const actions = (await AuditEntry.find({ petition: petition._id }).sort({ at: 1 }).lean()).map(
      ({ action }) => action,
    );
    assert.deepEqual(actions, ['moderation.refuse', 'moderation.undo']);
  });

  it('that the form cannot say is refused with a message, and nothing changes', async () => {
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
    const petition = await makePetition();
    const item = await makeSigner(world, petition);
    await Signature.updateOne({ _id: item._id }, { $set: { state: 'withdrawn' } });
    const response = await approve(petition, item);
    assert.equal(response.status, 409);
    assert.match(await response.text(), /not public any more/);
  });

  it('through another petition does not reach it', async () => {
    const item = await makeSigner(world, await makePetition());
    const response = await approve(await makePetition(), item);
    assert.equal(response.status, 409);
    assert.equal((await Signature.findById(item._id).lean())?.review, undefined);
    assert.equal((await ada.post(pathOf(await makePetition(), '/xyz/decision'))).status, 404);
  });

  it('is no longer there when the person withdraws and signs again with other words', async () => {
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

describe('two moderators', () => {
  it('do not collide: the second sees who has it, and cannot decide on it', async () => {
    const petition = await makePetition();
    const item = await makeSigner(world, petition);
    const hold = await ada.post(pathOf(petition, `/${item.id}/claim`));
    assert.equal(hold.status, 303);
    assert.match(await queueOf(petition, ben), /Ada Moderator is looking at this\. It is free again in \d/);
    assert.doesNotMatch(await queueOf(petition, ada), /is looking at this/);
    const response = await approve(petition, item, ben);
    assert.equal(response.status, 409);
    assert.match(await response.text(), /Ada Moderator is looking at this/);
    assert.equal((await Signature.findById(item._id).lean())?.review, undefined);
    assert.equal((await approve(petition, item, ada)).status, 303);
  });

  it('get an item when the other lets it go, or moves on to the next', async () => {
    const petition = await makePetition();
    const [one, two] = [await makeSigner(world, petition), await makeSigner(world, petition)];
    await ada.post(pathOf(petition, `/${one.id}/claim`));
    await ada.post(pathOf(petition, `/${two.id}/claim`));
    assert.equal((await approve(petition, one, ben)).status, 303);
    assert.equal((await approve(petition, two, ben)).status, 409);
    await ada.post(pathOf(petition, `/${two.id}/release`));
    assert.equal((await approve(petition, two, ben)).status, 303);
  });

  it('who decide at the same moment: one does, the other is told who was faster', async () => {
    const petition = await makePetition();
    const item = await makeSigner(world, petition);
    const answers = await Promise.all([approve(petition, item, ada), refuse(petition, item, 'all', ben)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 409]);
    const loser = answers.find(({ status }) => status === 409);
    assert.match((await loser?.text()) ?? '', /(Ada|Ben) Moderator (is looking at this|has already decided)/);
    assert.equal(await AuditEntry.countDocuments({ petition: petition._id }), 1);
    const late = await approve(petition, item, ben);
    assert.match(await late.text(), /has already decided on this/);
  });

  it('are told by JSON what they are told by the page', async () => {
    const petition = await makePetition();
    const item = await makeSigner(world, petition);
    const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
    const ask = (who: SignedInVisitor, rest: string, body = '') =>
      who.request(pathOf(petition, `/${item.id}/${rest}`), { method: 'POST', headers, body });
    assert.deepEqual(await (await ask(ada, 'claim')).json(), { outcome: 'claimed' });
    const taken = await ask(ben, 'claim');
    assert.equal(taken.status, 409);
    assert.match(JSON.stringify(await taken.json()), /"outcome":"taken","by":"Ada Moderator","until":"in /);
    assert.deepEqual(await (await ask(ada, 'decision', 'decision=approve')).json(), { outcome: 'approved' });
    assert.deepEqual(await (await ask(ada, 'undo')).json(), { outcome: 'undone' });
  });
});

describe('a petition whose words are looked at first', () => {
  it('shows only what was approved', async () => {
    const petition = await makePetition();
    const editor = await signInAs(world, 'editor');
    const response = await editor.post(pathOf(petition, '/setting'), { moderation: 'before' });
    assert.equal(response.status, 303);
    const good = await makeSigner(world, petition, { name: 'Gwen Good', comment: 'Well said.' });
    const half = await makeSigner(world, petition, { name: 'Hal Half', comment: 'Not so well said.' });
    await makeSigner(world, petition, { name: 'Nils New', comment: 'Just said.' });
    assert.doesNotMatch(await publicPage(petition), /Gwen|Hal|Nils/);
    await approve(petition, good);
    await refuse(petition, half, 'comment');
    const page = await publicPage(petition);
    assert.match(page, /Gwen Good.*Well said\./);
    assert.match(page, /Hal Half/);
    assert.doesNotMatch(page, /Nils|Not so/);
    await editor.post(pathOf(petition, '/setting'), { moderation: 'after' });
    assert.match(await publicPage(petition), /Nils New.*Just said\./);
  });

  it('is an editor’s choice, and a nonsense choice is refused', async () => {
    const petition = await makePetition();
    assert.equal((await ada.post(pathOf(petition, '/setting'), { moderation: 'before' })).status, 403);
    const editor = await signInAs(world, 'editor');
    assert.equal((await editor.post(pathOf(petition, '/setting'), { moderation: 'never' })).status, 422);
    assert.equal(await AuditEntry.countDocuments({ petition: petition._id }), 0);
  });
});

describe('whoever may not moderate', () => {
  it('sees nothing of it and changes nothing', async () => {
    const petition = await makePetition();
    const item = await makeSigner(world, petition, { name: 'Wanda Words' });
    const viewer = await signInAs(world, 'viewer');
    const page = await viewer.get(pathOf(petition));
    assert.equal(page.status, 403);
    assert.doesNotMatch(await page.text(), /Wanda/);
    assert.equal((await approve(petition, item, viewer)).status, 403);
    assert.equal((await visitor(world).get(pathOf(petition))).status, 303);
    assert.equal((await Signature.findById(item._id).lean())?.review, undefined);
    const member = await signInAs(world, 'moderator', { petition });
    assert.equal((await approve(petition, item, member)).status, 303);
  });
});
