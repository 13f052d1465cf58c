import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { firstOwnerPath } from '../../server/organizers/access-link.ts';
import { Organizer } from '../../server/organizers/organizer.ts';
import { cookieIn } from '../support/organizer.ts';
import { errorAt } from '../support/page.ts';
import { root } from '../support/sources.ts';
import { openStage } from '../support/stage.ts';
import { visitor } from '../support/visitor.ts';

/** A trial on a machine of one's own network, which browsers do not trust with `Secure` cookies. */
const BASE_URL = 'http://192.168.1.20:3000';
const { world, platform } = await openStage({ env: { BASE_URL }, workers: false });

/** What `npm run owner` says. */
async function runOwner(differences: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(root, 'scripts/owner.ts')], {
    env: { PATH: process.env.PATH, ...world.source, ...differences },
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (text) => {
    said.out += text;
  });
  child.stderr.on('data', (text) => {
    said.err += text;
  });
  const [code] = await once(child, 'close');
  return { ...said, code };
}

test('npm run owner prints the link for whoever runs the machine', async () => {
  const { out, err, code } = await runOwner();
  assert.deepEqual([code, err], [0, '']);
  assert.ok(out.includes(BASE_URL + (await firstOwnerPath(platform))), out);
  const wrong = await runOwner({ LOOKUP_KEY: 'short' });
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /LOOKUP_KEY: must be 32 bytes/);
});

test('The first owner comes in by the printed link, once, and nobody after them', async () => {
  const paths = await Promise.all([1, 2, 3].map(() => firstOwnerPath(platform)));
  assert.equal(new Set(paths).size, 1, 'there is one such link, however many processes start at once');
  const [path = ''] = paths;
  const somebody = visitor(world, { Origin: BASE_URL });
  for (let n = 0; n < 5; n += 1) assert.equal((await somebody.get(path)).status, 200);

  const wrong = await somebody.post(path, { name: '', email: 'nowhere' });
  assert.equal(wrong.status, 422);
  const html = await wrong.text();
  assert.ok(errorAt(html, 'name') && errorAt(html, 'email'));
  assert.match(html, /value="nowhere"/);
  assert.equal(await Organizer.countDocuments(), 0);

  const answers = await Promise.all(
    ['ada', 'bob', 'eve'].map((name) => somebody.post(path, { name, email: `${name}@example.org` })),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 410, 410]);
  const organizers = await Organizer.find().lean();
  assert.deepEqual(
    organizers.map(({ role, acceptedAt }) => [role, Boolean(acceptedAt)]),
    [['owner', true]],
  );

  const another = await firstOwnerPath(platform);
  assert.equal((await somebody.get(another)).status, 410, 'where there is an owner no link makes another');
  assert.match((await runOwner()).out, /There is an owner already/);
  const late = await somebody.post(another, { name: 'Mallory', email: 'mallory@example.org' });
  assert.equal(late.status, 410);
  assert.equal(await Organizer.countDocuments(), 1);

  const cookie = answers.find(({ status }) => status === 303)?.headers.get('set-cookie') ?? '';
  assert.match(cookie, /^session=[\w-]{43};/, 'a browser would drop a __Host- cookie here');
  assert.doesNotMatch(cookie, /Secure/);
  assert.match(cookie, /HttpOnly; SameSite=Lax/);
});

test('Where all owners are gone the link makes an owner of whoever runs the machine', async () => {
  await Organizer.updateMany({}, { $set: { endedAt: new Date() } });
  const path = await firstOwnerPath(platform);
  const answer = await visitor(world, { Origin: BASE_URL }).post(path, {
    name: 'Ada',
    email: 'ada@example.org',
  });
  assert.equal(answer.status, 303);
  const home = await visitor(world, { cookie: cookieIn(answer) }).get('/organize/people');
  assert.equal(home.status, 200);
  assert.equal(await Organizer.countDocuments({ role: 'owner', endedAt: null }), 1);
});
