import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { formLimits } from '../../config/limits.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { metaOf, textOf } from '../support/page.ts';
import { visitor } from '../support/visitor.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await startWorld({ workers: false });
});
after(() => world.close());

describe('an error', () => {
  const table: [string, number, string, RequestInit, RegExp][] = [
    ['an unknown page', 404, '/nowhere', {}, /There is no page here.*Go to the petitions/],
    ['an unknown file', 404, '/assets/css/nothing.css', {}, /There is no page here/],
    ['a file outside', 404, '/assets/..%2f..%2f.gitignore', {}, /There is no page here/],
    ['an address that cannot be read', 400, '/petitions/%E0%A4%A', {}, /made no sense/],
    ['a petition deleted', 405, '/petitions/x', { method: 'DELETE' }, /does not work this way/],
    ['signatures read', 405, '/petitions/x/signatures', {}, /does not work this way/],
    ['a confirmation put', 405, '/confirm/x', { method: 'PUT' }, /does not work this way/],
    [
      'too long a body',
      413,
      '/confirmations',
      { method: 'POST', body: 'x'.repeat(formLimits.bytes + 1) },
      /too much at once/,
    ],
  ];
  for (const [what, status, path, init, says] of table) {
    it(`${what} is ${status}: a page for people`, async () => {
      const response = await visitor(world).request(path, init);
      const html = await response.text();
      assert.equal(response.status, status);
      assert.match(response.headers.get('content-type') ?? '', /^text\/html/);
      assert.match(textOf(html), says);
      assert.equal(metaOf(html, 'robots'), 'noindex');
      assert.doesNotMatch(html, /\.ts:\d|node_modules|at async/);
    });

    for (const accept of [
      'application/json',
      'application/problem+json',
      'application/problem+json, application/json;q=0.9',
    ])
      it(`${what} is ${status}: a problem for programs that accept ${accept}`, async () => {
        const response = await visitor(world, { accept }).request(path, init);
        assert.equal(response.status, status);
        assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
        const problem = (await response.json()) as Record<string, unknown>;
        assert.equal(problem.status, status);
        assert.equal(problem.type, 'about:blank');
        assert.ok(problem.title && problem.detail);
        assert.equal(problem.requestId, response.headers.get('x-request-id'));
      });
  }

  it('is in French when that is asked for', async () => {
    const html = await (await visitor(world).get('/nowhere?lang=fr')).text();
    assert.match(html, /<html lang="fr">/);
  });

  it('405 says which methods there are', async () => {
    const { slug } = await makePetition();
    const allowed: [string, string, string[]][] = [
      [`/petitions/${slug}`, 'DELETE', ['GET']],
      [`/petitions/${slug}/signatures`, 'GET', ['POST']],
      [`/petitions/${slug}/confirmations`, 'GET', ['POST']],
      ['/confirmations', 'PUT', ['GET', 'POST']],
      [`/confirm/${'A'.repeat(43)}`, 'DELETE', ['GET', 'POST']],
    ];
    for (const [path, method, methods] of allowed) {
      const response = await visitor(world).request(path, { method });
      assert.equal(response.status, 405, path);
      const allow = (response.headers.get('allow') ?? '').split(', ').filter((name) => name !== 'HEAD');
      assert.deepEqual(allow.toSorted(), methods.toSorted(), path);
    }
  });
});

describe('what nobody expected', () => {
  const secret = 'duplicate key robin@example.org in /srv/app/server/petitions.ts';

  it('is 500: a page with the id that is in the log, and nothing of what happened', async (t) => {
    const { slug } = await makePetition();
    t.mock.method(Petition, 'findOne', () => {
      throw new Error(secret);
    });
    for (const send of [
      () => visitor(world).get(`/petitions/${slug}`),
      () => visitor(world).sign(slug, makeForm()),
    ]) {
      const response = await send();
      const html = await response.text();
      assert.equal(response.status, 500);
      assert.match(textOf(html), /Something broke on our side/);
      assert.ok(html.includes(response.headers.get('x-request-id') ?? 'no id'));
      assert.doesNotMatch(html, /duplicate key|robin@|\.ts|at async|node_modules/);
      assert.equal(response.headers.get('cache-control'), 'no-store');
    }
    const json = await visitor(world, { accept: 'application/json' }).get(`/petitions/${slug}`);
    const text = await json.text();
    assert.equal(JSON.parse(text).requestId, json.headers.get('x-request-id'));
    assert.doesNotMatch(text, /duplicate key|stack/);
  });

  const raw = [
    'GET / HTTP/1.1\r\n\r\n',
    'GET\r\n\r\n',
    `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    'POST /petitions/x/signatures HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /petitions/x/signatures HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd',
    'POST /petitions/x/signatures HTTP/1.1\r\nHost: x\r\nContent-Encoding: x-secret\r\nContent-Length: 1\r\n\r\na',
  ];
  for (const text of raw)
    it(`on the wire ends in 4xx: ${JSON.stringify(text.slice(0, 30))}`, async () => {
      const answer = await new Promise<string>((resolve, reject) => {
        const socket = connect(Number(new URL(world.url).port), '127.0.0.1', () => socket.write(text));
        let got = '';
        socket.on('data', (chunk) => {
          got += chunk;
          socket.end();
        });
        socket.on('close', () => resolve(got)).on('error', reject);
      });
      assert.match(answer, /^HTTP\/1\.1 4\d\d /);
      assert.equal((await visitor(world).get('/healthz')).status, 200);
    });
});
