import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { freePort } from '../../scripts/part.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { captchaKeys } from '../support/hcaptcha.ts';
import { startProcess } from '../support/processes.ts';
import { type Signer, signAndOpenMail } from '../support/signer.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';

let world: World;
let slug: string;
let signer: Signer;
let asset: string;
before(async () => {
  world = await startWorld();
  slug = (await makePetition()).slug;
  signer = await signAndOpenMail(world, slug, makeForm());
  const page = await (await visitor(world).get('/')).text();
  asset = (/href="(\/assets\/css\/site\.css[^"]*)"/.exec(page)?.[1] ?? '').replaceAll('&#x3D;', '=');
});
after(() => world.close());

const short = /^public, max-age=\d{1,2},/;
const never = /^no-store$/;

/** Every route of the public, and for how long its answer may be kept. */
const routes: [string, () => string, number, RegExp][] = [
  ['the list', () => '/', 200, short],
  ['a petition', () => `/petitions/${slug}`, 200, short],
  ['a petition by a shared link', () => `/petitions/${slug}?ref=x`, 200, short],
  ['its count', () => `/petitions/${slug}/count.json`, 200, short],
  ['privacy', () => '/privacy', 200, short],
  ['robots', () => '/robots.txt', 200, /^public, max-age=3600/],
  ['a style sheet', () => asset, 200, /^public, max-age=31536000, immutable$/],
  ['check your e-mail', () => `/petitions/${slug}/check-your-email`, 200, never],
  ['signed', () => `/petitions/${slug}/signed`, 200, never],
  ['a link to confirm', () => signer.confirm, 200, never],
  ['new links', () => '/confirmations', 200, never],
  ["a signer's own page", () => signer.manage, 200, never],
  ['a link to unsubscribe', () => signer.unsubscribe, 200, never],
  ['the outbox', () => '/dev/outbox', 200, never],
  ['alive', () => '/healthz', 200, never],
  ['ready', () => '/readyz', 200, never],
  ['metrics', () => '/metrics', 200, never],
  ['nothing', () => '/nowhere', 404, never],
  ['no petition', () => '/petitions/nowhere', 404, never],
  ['no link', () => '/confirm/nowhere', 404, never],
  ['a wrong method', () => `/petitions/${slug}/signatures`, 405, never],
];

describe('every route', () => {
  for (const [what, path, status, cache] of routes) {
    it(`${what}: says how long it may be kept, keeps to itself and sets no cookie`, async () => {
      const response = await visitor(world).get(path());
      await response.body?.cancel();
      assert.equal(response.status, status);
      const { headers } = response;
      assert.match(headers.get('cache-control') ?? 'none', cache);
      assert.equal(headers.get('set-cookie'), null);
      assert.equal(headers.get('x-powered-by'), null);
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('referrer-policy'), 'same-origin');
      assert.equal(headers.get('x-frame-options'), 'SAMEORIGIN');
      assert.match(headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
      const policy = headers.get('content-security-policy') ?? '';
      assert.match(policy, /default-src 'none'/);
      assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|\*|http:/);
    });

    it(`${what}: answers HEAD as GET, without a body`, async () => {
      const response = await visitor(world).request(path(), { method: 'HEAD' });
      assert.equal(response.status, status);
      assert.equal(await response.text(), '');
      assert.match(response.headers.get('cache-control') ?? 'none', cache);
    });
  }

  it('is one request with an id of its own', async () => {
    const ids = await Promise.all(
      [1, 2, 3].map(async () => (await visitor(world).get('/healthz')).headers.get('x-request-id')),
    );
    assert.equal(new Set(ids).size, 3);
  });
});

describe('the policy for scripts', () => {
  const policyOf = (response: Response) =>
    Object.fromEntries(
      (response.headers.get('content-security-policy') ?? '').split(';').map((directive) => {
        const [name = '', ...sources] = directive.trim().split(' ');
        return [name, sources];
      }),
    );

  it('lets in our own and no others while there is no robot check', async () => {
    const policy = policyOf(await visitor(world).get('/'));
    assert.deepEqual(policy['script-src'], ["'self'"]);
    assert.deepEqual(policy['frame-ancestors'], ["'self'"]);
    assert.deepEqual(policy['base-uri'], ["'none'"]);
    assert.deepEqual(policy['form-action'], ["'self'"]);
    assert.equal(policy['upgrade-insecure-requests'], undefined);
    assert.equal((await visitor(world).get('/')).headers.get('strict-transport-security'), null);
  });

  it('lets in hCaptcha where its keys are set, and insists on https where we are', async (t) => {
    const port = await freePort();
    const secure = { ...captchaKeys, BASE_URL: 'https://petitions.example.org', PORT: String(port) };
    const web = await startProcess(world, 'web', secure);
    t.after(() => web.stop('SIGKILL'));
    const of = { url: `http://127.0.0.1:${port}` };
    await eventually(async () => (await visitor(of).get('/readyz')).status === 200, 'it is ready');
    const response = await visitor(of).get(`/petitions/${slug}`);
    const policy = policyOf(response);
    for (const name of ['script-src', 'style-src', 'frame-src', 'connect-src'])
      assert.deepEqual(policy[name], ["'self'", 'https://hcaptcha.com', 'https://*.hcaptcha.com'], name);
    assert.deepEqual(policy['upgrade-insecure-requests'], []);
    assert.match(response.headers.get('strict-transport-security') ?? '', /max-age=\d+/);
    assert.match(
      await response.text(),
      /<meta property="og:url" content="https:\/\/petitions\.example\.org\//,
    );
  });
});
