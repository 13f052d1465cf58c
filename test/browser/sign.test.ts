import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import nock from 'nock';
import type { Locator, Page } from 'playwright-core';
import { desktop, openWindow, phone, showCaptcha } from '../support/browser.ts';
import { makePetition } from '../support/factories.ts';
import { captchaKeys } from '../support/hcaptcha.ts';
import { linkIn } from '../support/mailbox.ts';
import { openShow } from '../support/stage.ts';

const { world, browser } = await openShow({ env: captchaKeys });
after(() => nock.cleanAll());

async function openPage(path: string, device: object): Promise<{ page: Page; complaints: string[] }> {
  const { context, page, complaints } = await openWindow(browser, device, world);
  await showCaptcha(context);
  await page.goto(path);
  return { page, complaints };
}

const textOf = async (locator: Locator): Promise<string> => (await locator.textContent()) ?? '';

test('Robin signs on a phone, confirms from the mail, and an open window elsewhere counts along', async () => {
  const petition = await makePetition({ goal: { kind: 'fixed', number: 4 } });
  const siteverify = nock('https://hcaptcha.com')
    .post(
      '/siteverify',
      (body) => body.response === 'token-from-the-widget' && body.secret === captchaKeys.HCAPTCHA_SECRET,
    )
    .reply(200, { success: true, hostname: 'localhost' });
  const path = `/petitions/${petition.slug}`;
  const { page: watching, complaints } = await openPage(path, desktop);
  const { page: signing, complaints: others } = await openPage(path, phone);
  assert.equal(await textOf(watching.locator('[data-count]')), '0');

  await signing.locator('#field-name').fill('Robin Example');
  await signing.locator('#field-email').fill('robin@example.org');
  await signing.getByLabel('Country').selectOption('CA');
  await signing.locator('#field-comment').fill('I rest there every morning.');
  await signing.locator('#field-showName').check();
  await signing.getByRole('button', { name: 'I am human' }).click();
  await signing.getByRole('button', { name: 'Sign this petition' }).click();
  await signing.waitForURL('**/check-your-email');
  assert.match(await textOf(signing.locator('main')), /robin@example\.org/);
  assert.ok(siteverify.isDone(), 'hCaptcha was asked about the token of the widget');

  const mail = await world.mailbox.mailTo('robin@example.org');
  await signing.goto(world.env.BASE_URL + linkIn(mail, 'confirm'));
  assert.equal(await textOf(watching.locator('[data-count]')), '0', 'opening the link confirms nothing');
  await signing.getByRole('button', { name: 'Confirm my signature' }).click();
  await signing.waitForURL('**/signed');

  await watching.locator('[data-count="1"]').waitFor({ timeout: 5_000 });
  assert.equal(await watching.locator('[data-bar]').getAttribute('value'), '25');
  await signing.locator('[data-count="1"]').waitFor({ timeout: 5_000 });
  await watching.reload();
  const supporters = await textOf(watching.locator('.supporters'));
  assert.match(supporters, /Robin Example/);
  assert.match(supporters, /I rest there every morning\./);
  assert.deepEqual([...complaints, ...others], []);
});

test('Nothing is asked of hCaptcha before somebody begins to fill in the form', async () => {
  const petition = await makePetition();
  const { page } = await openPage(`/petitions/${petition.slug}`, phone);
  const asked: string[] = [];
  page.on('request', (request) => request.url().includes('hcaptcha') && asked.push(request.url()));
  await page.waitForLoadState('networkidle').catch(() => undefined);
  assert.deepEqual(asked, []);
  await page.locator('#field-name').focus();
  await page.getByRole('button', { name: 'I am human' }).waitFor();
  assert.equal(asked.length, 1);
});

test('A refused form comes back with what was typed, and the first error has the focus', async () => {
  const petition = await makePetition();
  const { page } = await openPage(`/petitions/${petition.slug}`, { ...phone, javaScriptEnabled: false });
  await page.locator('#field-name').fill('Visit www.example.com today');
  await page.locator('#field-email').fill('robin@example.org');
  await page.locator('#field-country').selectOption('FR');
  await page.getByRole('button', { name: 'Sign this petition' }).click();
  assert.equal(await page.locator('#field-name').inputValue(), 'Visit www.example.com today');
  assert.equal(await page.locator('#field-email').inputValue(), 'robin@example.org');
  assert.equal(await page.locator('#field-country').inputValue(), 'FR');
  assert.equal(await page.locator(':focus').getAttribute('id'), 'field-name');
  assert.match(await textOf(page.getByRole('alert')), /without a web address/);
});
