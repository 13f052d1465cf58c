import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeForm, makePetition } from '../support/factories.ts';
import { signAndConfirm } from '../support/signer.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.close());

const ask = async (path: string) => {
  const response = await visitor(world).get(path);
  return { response, text: await response.text() };
};

describe('for monitors and load balancers', () => {
  it('/healthz says that the process lives', async () => {
    const { response, text } = await ask('/healthz');
    assert.equal(response.status, 200);
    assert.deepEqual(JSON.parse(text), { status: 'alive' });
    assert.equal(response.headers.get('cache-control'), 'no-store');
  });

  it('/readyz says that it can serve', async () => {
    const { response, text } = await ask('/readyz');
    assert.equal(response.status, 200);
    assert.deepEqual(JSON.parse(text), { status: 'ready' });
    assert.equal(response.headers.get('cache-control'), 'no-store');
  });

  it('/metrics counts requests by route and status, and names nobody', async () => {
    const petition = await makePetition();
    const form = makeForm({ ref: 'stall' });
    const { confirm, manage } = await signAndConfirm(world, petition.slug, form);
    await ask(manage);
    await ask('/nowhere/robin@example.org');
    await eventually(
      async () => (await ask('/metrics')).text.includes('route="/confirm/:token"'),
      'it is counted',
    );
    const { response, text } = await ask('/metrics');
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=/);
    assert.match(
      text,
      /undersigned_request_seconds_count\{method="POST",route="\/confirm\/:token",status="303"\} 1/,
    );
    assert.match(text, /undersigned_queue_depth\{queue="mail"\} \d/);
    assert.match(text, /undersigned_live_viewers 0/);
    for (const secret of [petition.slug, confirm.split('/')[2], manage.split('/')[2], 'robin', 'stall'])
      assert.ok(!text.includes(secret ?? 'undefined'), `${secret} is in the metrics`);
  });
});
