import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { signInAs } from '../support/organizer.ts';
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
