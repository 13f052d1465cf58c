import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BrowserContext, Page } from 'playwright-core';
import { AuditEntry } from '../../server/audit/entry.ts';
import { Organizer } from '../../server/organizers/organizer.ts';
import { desktop, openWindow } from '../support/browser.ts';
import { cookieOf, makeOrganizer, type NewOrganizer } from '../support/organizer.ts';
import { openShow } from '../support/stage.ts';
import { eventually } from '../support/world.ts';

const { world, browser } = await openShow();

const url = (path: string) => world.env.BASE_URL + path;

/** A device with a fingerprint reader. https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn/ */
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
    /** Whether a finger touches the reader from now on, which also chooses what is offered in a field. */
    touched: (enabled: boolean) =>
      devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled }),
    /** Whether it is the owner's finger. */
    recognised: (isUserVerified: boolean) =>
      devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
  };
}

/** Somebody's own browser, where they are signed in. */
async function openOwn({ _id }: NewOrganizer) {
  const opened = await openWindow(browser, desktop, world, await cookieOf(world, _id));
  return { ...opened, authenticator: await addAuthenticator(opened.context, opened.page) };
}

const read = ({ _id }: NewOrganizer) => Organizer.findById(_id).lean<Organizer>().orFail();

async function addPasskey(page: Page, name: string) {
  await page.goto(url('/organize/account'));
  await page.getByLabel('Name of the new passkey').fill(name);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
}

async function removePasskey(page: Page) {
  await page.goto(url('/organize/account'));
  await page.locator('section', { hasText: 'Passkeys' }).locator('summary').first().click();
  await page.getByRole('button', { name: 'Remove this passkey' }).click();
  await page.getByText('The passkey is removed').waitFor();
}

async function signOut(page: Page) {
  await page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
  await page.waitForURL(url('/organize/sign-in'));
}

/** As in a browser that offers no passkeys in fields. */
const withoutOffers = (context: BrowserContext) =>
  context.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = async () => false');

/** What each page has asked the browser for: offers in a field and dialogs, begun and ended. */
const countAsked = (context: BrowserContext) =>
  context.addInitScript(`
    window.asked = { offers: 0, offersEnded: 0, dialogs: 0 };
    const { get } = CredentialsContainer.prototype;
    CredentialsContainer.prototype.get = function (how) {
      const isOffer = how.mediation === 'conditional';
      window.asked[isOffer ? 'offers' : 'dialogs'] += 1;
      const answer = get.call(this, how);
      if (isOffer) answer.catch(() => undefined).then(() => { window.asked.offersEnded += 1; });
      return answer;
    };`);
const askedFor = (page: Page, what: 'offers' | 'offersEnded' | 'dialogs', times: number) =>
  eventually(() => page.evaluate<boolean>(`window.asked?.${what} === ${times}`), `${times} ${what}`);

test('Ada adds a passkey, signs out, and comes back with it to the page she wanted', async () => {
  const ada = await makeOrganizer(world, 'owner', { name: 'Ada' });
  const { context, page, complaints, authenticator } = await openOwn(ada);
  await withoutOffers(context);
  await addPasskey(page, 'Ada’s laptop');
  await page.getByText('The passkey is added').waitFor();
  await page.getByText('Ada’s laptop').first().waitFor();
  const [credential] = await authenticator.credentials();
  assert.equal(credential?.isResidentCredential, true);
  assert.equal(credential?.rpId, 'localhost');
  const stored = await read(ada);
  assert.equal(stored.passkeys.length, 1);

  await addPasskey(page, 'The same again');
  await page.getByText('This device has a passkey for your account already.').waitFor();

  await signOut(page);
  await page.goto(url('/organize/people'));
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.waitForURL(url('/organize/people'));
  const used = await read(ada);
  assert.ok(used.passkeys[0]?.lastUsedAt);
  assert.ok((used.passkeys[0]?.counter ?? 0) > (stored.passkeys[0]?.counter ?? 0));
  const entry = await AuditEntry.findOne({ organizer: ada._id, action: 'session.begin' }).lean();
  assert.deepEqual(entry?.details, { by: 'passkey' });

  await removePasskey(page);
  await signOut(page);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByText('This passkey is not known here').waitFor();
  assert.equal(new URL(page.url()).pathname, '/organize/sign-in');
  assert.deepEqual(
    complaints.filter((text) => !text.includes('403')),
    [],
  );
  await context.close();
});

test('A passkey is offered in the field for the address, and choosing it there signs in', async () => {
  const ada = await makeOrganizer(world, 'owner', { name: 'Ada' });
  const { context, page, complaints, authenticator } = await openOwn(ada);
  await countAsked(context);
  await addPasskey(page, 'Phone');
  await page.getByText('The passkey is added').waitFor();
  await authenticator.touched(false);
  await signOut(page);
  await page.goto(url('/organize/people'));
  await askedFor(page, 'offers', 1);
  const field = page.getByLabel('Your e-mail address');
  assert.match((await field.getAttribute('autocomplete')) ?? '', /(^| )webauthn$/);
  assert.equal(await page.getByRole('alert').count(), 0, 'nothing is said while it is only offered');
  await authenticator.touched(true);
  await page.reload();
  await page.waitForURL(url('/organize/people'));
  const entry = await AuditEntry.findOne({ organizer: ada._id, action: 'session.begin' }).lean();
  assert.deepEqual(entry?.details, { by: 'passkey' });

  await removePasskey(page);
  await signOut(page);
  await page.getByText('This passkey is not known here').waitFor();
  assert.deepEqual(
    complaints.filter((text) => !text.includes('403')),
    [],
  );
  await context.close();
});

test('The button works while a passkey is offered in the field, and after it was not finished', async () => {
  const ada = await makeOrganizer(world, 'viewer');
  const { context, page, authenticator } = await openOwn(ada);
  await countAsked(context);
  await addPasskey(page, 'Key');
  await page.getByText('The passkey is added').waitFor();
  await authenticator.touched(false);
  await signOut(page);
  await askedFor(page, 'offers', 1);
  await authenticator.recognised(false);
  await authenticator.touched(true);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByText('That was not finished').waitFor();
  assert.equal(new URL(page.url()).pathname, '/organize/sign-in');
  // What is offered anew would take the finger that is recognised next.
  await askedFor(page, 'offersEnded', 2);
  await authenticator.recognised(true);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.waitForURL(url('/organize'));
  await context.close();
});

test('Pressing the button once more does not take the dialog away', async () => {
  const { context, page, authenticator } = await openOwn(await makeOrganizer(world, 'viewer'));
  await countAsked(context);
  await addPasskey(page, 'Key');
  await page.getByText('The passkey is added').waitFor();
  await authenticator.touched(false);
  await signOut(page);
  await askedFor(page, 'offers', 1);
  const button = page.getByRole('button', { name: 'Sign in with a passkey' });
  await button.click();
  await askedFor(page, 'dialogs', 1);
  // Playwright waits where a button says that it is disabled; people do not.
  await button.dispatchEvent('click');
  await page.evaluate("fetch('/organize/sign-in/passkey/options', { method: 'POST' })");
  await askedFor(page, 'offers', 1);
  assert.equal(await page.getByText('That was not finished').isVisible(), false);
  await context.close();
});

test('Where nothing can be offered in the field nothing is said, and the mailed link works', async () => {
  const ada = await makeOrganizer(world, 'viewer');
  const { context, page } = await openWindow(browser, desktop, world);
  await addAuthenticator(context, page);
  await page.route('**/passkey/options', (route) => route.abort());
  const failed = page.waitForEvent('requestfailed');
  await page.goto(url('/organize/sign-in'));
  await failed;
  assert.equal(await page.getByRole('alert').count(), 0);
  await page.getByLabel('Your e-mail address').fill(ada.email);
  await page.getByRole('button', { name: 'Mail me a link' }).click();
  await page.waitForURL(url('/organize/sign-in/sent'));
  await world.mailbox.mailTo(ada.email);
  await context.close();
});

test('A passkey whose owner does not prove to be there lets nobody in', async () => {
  const ada = await makeOrganizer(world, 'viewer');
  const { context, page, authenticator } = await openOwn(ada);
  await authenticator.recognised(false);
  await addPasskey(page, 'Not mine');
  await page.getByText('That was not finished').waitFor();
  assert.deepEqual((await read(ada)).passkeys, []);
  await context.close();
});
