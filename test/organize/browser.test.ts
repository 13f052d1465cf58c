import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { AuditEntry } from '../../server/audit/entry.ts';
import { firstOwnerPath } from '../../server/organizers/access-link.ts';
import { Organizer } from '../../server/organizers/organizer.ts';
import { beginTask, Task } from '../../server/tasks/task.ts';
import { desktop, openBrowser, phone } from '../support/browser.ts';
import { makePetition } from '../support/factories.ts';
import { cookieOf, entranceIn, makeOrganizer } from '../support/organizer.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let platform: OpenPlatform;
let browser: Browser;

before(async () => {
  [world, browser] = await Promise.all([startWorld(), openBrowser()]);
  platform = await openPlatform(world);
});
after(async () => {
  await browser?.close();
  await platform?.close();
  await world?.close();
});

const url = (path: string) => world.env.BASE_URL + path;

async function openContext(
  device: object,
): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
  const context = await browser.newContext(device);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  return { context, page, complaints };
}

/** A device with a fingerprint reader that always says yes. https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn/ */
async function addAuthenticator(context: BrowserContext, page: Page) {
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
      ...{ isUserVerified: true, automaticPresenceSimulation: true },
    },
  });
  return {
    credentials: async () =>
      (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    userSaysNo: () => devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false }),
  };
}

/** Nothing is cut off or sticks out to the side, and what can be touched is large enough for a thumb. */
async function assertFits(page: Page): Promise<void> {
  // As text: what runs in the page knows the page's types, not ours.
  const { wide, small } = await page.evaluate<{ wide: boolean; small: string[] }>(`(() => {
    const touched = [...document.querySelectorAll('main button, main select, header a, header button')];
    return {
      wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
      small: touched
        .filter((element) => element.offsetParent && element.getBoundingClientRect().height < 43.5)
        .map((element) => element.outerHTML.slice(0, 80)),
    };
  })()`);
  assert.equal(wide, false, `${page.url()} scrolls sideways`);
  assert.deepEqual(small, [], `${page.url()} has things too small to touch`);
}

test('The first owner opens the printed link on a phone and invites the second organizer', async () => {
  const { context, page, complaints } = await openContext(phone);
  await page.goto(url(await firstOwnerPath(platform)));
  await assertFits(page);
  await page.getByRole('button', { name: 'Become the owner' }).click();
  await page.getByText('Enter your name').waitFor();
  await page.getByLabel('Your name').fill('Ada Lovelace');
  await page.getByLabel('Your e-mail address').fill('ada@example.org');
  await page.getByRole('button', { name: 'Become the owner' }).click();
  await page.waitForURL(url('/organize'));
  await page.getByText('There is no petition yet').waitFor();
  await assertFits(page);

  await page.getByRole('link', { name: 'People' }).click();
  await page.getByLabel('Their e-mail address').fill('grace@example.org');
  await page.getByRole('radio', { name: /Moderator/ }).check();
  await assertFits(page);
  await page.getByRole('button', { name: 'Invite', exact: true }).click();
  await page.getByText('An invitation is on its way to grace@example.org').waitFor();

  const guest = await openContext(phone);
  await guest.page.goto(url(entranceIn(await world.mailbox.mailTo('grace@example.org'))));
  await guest.page.getByLabel('Your name').fill('Grace Hopper');
  await guest.page.getByRole('button', { name: 'Come in' }).click();
  await guest.page.waitForURL(url('/organize'));
  assert.equal(await guest.page.getByRole('link', { name: 'People' }).count(), 0);

  await page.reload();
  const grace = page.locator('.row', { hasText: 'Grace Hopper' });
  await grace.locator('summary').click();
  await assertFits(page);
  await grace.getByLabel('Role').selectOption('editor');
  await grace.getByRole('button', { name: 'Change the role' }).click();
  await page.getByText('Grace Hopper is editor now.').waitFor();
  await page.getByRole('button', { name: 'Undo: moderator again' }).click();
  await page.getByText('Grace Hopper is moderator now.').waitFor();

  await makePetition();
  for (const path of [
    '/organize',
    '/organize/account',
    '/organize/audit',
    '/organize/people',
    '/organize/sign-in/sent',
  ]) {
    await page.goto(url(path));
    await assertFits(page);
  }
  await page.goto(url('/organize/account'));
  await page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
  await page.waitForURL(url('/organize/sign-in'));
  await assertFits(page);
  assert.deepEqual(
    complaints.filter((text) => !text.includes('422')),
    [],
  );
  await Promise.all([context.close(), guest.context.close()]);
});

test('Ada adds a passkey, signs out, and comes back with it to the page she wanted', async () => {
  const ada = await makeOrganizer(world, 'owner', { name: 'Ada' });
  const { context, page, complaints } = await openContext(desktop);
  const authenticator = await addAuthenticator(context, page);
  const [name = '', value = ''] = (await cookieOf(world, ada._id)).split('=');
  await context.addCookies([
    { name, value, url: world.env.BASE_URL.replace('http:', 'https:'), secure: true },
  ]);

  await page.goto(url('/organize/account'));
  await page.getByLabel('Name of the new passkey').fill('Ada’s laptop');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByText('The passkey is added').waitFor();
  await page.getByText('Ada’s laptop').first().waitFor();
  const [credential] = await authenticator.credentials();
  assert.equal(credential?.isResidentCredential, true);
  assert.equal(credential?.rpId, 'localhost');
  const stored = await Organizer.findById(ada._id).lean<Organizer>().orFail();
  assert.equal(stored.passkeys.length, 1);

  await page.getByLabel('Name of the new passkey').fill('The same again');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByText('This device has a passkey for your account already.').waitFor();

  await page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
  await page.waitForURL(url('/organize/sign-in'));
  await page.goto(url('/organize/people'));
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.waitForURL(url('/organize/people'));
  const used = await Organizer.findById(ada._id).lean<Organizer>().orFail();
  assert.ok(used.passkeys[0]?.lastUsedAt);
  assert.ok((used.passkeys[0]?.counter ?? 0) > (stored.passkeys[0]?.counter ?? 0));
  const entry = await AuditEntry.findOne({ organizer: ada._id, action: 'session.begin' }).lean();
  assert.deepEqual(entry?.details, { by: 'passkey' });

  await page.goto(url('/organize/account'));
  await page.locator('section', { hasText: 'Passkeys' }).locator('summary').first().click();
  await page.getByRole('button', { name: 'Remove this passkey' }).click();
  await page.getByText('The passkey is removed').waitFor();
  await page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByText('This passkey is not known here').waitFor();
  assert.equal(new URL(page.url()).pathname, '/organize/sign-in');
  assert.deepEqual(
    complaints.filter((text) => !text.includes('403')),
    [],
  );
  await context.close();
});

test('A passkey whose owner does not prove to be there lets nobody in', async () => {
  const ada = await makeOrganizer(world, 'viewer');
  const { context, page } = await openContext(desktop);
  const authenticator = await addAuthenticator(context, page);
  const [name = '', value = ''] = (await cookieOf(world, ada._id)).split('=');
  await context.addCookies([
    { name, value, url: world.env.BASE_URL.replace('http:', 'https:'), secure: true },
  ]);
  await page.goto(url('/organize/account'));
  await authenticator.userSaysNo();
  await page.getByLabel('Name of the new passkey').fill('Not mine');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByText('That was not finished').waitFor();
  assert.deepEqual((await Organizer.findById(ada._id).lean<Organizer>().orFail()).passkeys, []);
  await context.close();
});

test('Long work moves by itself, and its end brings the result', async () => {
  const ada = await makeOrganizer(world, 'editor');
  const petition = await makePetition();
  const id = await beginTask(
    { queues: { ...platform.queues, enqueue: () => undefined } },
    { kind: 'rehearsal', needs: 'petition.edit', organizer: ada._id, petition: petition._id, total: 400 },
  );
  await Task.updateOne(
    { _id: id },
    { $set: { state: 'running', leaseUntil: new Date(Date.now() + 60_000) } },
  );
  const { context, page, complaints } = await openContext(phone);
  const [name = '', value = ''] = (await cookieOf(world, ada._id)).split('=');
  await context.addCookies([
    { name, value, url: world.env.BASE_URL.replace('http:', 'https:'), secure: true },
  ]);
  await page.goto(url(`/organize/tasks/${id}`));
  await page.getByText('0 of 400').waitFor();
  await assertFits(page);
  await Task.updateOne({ _id: id }, { $set: { done: 100 } });
  await page.getByText('100 of 400').waitFor();
  assert.equal(await page.locator('[data-bar]').getAttribute('value').then(Number), 25);
  const result = { summary: 'All four hundred are done.', undoUrl: '/organize/undo' };
  await Task.updateOne({ _id: id }, { $set: { state: 'done', done: 400, finishedAt: new Date(), result } });
  await page.getByText('All four hundred are done.').waitFor();
  await page.getByRole('button', { name: 'Undo this' }).waitFor();
  await assertFits(page);
  assert.deepEqual(complaints, []);
  await context.close();
});
