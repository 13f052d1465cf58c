import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rateLimits } from '../../config/limits.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { textOf, valueIn } from '../support/page.ts';
import { visitor } from '../support/visitor.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await startWorld({ workers: false, env: { TRUST_PROXY: '1' } });
});
after(() => world.close());

const from = (ip: string, headers: Record<string, string> = {}) =>
  visitor(world, { 'x-forwarded-for': ip, ...headers });

/** Uses up what a network may send with forms that are wrong, on a petition that does not exist. */
async function useUp(send: () => Promise<Response>, times: number): Promise<void> {
  const begun = Array.from({ length: times }, async () => {
    const response = await send();
    await response.body?.cancel();
    assert.notEqual(response.status, 429);
  });
  await Promise.all(begun);
}

describe('too many tries', () => {
  it('from one network: 429 that says when, keeps what was typed, and stores nothing', async () => {
    const petition = await makePetition();
    const crowd = from('203.0.113.9');
    await useUp(() => crowd.sign(petition.slug, {}), rateLimits.signPerBlock.limit);

    const typed = makeForm({ name: 'Robin & Co', comment: 'The ducks', showName: 'on', region: 'Ontario' });
    const response = await crowd.sign(petition.slug, typed);
    const html = await response.text();
    assert.equal(response.status, 429);
    const wait = Number(response.headers.get('retry-after'));
    assert.ok(wait > 0 && wait <= rateLimits.signPerBlock.window, `Retry-After: ${wait}`);
    assert.match(textOf(html), /Too many tries\. You can try again in 10 minutes; what you typed is kept\./);
    for (const name of ['name', 'email', 'comment', 'region']) assert.equal(valueIn(html, name), typed[name]);
    assert.equal(valueIn(html, 'country'), 'CA');
    assert.equal(valueIn(html, 'showName'), true);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.equal(await Signature.countDocuments({ petition: petition._id }), 0);

    const neighbour = await from('203.0.113.10').sign(petition.slug, makeForm());
    assert.equal(neighbour.status, 303, 'another network is not concerned');
  });

  it('from one household by IPv6 is counted together, however many addresses it has', async () => {
    const petition = await makePetition();
    let device = 0;
    const household = () => {
      device += 1;
      return from(`2001:db8:0:7${(device % 200).toString(16).padStart(2, '0')}::${device}`);
    };
    await useUp(() => household().sign(petition.slug, {}), rateLimits.signPerBlock.limit);
    assert.equal((await household().sign(petition.slug, {})).status, 429);
    assert.equal((await from('2001:db8:0:800::1').sign(petition.slug, {})).status, 422);
  });

  it('with one address, whatever its spelling and wherever from: 429, and nobody learns whether it signed', async () => {
    const petition = await makePetition();
    const signing = (n: number) =>
      from(`198.51.100.${n}`).sign(petition.slug, makeForm({ email: `too.many+${n}@gmail.com` }));
    for (let n = 0; n < rateLimits.signPerAddress.limit; n += 1) assert.equal((await signing(n)).status, 303);
    const response = await signing(99);
    assert.equal(response.status, 429);
    assert.ok(Number(response.headers.get('retry-after')) <= rateLimits.signPerAddress.window);
    await response.body?.cancel();
    assert.equal((await from('198.51.100.100').sign(petition.slug, makeForm())).status, 303);
  });

  it('on a petition that is not there is still 404 for whom the limit is reached, and the server lives', async () => {
    const crowd = from('203.0.113.11');
    await useUp(() => crowd.sign('nothing-of-the-kind', {}), rateLimits.signPerBlock.limit);
    const response = await crowd.sign('nothing-of-the-kind', {});
    assert.ok([404, 429].includes(response.status), String(response.status));
    assert.equal((await from('203.0.113.12').get('/healthz')).status, 200);
  });

  it('is told to a program as problem details', async () => {
    const petition = await makePetition();
    const crowd = from('203.0.113.13', { accept: 'application/json' });
    await useUp(() => crowd.sign(petition.slug, {}), rateLimits.signPerBlock.limit);
    const response = await crowd.sign(petition.slug, makeForm());
    assert.equal(response.status, 429);
    assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
    assert.match(((await response.json()) as { errors: { form: string } }).errors.form, /Too many tries/);
  });

  it('of asking for the mail again, by network and by address', async () => {
    const petition = await makePetition();
    const ask = (ip: string, email: string) =>
      from(ip).post(`/petitions/${petition.slug}/confirmations`, { email });
    const { email = '' } = makeForm();
    for (let n = 0; n < rateLimits.resendPerAddress.limit; n += 1)
      assert.equal((await ask(`198.51.100.${n}`, email)).status, 303);
    const tooMany = await ask('198.51.100.50', email);
    assert.equal(tooMany.status, 429);
    assert.match(textOf(await tooMany.text()), /Too many tries.*You can try again in/);
    assert.ok(Number(tooMany.headers.get('retry-after')) > 0);

    await useUp(() => ask('203.0.113.14', makeForm().email ?? ''), rateLimits.resendPerBlock.limit);
    assert.equal((await ask('203.0.113.14', makeForm().email ?? '')).status, 429);
  });

  it('of following links', async () => {
    const scanner = from('203.0.113.15');
    const link = `/confirm/${'A'.repeat(43)}`;
    await useUp(() => scanner.get(link), rateLimits.linkPerBlock.limit);
    for (const path of [link, `/signatures/${'A'.repeat(43)}`, `/unsubscribe/${'A'.repeat(43)}`])
      assert.equal((await scanner.get(path)).status, 429, path);
  });

  it('of nothing else: reading is never limited', async () => {
    const { slug } = await makePetition();
    const reader = from('203.0.113.16');
    await useUp(() => reader.get(`/petitions/${slug}/count.json`), 400);
  });
});

describe('who somebody is', () => {
  it('is what the trusted proxy says, not what the visitor says', async () => {
    const petition = await makePetition();
    let n = 0;
    const liar = () => {
      n += 1;
      return from(`192.0.2.${n % 250}, 203.0.113.17`).sign(petition.slug, {});
    };
    await useUp(liar, rateLimits.signPerBlock.limit);
    assert.equal((await liar()).status, 429);
  });
});
