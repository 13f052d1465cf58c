import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Types } from 'mongoose';
import { rateLimits } from '../../config/limits.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { Report } from '../../server/reports/report.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { createTokens } from '../../server/signers/tokens.ts';
import { makePetition } from '../support/factories.ts';
import { type SignedInVisitor, signInAs } from '../support/organizer.ts';
import { textOf, unescapeHtml } from '../support/page.ts';
import { visitor } from '../support/visitor.ts';
import { makeSigner } from '../support/words.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let ada: SignedInVisitor;
before(async () => {
  world = await startWorld({ workers: false, env: { TRUST_PROXY: '1' } });
  ada = await signInAs(world, 'moderator');
});
after(() => world.close());

let networks = 0;
/** A reader on a network nobody else is on. */
const reader = () => {
  networks += 1;
  const address = `198.51.${Math.floor(networks / 250)}.${(networks % 250) + 1}`;
  return visitor(world, { 'x-forwarded-for': address });
};
const proofOf = ({ _id }: { _id: Types.ObjectId }) => createTokens(world.env.LOOKUP_KEY).issue('report', _id);
const report = (petition: Petition, item: string, reason = 'abuse', who = reader()) =>
  who.post(`/petitions/${petition.slug}/reports`, { item, reason });
const pathOf = ({ _id }: Petition, rest = '') => `/organize/petitions/${_id}/moderation${rest}`;
const queueOf = async (petition: Petition, query = '') => (await ada.get(pathOf(petition, query))).text();
const decide = (petition: Petition, { id }: { id: string }, form: Record<string, string>) =>
  ada.post(pathOf(petition, `/${id}/decision`), form);

describe('a reader', () => {
  it('finds a link beside each name, says what is wrong, and the moderators see it', async () => {
    const petition = await makePetition();
    await makeSigner(world, petition, { name: 'Rudy Rude', comment: 'He is a crook.' });
    const page = await (await reader().get(`/petitions/${petition.slug}`)).text();
    const link = /href="([^"]*\/reports\?item[^"]*)"/.exec(unescapeHtml(page))?.[1] ?? '';
    const who = reader();
    const form = await who.get(link);
    assert.equal(form.status, 200);
    assert.equal(form.headers.get('set-cookie'), null);
    const html = unescapeHtml(await form.text());
    assert.match(html, /Rudy Rude[\s\S]*He is a crook\./);
    const item = /name="item" value="([^"]*)"/.exec(html)?.[1] ?? '';
    const sent = await report(petition, item, 'privacy', who);
    assert.equal(sent.status, 303);
    assert.match(
      await (await who.get(sent.headers.get('location') ?? '')).text(),
      /A moderator will look at it/,
    );
    assert.match(textOf(await queueOf(petition)), /Reported · Personal details of somebody/);
  });

  it('is kept as nothing but the keyed hash of a network, and counts once', async () => {
    const petition = await makePetition();
    const signer = await makeSigner(world, petition);
    const who = visitor(world, { 'x-forwarded-for': '203.0.113.77' });
    for (const reason of ['abuse', 'abuse', 'law'])
      assert.equal((await report(petition, proofOf(signer), reason, who)).status, 303);
    const [kept, ...more] = await Report.find({ signature: signer._id }).lean();
    assert.equal(more.length, 0);
    assert.deepEqual(Object.keys(kept ?? {}).sort(), ['_id', 'at', 'network', 'reason', 'signature']);
    assert.ok(!JSON.stringify(kept).includes('203.0.113'));
    assert.equal((await Signature.findById(signer._id).lean())?.review?.reports, 1);
  });

  it('hides nothing alone, nor do many', async () => {
    const petition = await makePetition();
    const signer = await makeSigner(world, petition, { name: 'Hated Byafew' });
    for (let n = 0; n < 5; n += 1) await report(petition, proofOf(signer));
    assert.match(await (await reader().get(`/petitions/${petition.slug}`)).text(), /Hated Byafew/);
  });
});

describe('reports', () => {
  it('put what is reported most at the top', async () => {
    const petition = await makePetition();
    const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000);
    await makeSigner(world, petition, { name: 'Nobody Minds', confirmedAt: ago(60) });
    const one = await makeSigner(world, petition, { name: 'One Minds', confirmedAt: ago(30) });
    const two = await makeSigner(world, petition, { name: 'Two Mind', confirmedAt: ago(10) });
    await report(petition, proofOf(one));
    await Promise.all([report(petition, proofOf(two)), report(petition, proofOf(two), 'law')]);
    const queue = textOf(await queueOf(petition));
    assert.match(queue, /Two Mind.*One Minds.*Nobody Minds/);
  });

  it('are answered by a decision; several new ones bring it back, and it stays public until somebody looks', async () => {
    const petition = await makePetition();
    const signer = await makeSigner(world, petition, { name: 'Approved Already' });
    await report(petition, proofOf(signer));
    await decide(petition, signer, { decision: 'approve' });
    for (const isBack of [false, false, true]) {
      await report(petition, proofOf(signer), 'offTopic');
      assert.equal(/Approved Already/.test(await queueOf(petition)), isBack);
    }
    assert.match(await (await reader().get(`/petitions/${petition.slug}`)).text(), /Approved Already/);
    await decide(petition, signer, { decision: 'refuse', hide: 'all', reason: 'offTopic' });
    assert.doesNotMatch(await (await reader().get(`/petitions/${petition.slug}`)).text(), /Approved Already/);
  });

  it('are open again when the decision is undone', async () => {
    const petition = await makePetition();
    const signer = await makeSigner(world, petition);
    await report(petition, proofOf(signer), 'advertising');
    await decide(petition, signer, { decision: 'approve' });
    await ada.post(pathOf(petition, `/${signer.id}/undo`));
    assert.match(await queueOf(petition), /Reported<\/strong> · Advertising/);
    assert.equal((await Signature.findById(signer._id).lean())?.review?.reports, 1);
  });
});

describe('a report that is garbage', () => {
  it('is refused, and leaves everything as it was', async () => {
    const petition = await makePetition();
    const other = await makePetition();
    const signer = await makeSigner(world, petition);
    const hidden = await makeSigner(world, petition, { showName: false });
    const proof = proofOf(signer);
    const items = [
      ...['', 'x', '%00', signer.id, 'A'.repeat(43), `${proof}A`, '../../etc/passwd', '{"$ne":null}'],
      createTokens(world.env.LOOKUP_KEY).issue('manage', signer._id),
      proofOf(hidden),
      proofOf({ _id: new Types.ObjectId() }),
    ];
    for (const item of items) {
      assert.equal((await report(petition, item)).status, 404, item);
      const query = `/petitions/${petition.slug}/reports?item=${encodeURIComponent(item)}`;
      assert.equal((await reader().get(query)).status, 404, item);
    }
    assert.equal((await report(other, proof)).status, 404, 'another petition');
    for (const reason of ['', 'because', '__proto__', 'x'.repeat(10_000)]) {
      const response = await report(petition, proof, reason);
      assert.equal(response.status, 422);
      assert.match(await response.text(), /Choose what is wrong with it\./);
    }
    const url = `/petitions/${petition.slug}/reports`;
    for (const [body, status] of [
      ['item=%00', 400],
      ['item=a&item=b', 400],
      [`item=${'x'.repeat(100_000)}`, 413],
    ] as const)
      assert.equal((await reader().post(url, body)).status, status);
    assert.equal((await reader().request(url, { method: 'DELETE' })).status, 405);
    assert.equal((await reader().get('/petitions/none/reports?item=x')).status, 404);
    assert.equal(await Report.countDocuments({ signature: { $in: [signer._id, hidden._id] } }), 0);
    assert.equal((await Signature.findById(signer._id).lean())?.review, undefined);
  });

  it('or a flood from one network is stopped, and others are heard', async () => {
    const petition = await makePetition();
    const signer = await makeSigner(world, petition);
    const who = visitor(world, { 'x-forwarded-for': '203.0.113.99' });
    for (let n = 0; n < rateLimits.reportPerBlock.limit; n += 1)
      assert.equal((await report(petition, proofOf(signer), 'abuse', who)).status, 303);
    const refused = await report(petition, proofOf(signer), 'abuse', who);
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    assert.equal((await report(petition, proofOf(signer))).status, 303);
  });
});
