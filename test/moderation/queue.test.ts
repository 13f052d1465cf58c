import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { moderationWork } from '../../config/limits.ts';
import { AuditEntry } from '../../server/audit/entry.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { makePetition } from '../support/factories.ts';
import { type Moderators, moderationPath, signInModerators } from '../support/moderation.ts';
import { signInAs } from '../support/organizer.ts';
import { textOf, unescapeHtml } from '../support/page.ts';
import { makeSignatures, many } from '../support/signatures.ts';
import { visitor } from '../support/visitor.ts';
import { makeSigner } from '../support/words.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let moderators: Moderators;
before(async () => {
  world = await startWorld({ workers: false });
  moderators = await signInModerators(world);
});
after(() => world.close());

describe('the queue', () => {
  it('holds the names and comments that are public, and nothing else', async () => {
    const { queueOf } = moderators;
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
    const { queueOf } = moderators;
    const petition = await makePetition();
    await makeSigner(world, petition, { name: 'Late' });
    await makeSigner(world, petition, { name: 'Early', confirmedAt: new Date(Date.now() - 60_000) });
    const queue = await queueOf(petition);
    assert.ok(queue.indexOf('Early') < queue.indexOf('Late'));
  });

  it('comes in pages, and the next one goes on where the first ended', async () => {
    const { ada, queueOf } = moderators;
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

  it('of thousands is counted and gone through as far as anybody goes, and says where that ends', async () => {
    const { ada, queueOf } = moderators;
    const petition = await makePetition();
    const { pages, pageSize, countTo } = moderationWork;
    await makeSignatures(world, petition, many(pages * pageSize + 5, { showName: true }));
    assert.match(textOf(await queueOf(petition)), /To look at 1,000\+/);
    assert.equal(countTo, 1_000);
    const last = await queueOf(petition, ada, `?page=${pages}`);
    assert.match(last, /No more are listed than these\. The others come up as these are decided\./);
    assert.doesNotMatch(unescapeHtml(last), /page=\d+">The next ones/);
    assert.doesNotMatch(await queueOf(petition, ada, `?page=${pages - 1}`), /No more are listed/);
  });

  it('lists held signatures apart, with a way to each', async () => {
    const { ada, queueOf } = moderators;
    const petition = await makePetition();
    const held = await makeSigner(world, petition, { name: 'Heidi Held', state: 'held' });
    assert.doesNotMatch(await queueOf(petition), /Heidi/);
    const list = await queueOf(petition, ada, '?show=held');
    assert.match(list, /Heidi Held/);
    assert.match(list, new RegExp(`/organize/petitions/${petition._id}/signatures/${held.id}`));
  });

  it('shows what people wrote as text, whatever it is', async () => {
    const { queueOf } = moderators;
    const petition = await makePetition();
    await makeSigner(world, petition, { comment: '<img src=x onerror=alert(1)>' });
    assert.doesNotMatch(await queueOf(petition), /<img src=x/);
  });

  it('takes a query that makes no sense as none', async () => {
    const { ada } = moderators;
    const petition = await makePetition();
    for (const query of ['?show=x&page=0', '?page=999999999', '?page=-1', '?item=%00', '?done=<script>'])
      assert.equal((await ada.get(moderationPath(petition, query))).status, 200, query);
  });
});

describe('a petition whose words are looked at first', () => {
  it('shows only what was approved', async () => {
    const { approve, refuse, publicPage } = moderators;
    const petition = await makePetition();
    const editor = await signInAs(world, 'editor');
    const response = await editor.post(moderationPath(petition, '/setting'), { moderation: 'before' });
    assert.equal(response.status, 303);
    const good = await makeSigner(world, petition, { name: 'Gwen Good', comment: 'Well said.' });
    const half = await makeSigner(world, petition, { name: 'Hal Half', comment: 'Not so well said.' });
    await makeSigner(world, petition, { name: 'Nils New', comment: 'Just said.' });
    assert.doesNotMatch(await publicPage(petition), /Gwen Good|Hal Half|Nils New/);
    await approve(petition, good);
    await refuse(petition, half, 'comment');
    const page = await publicPage(petition);
    assert.match(page, /Gwen Good.*Well said\./);
    assert.match(page, /Hal Half/);
    assert.doesNotMatch(page, /Nils New|Not so well/);
    await editor.post(moderationPath(petition, '/setting'), { moderation: 'after' });
    assert.match(await publicPage(petition), /Nils New.*Just said\./);
  });

  it('is an editor’s choice, and a nonsense choice is refused', async () => {
    const { ada } = moderators;
    const petition = await makePetition();
    assert.equal(
      (await ada.post(moderationPath(petition, '/setting'), { moderation: 'before' })).status,
      403,
    );
    const editor = await signInAs(world, 'editor');
    assert.equal(
      (await editor.post(moderationPath(petition, '/setting'), { moderation: 'never' })).status,
      422,
    );
    assert.equal(await AuditEntry.countDocuments({ petition: petition._id }), 0);
  });
});

describe('whoever may not moderate', () => {
  it('sees nothing of it and changes nothing', async () => {
    const { approve } = moderators;
    const petition = await makePetition();
    const item = await makeSigner(world, petition, { name: 'Wanda Words' });
    const viewer = await signInAs(world, 'viewer');
    const page = await viewer.get(moderationPath(petition));
    assert.equal(page.status, 403);
    assert.doesNotMatch(await page.text(), /Wanda/);
    assert.equal((await approve(petition, item, viewer)).status, 403);
    assert.equal((await visitor(world).get(moderationPath(petition))).status, 303);
    assert.equal((await Signature.findById(item._id).lean())?.review, undefined);
    const member = await signInAs(world, 'moderator', { petition });
    assert.equal((await approve(petition, item, member)).status, 303);
  });
});
