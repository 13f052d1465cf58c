import assert from 'node:assert/strict';
import { type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it, type TestContext } from 'node:test';
import { formLimits, rateLimits, streamWork } from '../../config/limits.ts';
import { freePort, type Part } from '../../scripts/part.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { makeForm, makePetition, makeSignature } from '../support/factories.ts';
import { openPlatform } from '../support/platform.ts';
import { startProcess } from '../support/processes.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';
import { nginx, startNginx } from './nginx.ts';

const skip = nginx ? false : 'nginx is not here: npm test installs it from Debian as root';

let world: World;
/** Two processes of ours and the nginx before them, from test to test. */
let ports: [number, number];
let webs: [Part, Part];
let proxy: Awaited<ReturnType<typeof startNginx>>;
before(async () => {
  if (skip) return;
  world = await startWorld({ web: false });
  ports = [await freePort(), await freePort()];
  webs = await Promise.all([startWeb(ports[0]), startWeb(ports[1])]);
  proxy = await startNginx(ports);
});
after(async () => {
  await proxy?.close();
  await Promise.all((webs ?? []).map((web) => web.stop('SIGKILL')));
  await world?.close();
});

async function startWeb(port: number): Promise<Part> {
  const web = await startProcess(world, 'web', { PORT: String(port), TRUST_PROXY: 'loopback' });
  const own = { url: `http://127.0.0.1:${port}` };
  await eventually(async () => (await visitor(own).get('/readyz')).status === 200, 'it is ready', 30_000);
  return web;
}

type Asked = { path: string; form?: Record<string, string>; from?: string; headers?: Record<string, string> };

/** One request on a connection of its own, from an address of this machine. Rejects where it is broken off. */
function ask(
  port: number,
  { path, form, from = '127.0.0.1', headers = {} }: Asked,
): Promise<IncomingMessage & { body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...{ host: '127.0.0.1', port, path, localAddress: from, agent: false },
        method: form ? 'POST' : 'GET',
        headers: {
          ...{ accept: 'text/html', host: 'petitions.example.org' },
          ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
          ...headers,
        },
      },
      (response) => {
        text(response).then((body) => resolve(Object.assign(response, { body })), reject);
      },
    );
    sent.on('error', reject);
    sent.end(form && String(new URLSearchParams(form)));
  });
}

/** An open page as a browser keeps it: comes back when its stream ends, after as long as it was told. */
function openPage(port: number, path: string, t: TestContext) {
  const page = { count: -1, ended: 0, troubles: [] as string[] };
  let isLeft = false;
  let leave = () => undefined as unknown;
  const open = (): void => {
    let again = 3_000;
    const comeBack = () => {
      page.ended += 1;
      if (!isLeft) setTimeout(open, again);
    };
    const sent = request({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      if (response.statusCode !== 200) page.troubles.push(String(response.statusCode));
      response.setEncoding('utf8').on('data', (chunk: string) => {
        again = Number(/^retry: (\d+)$/m.exec(chunk)?.[1] ?? again);
        page.count = Number(/"count":(\d+)/.exec(chunk)?.[1] ?? page.count);
      });
      response.on('error', (error) => page.troubles.push(error.message)).on('close', comeBack);
    });
    sent.on('error', (error) => !isLeft && page.troubles.push(error.message)).end();
    leave = () => sent.destroy();
  };
  open();
  t.after(() => {
    isLeft = true;
    leave();
  });
  return page;
}

let people = 0;
/** An address of this machine that nobody else signs from. */
const ownAddress = (): string => {
  people += 1;
  return `127.77.${Math.floor(people / 250)}.${(people % 250) + 1}`;
};

/** Signs and reads without a pause until it is stopped; counts what was answered, and keeps what went wrong. */
function keepBusy(port: number, { slug }: Petition) {
  const seen = { signed: 0, read: 0, troubles: [] as string[] };
  let isStopped = false;
  const loop = async (turn: () => Promise<void>) => {
    while (!isStopped) {
      await turn().catch((error: Error) => seen.troubles.push(error.message));
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  };
  const sign = async () => {
    const path = `/petitions/${slug}/signatures`;
    const { statusCode } = await ask(port, { path, form: makeForm(), from: ownAddress() });
    if (statusCode === 303) seen.signed += 1;
    else seen.troubles.push(`signing: ${statusCode}`);
  };
  const read = async (path: string) => {
    const { statusCode } = await ask(port, { path });
    if (statusCode === 200) seen.read += 1;
    else seen.troubles.push(`${path}: ${statusCode}`);
  };
  const paths = ['', '/count.json', '/check-your-email'].map((rest) => `/petitions/${slug}${rest}`);
  const loops = [sign, sign, sign, ...paths.map((path) => () => read(path)), () => read('/organize/sign-in')];
  const ended = Promise.all(loops.map(loop));
  const stop = async () => {
    isStopped = true;
    await ended;
  };
  return { seen, stop };
}

describe('two web processes behind nginx as it is documented', { skip }, () => {
  it('are restarted one after the other, and nobody notices', { timeout: 180_000 }, async (t) => {
    const { port } = proxy;
    const petition = await makePetition();
    const pages = Array.from({ length: 20 }, () => openPage(port, `/petitions/${petition.slug}/events`, t));
    await eventually(() => pages.every(({ count }) => count === 0), 'all pages are open', 20_000);
    const busy = keepBusy(port, petition);
    t.after(busy.stop);
    const worked = async () => {
      const { signed, read } = busy.seen;
      await eventually(() => busy.seen.signed > signed + 30 && busy.seen.read > read + 30, 'work', 30_000);
    };

    await worked();
    for (const one of [0, 1] as const) {
      await webs[one].stop('SIGTERM');
      await worked();
      webs[one] = await startWeb(ports[one]);
      await worked();
    }
    await busy.stop();
    assert.deepEqual(busy.seen.troubles, []);
    assert.equal(await Signature.countDocuments({ petition: petition._id }), busy.seen.signed);

    const platform = await openPlatform(world);
    t.after(() => platform.close());
    await makeSignature(petition);
    platform.queues.enqueue('tally', { petitionId: petition._id.toHexString() });
    const patience = streamWork.againTo + 15_000;
    await eventually(() => pages.every(({ count }) => count === 1), 'every page shows the count', patience);
    assert.deepEqual(
      pages.flatMap(({ troubles }) => troubles),
      [],
    );
    assert.ok(pages.every(({ ended }) => ended > 0 && ended < 10));
  });

  /** One process that takes every request and breaks it off, and one of ours. */
  async function withBroken(t: TestContext) {
    const taken: string[] = [];
    const broken = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (chunk) => {
        taken.push(chunk.toString('latin1').split(' HTTP/')[0] ?? '');
        socket.destroy();
      });
    });
    const port = await freePort();
    await new Promise<void>((resolve) => {
      broken.listen(port, '127.0.0.1', resolve);
    });
    t.after(() => broken.close());
    const before = await startNginx([port, ports[1]]);
    t.after(before.close);
    return { ...before, taken };
  }

  it('send the public to the other one when one breaks off, and organizers never twice', async (t) => {
    const { port, taken } = await withBroken(t);
    const petition = await makePetition();
    const path = `/petitions/${petition.slug}/signatures`;
    for (let n = 0; n < 8; n += 1)
      assert.equal((await ask(port, { path, form: makeForm(), from: ownAddress() })).statusCode, 303);
    assert.ok(taken.filter((line) => line === `POST ${path}`).length >= 2, String(taken));
    assert.equal(await Signature.countDocuments({ petition: petition._id }), 8);

    const statuses: (number | undefined)[] = [];
    taken.length = 0;
    for (let n = 0; n < 8; n += 1) {
      const form = { email: `nobody-${n}@example.org` };
      statuses.push((await ask(port, { path: '/organize/sign-in', form, from: ownAddress() })).statusCode);
    }
    const refused = statuses.filter((status) => status === 502).length;
    assert.ok(refused >= 2, String(statuses));
    assert.equal(taken.length, refused);
    for (let n = 0; n < 4; n += 1)
      assert.equal(
        (await ask(port, { path: '/organize/sign-in' })).statusCode,
        200,
        'reading may be repeated',
      );
  });

  it('know who asks, whatever they say of themselves', async () => {
    const { port } = proxy;
    const path = `/petitions/${(await makePetition()).slug}/signatures`;
    const from = ownAddress();
    const { limit } = rateLimits.signPerBlock;
    let refused = 0;
    for (let n = 0; n < limit + 3; n += 1) {
      const headers = { 'x-forwarded-for': `198.51.100.${n}` };
      const { statusCode } = await ask(port, { path, form: { name: '' }, from, headers });
      refused += statusCode === 429 ? 1 : 0;
    }
    assert.equal(refused, 3);
    assert.equal((await ask(port, { path, form: makeForm(), from: ownAddress() })).statusCode, 303);
  });

  it('show what is public a little longer when both are gone, keep what is not, and hide what is inside', async () => {
    const { port } = proxy;
    const path = `/petitions/${(await makePetition()).slug}`;
    for (const inside of ['/metrics', '/readyz'])
      assert.equal((await ask(port, { path: inside })).statusCode, 403);
    const page = await ask(port, { path });
    assert.equal(page.statusCode, 200);
    assert.equal((await ask(port, { path })).headers['x-request-id'], page.headers['x-request-id'], 'kept');
    const zipped = await ask(port, { path, headers: { 'accept-encoding': 'gzip' } });
    assert.equal(zipped.headers['content-encoding'], 'gzip');
    const large = { comment: 'x'.repeat(formLimits.bytes) };
    assert.equal((await ask(port, { path: `${path}/signatures`, form: large })).statusCode, 413);
    const personal = `${path}/check-your-email`;
    assert.equal((await ask(port, { path: personal })).statusCode, 200);

    await Promise.all(webs.map((web) => web.stop('SIGTERM')));
    assert.equal((await ask(port, { path })).body, page.body);
    assert.equal((await ask(port, { path: personal })).statusCode, 502);
    assert.equal((await ask(port, { path: `${path}/signatures`, form: makeForm() })).statusCode, 502);
  });
});
