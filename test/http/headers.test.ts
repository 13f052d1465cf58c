import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { freePort } from '../../scripts/part.ts';
import { createApp } from '../../server/app.ts';
import { watchLoad } from '../../server/middleware/load.ts';
import { organizeTable } from '../../server/organize/routes.ts';
import { captchaKeys } from '../support/hcaptcha.ts';
import { routesOf } from '../support/http-map.ts';
import { signInAs } from '../support/organizer.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { startProcess } from '../support/processes.ts';
import { makeSite, type Site } from '../support/site.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';

let world: World;
let platform: OpenPlatform;
let site: Site;
before(async () => {
  world = await startWorld();
  platform = await openPlatform(world);
  site = await makeSite(world, platform);
});
after(async () => {
  await platform?.close();
  await world?.close();
});

const swr = (age: number) =>
  new RegExp(`^public, max-age=${age}, stale-while-revalidate=${6 * age}, stale-if-error=86400$`);
const page = swr(10);
const immutable = /^public, max-age=31536000, immutable$/;
const never = /^no-store$/;

/**
 * One request: what it is, where, how it ends, for how long the answer may be kept, and what is sent along. It stands
 * behind its route; a route without a row fails below.
 */
type Row = [what: string, path: () => string, status: number, cache: RegExp, form?: Record<string, string>];
const petition = (rest = '') => `/petitions/${site.slug}${rest}`;
const gone = (rest = '') => `/petitions/${site.withdrawn}${rest}`;
const moved = (rest = '') => `/petitions/${site.formerSlug}${rest}`;
const campaign = (rest = '') => `/campaigns/${site.campaign}${rest}`;
const nothing = { email: 'nobody' };

const rows: Record<string, Row[]> = {
  'GET /assets': [
    ['a style sheet', () => site.asset, 200, immutable],
    ['a module of passkeys', () => '/assets/webauthn/index.js', 200, /^public, max-age=3600$/],
    ['no asset', () => '/assets/nothing.css', 404, never],
  ],
  'GET /healthz': [['alive', () => '/healthz', 200, never]],
  'GET /readyz': [['ready', () => '/readyz', 200, never]],
  'GET /metrics': [['metrics', () => '/metrics', 200, never]],
  'GET /petitions/:slug/count.json': [
    ['a count', () => petition('/count.json'), 200, swr(5)],
    ['the count of what is gone', () => gone('/count.json'), 410, never],
    ['the count of nothing', () => '/petitions/nowhere/count.json', 404, never],
  ],
  'GET /petitions/:slug/events': [['a stream', () => petition('/events'), 200, never]],
  'GET /images/:file': [
    ['a picture', () => `/images/${site.image}.jpg`, 200, immutable],
    ['a picture as WebP', () => `/images/${site.image}.webp`, 200, immutable],
    ['no picture', () => `/images/${'0'.repeat(32)}.jpg`, 404, never],
  ],
  'GET /': [['the list', () => '/', 200, page]],
  'GET /campaigns/:slug': [
    ['a campaign', () => campaign(), 200, page],
    ['a campaign in French', () => campaign('?lang=fr'), 200, page],
    ['a campaign that moved', () => `/campaigns/${site.formerCampaign}`, 301, page],
    ['no campaign', () => '/campaigns/nowhere', 404, never],
  ],
  'GET /campaigns/:slug/count.json': [
    ['a count of a campaign', () => campaign('/count.json'), 200, swr(5)],
    ['the count of no campaign', () => '/campaigns/nowhere/count.json', 404, never],
  ],
  'GET /campaigns/:slug/feed.xml': [
    ['the feed of a campaign', () => campaign('/feed.xml'), 200, swr(300)],
    ['the feed of a campaign that moved', () => `/campaigns/${site.formerCampaign}/feed.xml`, 301, page],
    ['the feed of no campaign', () => '/campaigns/nowhere/feed.xml', 404, never],
  ],
  'GET /campaigns/:slug/events': [['a stream of a campaign', () => campaign('/events'), 200, never]],
  'GET /petitions/:slug': [
    ['a petition', () => petition(), 200, page],
    ['a petition by a shared link', () => petition('?ref=x'), 200, page],
    ['a petition in French', () => petition('?lang=fr'), 200, page],
    ['a petition that moved', () => moved(), 301, page],
    ['a petition that was withdrawn', () => gone(), 410, never],
    ['no petition', () => '/petitions/nowhere', 404, never],
  ],
  'GET /petitions/:slug/check-your-email': [
    ['check your e-mail', () => petition('/check-your-email'), 200, never],
  ],
  'GET /petitions/:slug/signed': [['signed', () => petition('/signed'), 200, never]],
  'GET /petitions/:slug/versions': [['its text until now', () => petition('/versions'), 200, page]],
  'GET /petitions/:slug/signatories': [
    ['who signed an open letter', () => `/petitions/${site.openLetter}/signatories`, 200, page],
    ['who is called so', () => `/petitions/${site.openLetter}/signatories?q=ada&by=country`, 200, page],
    ['who signed, to be printed', () => `/petitions/${site.openLetter}/signatories?print=1`, 200, page],
    ['who signed what is no open letter', () => petition('/signatories'), 404, never],
    ['the signatories of what moved', () => moved('/signatories'), 301, page],
    ['the signatories of nothing', () => '/petitions/nowhere/signatories', 404, never],
  ],
  'GET /petitions/:slug/reports': [
    ['a report', () => petition(`/reports?item=${site.item}`), 200, never],
    ['a report on nothing', () => petition('/reports?item=x'), 404, never],
  ],
  'POST /petitions/:slug/reports': [
    ['a report without a reason', () => petition('/reports'), 422, never, { item: 'of the site' }],
    ['a report', () => petition('/reports'), 303, never, { item: 'of the site', reason: 'abuse' }],
  ],
  'GET /petitions/:slug/reports/received': [['reported', () => petition('/reports/received'), 200, never]],
  'GET /petitions/:slug/representatives': [
    ['the address of a search', () => petition('/representatives'), 303, never],
  ],
  'POST /petitions/:slug/representatives': [
    ['representatives where none are asked for', () => petition('/representatives'), 404, never, {}],
  ],
  'GET /petitions/:slug/updates/:n': [
    ['an update', () => petition('/updates/1'), 200, swr(60)],
    ['no update', () => petition('/updates/2'), 404, never],
  ],
  'GET /feed.xml': [
    ['the feed', () => '/feed.xml', 200, swr(300)],
    ['the feed in French', () => '/feed.xml?lang=fr', 200, swr(300)],
  ],
  'GET /petitions/:slug/feed.xml': [
    ['a feed', () => petition('/feed.xml'), 200, swr(300)],
    ['a feed that moved', () => moved('/feed.xml'), 301, page],
    ['the feed of what is gone', () => gone('/feed.xml'), 410, never],
    ['no feed', () => '/petitions/nowhere/feed.xml', 404, never],
  ],
  'POST /petitions/:slug/signatures': [
    ['a signature with mistakes', () => petition('/signatures'), 422, never, nothing],
    ['a signature', () => petition('/signatures'), 303, never, { email: 'of somebody' }],
    ['a signature of what is gone', () => gone('/signatures'), 410, never, { email: 'of somebody' }],
  ],
  'GET /confirm/:token': [
    ['a link to confirm', () => site.signer.confirm, 200, never],
    ['no link', () => '/confirm/nowhere', 404, never],
  ],
  'POST /confirm/:token': [
    ['to confirm', () => site.signer.confirm, 303, never, {}],
    ['to confirm nothing', () => '/confirm/nowhere', 404, never, {}],
  ],
  'POST /petitions/:slug/confirmations': [
    ['another mail for no address', () => petition('/confirmations'), 422, never, nothing],
    ['another mail', () => petition('/confirmations'), 303, never, { email: 'of somebody' }],
  ],
  'GET /confirmations': [['new links', () => '/confirmations', 200, never]],
  'POST /confirmations': [
    ['new links for no address', () => '/confirmations', 422, never, nothing],
    ['new links', () => '/confirmations', 303, never, { email: 'of somebody' }],
  ],
  'GET /signatures/:token': [
    ["a signer's own page", () => site.signer.manage, 200, never],
    ["nobody's own page", () => '/signatures/nowhere', 404, never],
  ],
  'POST /signatures/:token/download': [
    ["a signer's own data", () => `${site.signer.manage}/download`, 200, never, {}],
  ],
  'POST /signatures/:token/hidden-name': [
    ['to hide a name', () => `${site.signer.manage}/hidden-name`, 303, never, {}],
  ],
  'GET /unsubscribe/:token': [['a link to unsubscribe', () => site.signer.unsubscribe, 200, never]],
  'POST /unsubscribe/:token': [['to unsubscribe', () => site.signer.unsubscribe, 200, never, {}]],
  'POST /signatures/:token/withdrawal': [
    ['to withdraw', () => `${site.signer.manage}/withdrawal`, 303, never, {}],
  ],
  'POST /signatures/:token/erasure': [
    ['to be forgotten', () => `${site.signer.manage}/erasure`, 200, never, {}],
  ],
  'GET /newsletter': [
    ['the newsletter', () => '/newsletter', 200, swr(60)],
    [
      'the newsletter in French, from a page after signing',
      () => '/newsletter?from=signed&lang=fr',
      200,
      swr(60),
    ],
  ],
  'POST /newsletter/subscriptions': [
    ['a subscription with mistakes', () => '/newsletter/subscriptions', 422, never, nothing],
    [
      'a subscription',
      () => '/newsletter/subscriptions',
      303,
      never,
      { email: 'newsletter@example.org', consent: 'on' },
    ],
  ],
  'GET /newsletter/check-your-email': [
    ['check your e-mail for the newsletter', () => '/newsletter/check-your-email', 200, never],
  ],
  'GET /newsletter/subscribed': [['subscribed', () => '/newsletter/subscribed', 200, never]],
  'GET /newsletter/feed.xml': [['the feed of the newsletter', () => '/newsletter/feed.xml', 200, swr(300)]],
  'GET /newsletter/:slug': [
    ['an issue of the newsletter', () => site.newsletter.issue, 200, swr(60)],
    ['no issue of the newsletter', () => '/newsletter/2026-01-01-nothing', 404, never],
  ],
  'POST /newsletter/:slug/comments': [
    ['a newsletter comment with mistakes', () => `${site.newsletter.issue}/comments`, 422, never, nothing],
    [
      'a newsletter comment',
      () => `${site.newsletter.issue}/comments`,
      303,
      never,
      { email: 'newsletter@example.org', name: 'Robin', comment: 'It rained.' },
    ],
  ],
  'GET /newsletter/:slug/comments/received': [
    ['a newsletter comment received', () => `${site.newsletter.issue}/comments/received`, 200, never],
  ],
  'GET /newsletter/comments/:token': [
    ['a newsletter comment to confirm', () => site.newsletter.comment, 200, never],
    ['no newsletter comment', () => '/newsletter/comments/nowhere', 404, never],
  ],
  'POST /newsletter/comments/:token': [
    ['to confirm a newsletter comment', () => site.newsletter.comment, 200, never, {}],
  ],
  'GET /newsletter/confirm/:token': [
    ['a newsletter link', () => site.newsletter.confirm, 200, never],
    ['no newsletter link', () => '/newsletter/confirm/nowhere', 404, never],
  ],
  'POST /newsletter/confirm/:token': [
    ['to join the newsletter', () => site.newsletter.confirm, 303, never, {}],
  ],
  'GET /newsletter/own/:token': [
    ["a newsletter reader's own page", () => site.newsletter.own, 200, never],
    ["nobody's own newsletter page", () => '/newsletter/own/nowhere', 404, never],
  ],
  'POST /newsletter/own/:token/download': [
    ["a newsletter reader's own data", () => `${site.newsletter.own}/download`, 200, never, {}],
  ],
  'GET /newsletter/unsubscribe/:token': [
    ['a link to leave the newsletter', () => site.newsletter.unsubscribe, 200, never],
  ],
  'POST /newsletter/unsubscribe/:token': [
    ['to leave the newsletter', () => site.newsletter.unsubscribe, 200, never, {}],
  ],
  'POST /newsletter/own/:token/unsubscription': [
    [
      'to leave the newsletter by one’s own page',
      () => `${site.newsletter.own}/unsubscription`,
      303,
      never,
      {},
    ],
  ],
  'POST /newsletter/own/:token/comments/:comment/removal': [
    [
      'to take back a newsletter comment that is not there',
      () => `${site.newsletter.own}/comments/${'0'.repeat(24)}/removal`,
      303,
      never,
      {},
    ],
  ],
  'POST /newsletter/own/:token/erasure': [
    ['to be forgotten by the newsletter', () => `${site.newsletter.own}/erasure`, 200, never, {}],
  ],
  'GET /privacy': [['privacy', () => '/privacy', 200, swr(60)]],
  'GET /robots.txt': [['robots', () => '/robots.txt', 200, swr(3600)]],
  'GET /dev/outbox': [['the outbox', () => '/dev/outbox', 200, never]],
  'GET /dev/outbox/:id': [['a mail', () => `/dev/outbox/${site.mail}`, 200, never]],
  'GET /dev/outbox/:id/html': [['its other half', () => `/dev/outbox/${site.mail}/html`, 200, never]],
};

const filled = (form: Record<string, string>) => ({
  ...form,
  ...(form.item && { item: site.item }),
  ...(form.email === 'of somebody' && site.newForm()),
});

function ask(path: string, form?: Record<string, string>, headers: Record<string, string> = {}) {
  const browser = visitor(world, headers);
  return form ? browser.post(path, filled(form)) : browser.get(path);
}

/** What every answer has, whatever it is. */
function keepsToItself({ headers }: Response, what: string): void {
  assert.equal(headers.get('set-cookie'), null, what);
  assert.equal(headers.get('x-powered-by'), null, what);
  assert.equal(headers.get('server'), null, what);
  assert.equal(headers.get('x-content-type-options'), 'nosniff', what);
  assert.equal(headers.get('x-frame-options'), 'SAMEORIGIN', what);
  assert.match(headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/, what);
  const isMail = what === 'its other half';
  assert.equal(headers.get('referrer-policy'), 'same-origin', what);
  const policy = headers.get('content-security-policy') ?? '';
  assert.match(policy, /default-src 'none'/, what);
  if (!isMail) assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|\*|http:/, what);
  // Nothing but what its address says, and how its bytes are packed, makes an answer what it is.
  const vary = (headers.get('vary') ?? '').split(/, */).filter(Boolean);
  assert.ok(!vary.some((name) => /cookie|language|user-agent|\*/i.test(name)), `${what} varies: ${vary}`);
}

describe('the table of this file', () => {
  it('has a row for every route of the public, and none for a route that is gone', () => {
    const none = { size: 0 } as Parameters<typeof createApp>[1];
    const load = watchLoad();
    const app = createApp(platform, none, load, new AbortController().signal);
    load.close();
    const routes = routesOf(app);
    const ours = routes.filter((route) => !/ \/organize\b/.test(route) && !route.startsWith('ALL '));
    assert.deepEqual(
      ours.filter((route) => !rows[route]),
      [],
      'routes nobody wrote a row for: add them to this file',
    );
    assert.deepEqual(
      Object.keys(rows).filter((route) => !ours.includes(route)),
      [],
      'rows whose route is gone',
    );
    const organizers = organizeTable(platform).map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    assert.deepEqual(
      routes.filter((route) => / \/organize\b/.test(route) && !route.startsWith('ALL ')).sort(),
      organizers.sort(),
      'routes of organizers outside their table',
    );
  });
});

describe('every route of the public', () => {
  for (const [route, requests] of Object.entries(rows)) {
    for (const [what, path, status, cache, form] of requests) {
      it(`${route}, ${what}: says how long it may be kept, keeps to itself and sets no cookie`, async () => {
        const response = await ask(path(), form);
        await response.body?.cancel();
        assert.equal(response.status, status);
        assert.match(response.headers.get('cache-control') ?? 'none', cache);
        keepsToItself(response, what);
      });

      if (!form)
        it(`${route}, ${what}: answers HEAD as GET, without a body`, async () => {
          const response = await visitor(world).request(path(), { method: 'HEAD' });
          assert.equal(response.status, status);
          assert.equal(await response.text(), '');
          assert.match(response.headers.get('cache-control') ?? 'none', cache);
        });
    }
  }

  it('is no other: a wrong method or address is kept by nobody', async () => {
    const paths = Object.values(rows).flatMap((requests) => requests.map(([, path]) => path()));
    for (const path of ['/nowhere', '/petitions', ...paths]) {
      const response = await visitor(world).request(path, { method: 'DELETE' });
      await response.body?.cancel();
      assert.ok([404, 405].includes(response.status), `${path} answered ${response.status}`);
      assert.equal(response.headers.get('cache-control'), 'no-store', path);
      if (response.status === 405) assert.match(response.headers.get('allow') ?? '', /GET|POST/, path);
      keepsToItself(response, path);
    }
  });

  it('is one request with an id of its own', async () => {
    const ids = await Promise.all(
      [1, 2, 3].map(async () => (await visitor(world).get('/healthz')).headers.get('x-request-id')),
    );
    assert.equal(new Set(ids).size, 3);
  });
});

describe('what may be kept', () => {
  const kept = Object.values(rows)
    .flat()
    .filter(([, , status, cache]) => cache !== never && status === 200);

  for (const [what, path] of kept) {
    it(`${what}: has a validator, and who has it is sent nothing again`, async () => {
      const first = await ask(path());
      const bytes = await first.text();
      const etag = first.headers.get('etag') ?? '';
      assert.match(etag, /^(W\/)?"[^"]+"$/);
      const opaque = etag.replace('W/', '');
      for (const [condition, status] of [
        [etag, 304],
        [opaque, 304],
        [`W/${opaque}`, 304],
        [`"other", W/"another", ${etag}`, 304],
        ['*', 304],
        ['"other"', 200],
        [opaque.replaceAll('"', ''), 200],
      ] as const) {
        // fetch() adds `no-cache` to a condition of one's own unless it is told otherwise.
        const again = await ask(path(), undefined, {
          'if-none-match': condition,
          'cache-control': 'max-age=0',
        });
        assert.equal(again.status, status, `If-None-Match: ${condition}`);
        assert.equal(await again.text(), status === 304 ? '' : bytes);
        assert.equal(again.headers.get('cache-control'), first.headers.get('cache-control'));
        assert.equal(again.headers.get('etag'), etag);
        keepsToItself(again, what);
      }
    });

    it(`${what}: is the same whoever asks`, async () => {
      const { _id } = site.owner;
      const [one, other] = await Promise.all([
        ask(path()),
        ask(path(), undefined, {
          cookie: await site.cookie(_id),
          'accept-language': 'fr',
          'user-agent': 'Mozilla/5.0 (iPhone)',
          authorization: 'Bearer x',
        }),
      ]);
      assert.equal(await one.text(), await other.text());
      assert.equal(one.headers.get('etag'), other.headers.get('etag'));
      assert.equal(other.headers.get('set-cookie'), null);
    });
  }

  it('has another validator once it is another', async () => {
    const count = () => ask(petition('/count.json'));
    const before = await count();
    const { count: was } = (await before.json()) as { count: number };
    await site.signAndConfirm();
    const now = await eventually(async () => {
      const response = await count();
      return ((await response.json()) as { count: number }).count > was ? response : undefined;
    }, 'a count that moved');
    assert.notEqual(now.headers.get('etag'), before.headers.get('etag'));
    const condition = { 'if-none-match': before.headers.get('etag') ?? '', 'cache-control': 'max-age=0' };
    const page = await ask(petition('/count.json'), undefined, condition);
    assert.equal(page.status, 200);
  });
});

describe('the organizers’ side', () => {
  it('is kept by nobody: each page, form, file and stream, for whoever may and for whoever may not', async () => {
    const owner = { cookie: await site.cookie(site.owner._id), origin: world.env.BASE_URL };
    const asked: Record<string, string>[] = [{}, { origin: world.env.BASE_URL }, owner];
    const wrong: string[] = [];
    for (const { method, path } of organizeTable(platform)) {
      if (path === '/organize/sign-out') continue;
      const real = site.organizePath(path);
      for (const headers of asked) {
        const leave = new AbortController();
        const response = await visitor(world, headers).request(real, {
          method: method.toUpperCase(),
          signal: leave.signal,
        });
        const cache = response.headers.get('cache-control');
        leave.abort();
        if (cache !== 'no-store' || response.status >= 500)
          wrong.push(`${method} ${path}: ${response.status} ${cache}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  it('gives a file of an export to be kept by nobody', async () => {
    const owner = await signInAs(world, 'owner');
    const response = await owner.get(site.exportPath);
    assert.equal(await response.text(), 'name\nRobin\n');
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('cache-control'), 'no-store');
  });

  it('sets its cookie where nothing is kept', async () => {
    const owner = await signInAs(world, 'owner');
    const response = await owner.post('/organize/sign-out');
    assert.match(response.headers.get('set-cookie') ?? '', /session=/);
    assert.equal(response.headers.get('cache-control'), 'no-store');
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
    const response = await visitor(of).get(petition());
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
