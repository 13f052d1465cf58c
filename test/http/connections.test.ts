import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it, type TestContext } from 'node:test';
import { connectionLimits, fileLimits } from '../../config/limits.ts';
import { freePort, startPart } from '../../scripts/part.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { limitsOf, setLimits } from '../support/limits.ts';
import { root } from '../support/sources.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';
import { dial } from './dial.ts';
import { openOwnApp } from './own-app.ts';

const MiB = 1024 * 1024;

let world: World;
before(async () => {
  world = await startWorld({ web: false, workers: false });
});
after(() => world.close());

describe('a client that is slow', () => {
  it('to send its headers is answered 408 and let go', async (t) => {
    const own = await openOwnApp(world, t, { headers: 500, look: 100 });
    const line = dial(own.port, t);
    line.socket.write('GET /healthz HTTP/1.1\r\n');
    const trickle = setInterval(() => line.socket.write('X-A: a\r\n'), 100);
    t.after(() => clearInterval(trickle));
    await eventually(() => line.isClosed, 'it is let go', 5_000);
    assert.match(line.said, /^HTTP\/1\.1 408 /);
    assert.ok(line.lasted > 400, `after ${line.lasted} ms`);
  });

  it('to say anything at all is let go as soon', async (t) => {
    const own = await openOwnApp(world, t, { headers: 500, look: 100 });
    const line = dial(own.port, t);
    await eventually(() => line.isClosed, 'it is let go', 5_000);
  });

  it('to send its body is cut off, and nobody holds connections that way', async (t) => {
    setLimits(fileLimits, { usualTime: 1_000 });
    const own = await openOwnApp(world, t);
    const line = dial(own.port, t);
    line.socket.write('POST /petitions/none/signatures HTTP/1.1\r\nHost: localhost\r\n');
    line.socket.write('Content-Length: 1000\r\n\r\n');
    const trickle = setInterval(() => line.socket.write('a'), 100);
    t.after(() => clearInterval(trickle));
    await eventually(() => line.isClosed, 'it is let go', 5_000);
    assert.ok(line.lasted > 900, `after ${line.lasted} ms`);
    assert.equal(line.said, '');
  });

  it('to ask again is let go after a while', async (t) => {
    const own = await openOwnApp(world, t, { keepAlive: 300 });
    const line = dial(own.port, t);
    line.socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await eventually(() => line.said.includes('alive'), 'the answer');
    await eventually(() => line.isClosed, 'it is let go', 5_000);
  });

  it('to read is held up, not buffered for, and let go when it reads nothing', async (t) => {
    const own = await openOwnApp(world, t, { silent: 1_000 });
    const { slug } = await makePetition();
    const size = (await (await visitor(own).get(`/petitions/${slug}`)).text()).length;
    const asked = Math.ceil((30 * MiB) / size);
    const line = dial(own.port, t);
    line.socket.pause();
    line.socket.write(`GET /petitions/${slug} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(asked));
    const ours = await eventually(
      () => [...own.sockets].find(({ remotePort }) => remotePort === line.socket.localPort),
      'the connection',
    );
    let most = 0;
    const watching = setInterval(() => {
      most = Math.max(most, ours.writableLength);
    }, 20);
    t.after(() => clearInterval(watching));
    await eventually(() => ours.bytesWritten > MiB, 'pages are sent');
    await eventually(() => ours.destroyed, 'it is let go', 30_000);
    assert.ok(ours.bytesWritten < asked * size, 'not all pages were written');
    assert.ok(most < MiB, `${most} bytes waited in memory of ${asked * size} that were asked for`);
  });
});

describe('headers', () => {
  it('that are too long are refused with 431, however much of them is sent', async (t) => {
    const own = await openOwnApp(world, t);
    const line = dial(own.port, t);
    line.socket.write(`GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(MiB)}`);
    await eventually(() => line.isClosed, 'it is let go', 5_000);
    assert.match(line.said, /^HTTP\/1\.1 431 /);
    assert.ok(connectionLimits.headerBytes <= 16 * 1024);
  });

  it('of a usual browser with many cookies pass', async (t) => {
    const own = await openOwnApp(world, t);
    const answer = await visitor(own, { cookie: `a=${'x'.repeat(8_000)}` }).get('/healthz');
    assert.equal(answer.status, 200);
  });
});

describe('very many connections', () => {
  const memoryOf = (pid: number) =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

  /** A web process of its own that may open only so many files, and lets go who says nothing so soon, in milliseconds. */
  async function startWithFiles(files: number, headers: number, t: TestContext) {
    const port = await freePort();
    const lines: string[] = [];
    const part = await startPart({
      command: '/bin/sh',
      args: ['-c', `ulimit -n ${files} && exec "$0" server/main.ts`, process.execPath],
      env: {
        ...{ ...world.source, PORT: String(port), LOG_LEVEL: 'info', PWD: root },
        ...limitsOf({ connectionLimits: { headers, look: 500 } }),
      },
      ready: (line) => line.includes('"msg":"listening on '),
      onLine: (line) => lines.push(line),
    });
    t.after(() => part.stop('SIGKILL'));
    const own = { url: `http://127.0.0.1:${port}`, port, pid: part.pid, lines };
    await eventually(async () => (await visitor(own).get('/readyz')).status === 200, 'it is ready');
    return own;
  }

  it('that say nothing cost little, and everybody else is served meanwhile', async (t) => {
    const own = await startWithFiles(4_096, 5_000, t);
    const petition = await makePetition();
    await visitor(own).sign(petition.slug, makeForm());
    const before = memoryOf(own.pid);
    const lines = Array.from({ length: 1_000 }, () => dial(own.port, t));
    await eventually(() => lines.every(({ socket }) => !socket.connecting), 'all are there');
    const begun = performance.now();
    assert.equal((await visitor(own).get(`/petitions/${petition.slug}`)).status, 200);
    assert.equal((await visitor(own).sign(petition.slug, makeForm())).status, 303);
    assert.ok(performance.now() - begun < 3_000, `it took ${performance.now() - begun} ms`);
    const each = (memoryOf(own.pid) - before) / lines.length;
    assert.ok(each < 64 * 1024, `${Math.round(each / 1024)} KiB each`);
    await eventually(() => lines.every(({ isClosed }) => isClosed), 'all are let go', 15_000);
  });

  it('more than it may have are turned away, and none of its stores is lost to it', async (t) => {
    const files = 400;
    const own = await startWithFiles(files, 1_500, t);
    const petition = await makePetition();
    const lines = Array.from({ length: 1_500 }, () => dial(own.port, t));
    await eventually(
      () => lines.filter(({ isClosed }) => isClosed).length >= 1_500 - (files - connectionLimits.otherFiles),
      'those over the limit are turned away',
    );
    await eventually(() => lines.every(({ isClosed }) => isClosed), 'all are let go', 15_000);
    assert.equal((await visitor(own).sign(petition.slug, makeForm())).status, 303);
    assert.equal((await visitor(own).get('/readyz')).status, 200);
    assert.deepEqual(
      own.lines.filter((line) => /EMFILE|"level":(50|60)/.test(line)),
      [],
    );
  });
});
