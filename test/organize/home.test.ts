import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Petition } from '../../server/petitions/petition.ts';
import { makePetition } from '../support/factories.ts';
import { signInAs } from '../support/organizer.ts';
import { textOf } from '../support/page.ts';
import { visitor } from '../support/visitor.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await startWorld({ workers: false });
});
after(() => world?.close());

test('Somebody who is signed in sees the list of petitions; nobody else does', async () => {
  const ada = await signInAs(world, 'viewer');
  const page = await ada.get('/organize');
  assert.equal(page.status, 200);
  const stranger = await fetch(`${world.url}/organize`, { redirect: 'manual' });
  assert.equal(stranger.status, 303);
  assert.equal(stranger.headers.get('location'), '/organize/sign-in?next=%2Forganize');
});

test('The list offers each organizer what they may do, petition by petition', async () => {
  const petition = await makePetition({ publishedAt: undefined });
  const other = await makePetition();
  await Petition.updateOne(
    { _id: other._id },
    { $push: { ledger: { at: new Date(), who: 'Ada', source: 'Stall', number: 1234 } } },
  );
  const viewer = await (await (await signInAs(world, 'viewer')).get('/organize')).text();
  assert.doesNotMatch(viewer, /\/organize\/petitions\/new|\/edit"|\/organize\/people|\/organize\/audit/);
  assert.match(textOf(viewer), /1,234 of 100 \(1,234 on paper\)/);
  assert.match(textOf(viewer), /Draft/);

  const member = await (await (await signInAs(world, 'editor', { petition })).get('/organize')).text();
  assert.match(member, new RegExp(`/organize/petitions/${petition._id}/edit"`));
  assert.doesNotMatch(member, new RegExp(`/organize/petitions/${other._id}/edit"`));
  assert.doesNotMatch(member, /\/organize\/petitions\/new/);
  assert.match(textOf(member), /you are editor here/);

  const owner = await (await (await signInAs(world, 'owner')).get('/organize')).text();
  for (const path of ['/organize/petitions/new', '/organize/people', '/organize/audit'])
    assert.match(owner, new RegExp(`href="${path}"`));
  assert.match(owner, new RegExp(`/organize/petitions/${other._id}/team"`));
});

test('An address that leads nowhere leads somebody who is signed in back, and tells others nothing', async () => {
  const ada = await signInAs(world, 'viewer');
  const strange = ['/organize/nowhere', `/organize/petitions/${'0'.repeat(24)}`, '/organize/tasks/nonsense'];
  for (const path of strange) {
    const answer = await ada.get(path);
    assert.equal(answer.status, 404, path);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    const html = await answer.text();
    assert.match(html, /<nav class="menu" aria-label="Organizers">/);
    assert.match(textOf(html), /There is nothing here .*Back to the petitions/);
  }
  const stranger = await visitor(world).get('/organize/nowhere');
  assert.equal(stranger.status, 404);
  assert.doesNotMatch(await stranger.text(), /aria-label="Organizers"|\/organize/);
  const program = await ada.request('/organize/nowhere', { headers: { accept: 'application/json' } });
  assert.equal(program.headers.get('content-type'), 'application/problem+json; charset=utf-8');
  assert.equal(program.status, 404);
});
