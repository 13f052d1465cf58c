import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownShare } from '../../server/letters/words.ts';
import { openWindow, phone } from '../support/browser.ts';
import { makeLetter, suggestion } from '../support/letters.ts';
import { linkIn } from '../support/mailbox.ts';
import { openShow } from '../support/stage.ts';

const { world, browser } = await openShow();

test('Robin writes a letter on a phone, sees how much of it is their own, confirms, and it goes out', async () => {
  const { petition, targets } = await makeLetter(1);
  const { page, complaints } = await openWindow(browser, phone, world);
  await page.goto(`${world.env.BASE_URL}/petitions/${petition.slug}`);
  const meter = page.locator('[data-own] meter');
  const share = async () => Number(await meter.evaluate((element) => (element as { value?: number }).value));
  assert.equal(await share(), 0);
  await page.getByText('still mostly the suggested text').waitFor();
  const field = page.getByLabel('Your letter', { exact: true });
  const written = `My grandmother’s name is on it, l’été comme l’hiver. ${suggestion}`;
  await field.fill(written);
  assert.equal(await share(), ownShare(written, suggestion), 'the page counts as the server does');
  await page.getByText('a letter of your own').waitFor();
  await field.fill('x'.repeat(5_001));
  await page.getByText('1 over the limit').waitFor();
  await field.fill(written);
  const wide = 'document.documentElement.scrollWidth > document.documentElement.clientWidth';
  assert.equal(await page.evaluate(wide), false, 'it scrolls sideways');

  await page.getByLabel('Full name').fill('Robin Doe');
  await page.getByLabel('E-mail address').fill('robin@example.org');
  await page.getByLabel('Country').selectOption('CA');
  await page.getByRole('button', { name: 'Send my letter' }).click();
  await page.waitForURL('**/check-your-email');
  const mail = await world.mailbox.mailTo('robin@example.org');
  await page.goto(world.env.BASE_URL + linkIn(mail, 'confirm'));
  await page.getByText('My grandmother’s name is on it').waitFor();
  assert.equal(world.mailbox.to(targets[0]?.address ?? '').length, 0, 'nothing goes out before the button');
  await page.getByRole('button', { name: 'Send my letter' }).click();
  await page.waitForURL('**/signed');
  await page.getByRole('heading', { name: 'Your letter is on its way' }).waitFor();
  const letter = await world.mailbox.mailTo(targets[0]?.address ?? '');
  assert.match(letter.text ?? '', /My grandmother’s name is on it/);
  assert.deepEqual(complaints, []);
});
