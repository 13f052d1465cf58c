import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freePort, startPart } from '../../scripts/part.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { makePetition } from '../support/factories.ts';
import { startProcess } from '../support/processes.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';
import type { Report } from './crowd.ts';

let world: World;
let slug: string;
let report: Report;

/** Who signs and who is signed with are processes of their own; what they tell is looked at by each test. */
before(
  async () => {
    world = await startWorld({ web: false, workers: false });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const web = await startProcess(world, 'web', { PORT: String(port), TRUST_PROXY: 'loopback' });
    await eventually(
      async () => (await visitor({ url }).get('/readyz')).status === 200,
      'it is ready',
      30_000,
    );
    ({ slug } = await makePetition());
    let told = '';
    const crowd = await startPart({
      command: process.execPath,
      args: [join(import.meta.dirname, 'crowd.ts'), url, slug],
      ready: (line) => line.startsWith('{'),
      onLine: (line) => {
        told += line;
      },
    });
    await crowd.stop();
    await web.stop('SIGTERM');
    report = JSON.parse(told);
  },
  { timeout: 180_000 },
);
after(() => world?.close());

describe('three times as many signers as a web process can take', () => {
  it('each get an answer: taken, or asked to come again', (t) => {
    const { rate, calm, crowded, witnessed, recovered } = report;
    t.diagnostic(JSON.stringify({ rate: Math.round(rate), calm, crowded, witnessed, recovered }));
    assert.deepEqual([report.calm.failures, crowded.failures], [{}, {}]);
    assert.equal(report.calm.turnedAway.count, 0, 'nobody is turned away before');
    assert.ok(crowded.turnedAway.count > crowded.sent * 0.05, `${crowded.turnedAway.count} were turned away`);
    assert.equal(crowded.taken.count + crowded.turnedAway.count, crowded.sent);
  });

  it('are still taken', () => {
    const { rate, crowded } = report;
    const share = crowded.taken.count / crowded.seconds / rate;
    // How many are taken, and how long they wait, depends on what the crowd leaves of the cores: it is printed above.
    assert.ok(share > 0.1, `${share} of the rate without a crowd`);
  });

  it('hear soon that they are to come again: sooner than others are taken', () => {
    const { crowded, witnessed } = report;
    const { taken, turnedAway } = crowded;
    assert.ok(turnedAway.p50 < taken.p50, `${turnedAway.p50} ms, and ${taken.p50} to sign`);
    assert.ok(turnedAway.p50 < 3_000, `${turnedAway.p50} ms`);
    assert.deepEqual(witnessed.failures, {});
    assert.ok(witnessed.turnedAway.count > 0 && witnessed.turnedAway.p50 < 1_000);
  });

  it('do not keep others from reading', () => {
    const { read } = report.witnessed;
    assert.equal(read.wrong, 0);
    assert.ok(read.count > 10);
    assert.ok(read.p50 < 1_000, `${read.p50} ms`);
  });

  it('are stored where they were told so, every one and no other', async () => {
    assert.ok(report.acknowledged > 0);
    assert.equal(await Signature.countDocuments(), report.acknowledged);
  });

  it('are forgotten seconds later', () => {
    assert.ok(report.recovered < 5_000, `${report.recovered} ms`);
  });
});
