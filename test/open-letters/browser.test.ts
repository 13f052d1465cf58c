import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWindow, phone } from '../support/browser.ts';
import { linkIn } from '../support/mailbox.ts';
import { makeOpenLetter, signatoriesPath } from '../support/open-letters.ts';
import { signInAs } from '../support/organizer.ts';
import { openShow } from '../support/stage.ts';
import { eventually } from '../support/world.ts';

const { world, browser } = await openShow();

test('Olive signs for an organisation on a phone, a moderator approves it, and every open page counts it', async () => {
  const petition = await makeOpenLetter();
  const { page, complaints } = await openWindow(browser, phone, world);
  const base = `${world.env.BASE_URL}/petitions/${petition.slug}`;
  await page.goto(base);
  const name = page.getByLabel('Name of the organisation');
  assert.equal(await name.isVisible(), false, 'nobody is asked what is not theirs to say');
  await page.getByLabel('I sign with a title').check();
  assert.equal(await page.locator('#field-affiliation').isVisible(), true);
  await page.getByLabel('I sign for an organisation').check();
  assert.equal(await page.locator('#field-affiliation').isVisible(), false);
  assert.equal(await page.getByLabel('Show my name on this page').isVisible(), false);
  await name.fill('Les Amis de l’Étang');
  await page.getByLabel('Its website').fill('etang.example.org');
  await page.locator('#field-role').fill('Director');
  await page.getByLabel('Full name').fill('Olive Authorised');
  await page.getByLabel('E-mail address').fill('olive@etang.example.org');
  await page.getByLabel('Country').selectOption('FR');
  await page.getByRole('button', { name: 'Sign this letter' }).click();
  await page.getByText('Tick that it may be listed').first().waitFor();
  assert.equal(await name.inputValue(), 'Les Amis de l’Étang', 'nothing is lost');
  await page.getByLabel('may be listed in public').check();
  await page.getByRole('button', { name: 'Sign this letter' }).click();
  await page.waitForURL('**/check-your-email');
  const mail = await world.mailbox.mailTo('olive@etang.example.org');
  await page.goto(world.env.BASE_URL + linkIn(mail, 'confirm'));
  await page.getByText('Les Amis de l’Étang').waitFor();
  await page.getByRole('button', { name: 'Confirm my signature' }).click();
  await page.waitForURL('**/signed');
  await page.goto(base);
  await page.getByText('0 people').waitFor();

  const ben = await signInAs(world, 'moderator', { name: 'Ben' });
  const desk = await openWindow(browser, phone, world, ben.cookie);
  await desk.page.goto(world.env.BASE_URL + signatoriesPath(petition));
  await desk.page.getByText('The organisation’s own domain').waitFor();
  const wide = 'document.documentElement.scrollWidth > document.documentElement.clientWidth';
  for (const each of [page, desk.page]) assert.equal(await each.evaluate(wide), false, 'it scrolls sideways');
  await desk.page.getByRole('button', { name: 'Approve' }).click();
  await desk.page.getByText('Approved.').first().waitFor();

  const count = page.locator('.open-letter-count');
  // Not `waitForFunction`: where it has to look twice, the page's own policy forbids it.
  await eventually(
    async () => /^1\s+organisation\s+and\s+0\s+people$/.test((await count.innerText()).trim()),
    'the count',
  );
  await page.goto(`${base}/signatories?print=1`);
  await page.getByText('Les Amis de l’Étang').waitFor();
  const unexpected = [...complaints, ...desk.complaints].filter(
    (complaint) => !/status of 422/.test(complaint),
  );
  assert.deepEqual(unexpected, []);
});
