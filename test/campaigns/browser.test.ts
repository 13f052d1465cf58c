import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { Campaign } from '../../server/campaigns/campaign.ts';
import { makeLinked } from '../linked/support.ts';
import { desktop, openWindow, phone } from '../support/browser.ts';
import { makePetition } from '../support/factories.ts';
import { linkIn } from '../support/mailbox.ts';
import { signInAs } from '../support/organizer.ts';
import { openShow } from '../support/stage.ts';
import { eventually } from '../support/world.ts';
import { peopleOf } from './support.ts';

const { world, browser } = await openShow();
const ada = await signInAs(world, 'editor', { name: 'Ada' });

const at = (path: string) => `${world.env.BASE_URL}${path}`;
const fitsIn = async (page: Page) => {
  const wide = 'document.documentElement.scrollWidth > document.documentElement.clientWidth';
  assert.equal(await page.evaluate(wide), false, `${page.url()} scrolls sideways`);
};

/** Presses the button behind the link of Robin's mail so and so. */
async function confirm(page: Page, nth: number, button: string): Promise<void> {
  await page.waitForURL('**/check-your-email');
  const mail = await world.mailbox.mailTo('robin@example.org', nth);
  await page.goto(at(linkIn(mail, 'confirm')));
  await page.getByRole('button', { name: button }).click();
  await page.waitForURL('**/signed');
}

test('Ada groups two petitions; Robin takes part in both on a phone, and is one person, live', async () => {
  const bench = await makePetition({
    texts: {
      en: { title: 'Keep the bench', addressedTo: 'The council', summary: 'A bench.', body: 'It **stays**.' },
    },
  });
  const bog = await makeLinked(ada);
  const desk = await openWindow(browser, desktop, world, ada.cookie);
  await desk.page.goto(at('/organize/campaigns'));
  await desk.page.getByRole('link', { name: 'New campaign' }).first().click();
  await desk.page.locator('#field-en-title').fill('Bog and bench');
  await desk.page.locator('#field-en-summary').fill('Two places to rest.');
  await desk.page.locator('#field-en-body').fill('It began with **one** bench.');
  await desk.page.getByLabel('Hashtags').fill('#BogAndBench');
  await desk.page.locator(`#place-${bench._id}`).selectOption('1');
  await desk.page.locator(`#place-${bog._id}`).selectOption('2');
  await desk.page.getByRole('button', { name: 'Save as a draft' }).click();
  await desk.page.getByText('Nobody sees it until you publish it').waitFor();
  await desk.page.getByRole('button', { name: 'Publish' }).click();
  await desk.page.getByText('It is public now').waitFor();
  const campaign = await Campaign.findOne({ hashtags: 'BogAndBench' }).orFail();
  const { slug } = campaign;

  const watcher = await openWindow(browser, phone, world);
  await watcher.page.goto(at(`/campaigns/${slug}`));
  await watcher.page.locator('[data-count="0"]').waitFor();
  await fitsIn(watcher.page);

  const robin = await openWindow(browser, phone, world);
  await robin.page.goto(at(`/campaigns/${slug}`));
  await robin.page.getByText('#BogAndBench').waitFor();
  await robin.page.getByRole('link', { name: 'Save the bog' }).click();
  const official = robin.page.getByRole('link', { name: 'Sign on the official page' }).first();
  assert.equal(new URL((await official.getAttribute('href')) ?? '').hostname, 'www.ourcommons.ca');
  await fitsIn(robin.page);
  await fillIn(robin.page);
  await robin.page.getByRole('button', { name: 'Yes, I have signed there' }).click();
  await confirm(robin.page, 1, 'Yes, I have signed there');
  await robin.page.getByRole('heading', { name: 'Thank you for telling us.' }).waitFor();
  await watcher.page.locator('[data-count="1"]').waitFor();

  await robin.page.goto(at(`/campaigns/${slug}`));
  await robin.page.getByRole('link', { name: 'Keep the bench' }).click();
  await fillIn(robin.page);
  await robin.page.getByRole('button', { name: 'Sign this petition' }).click();
  await confirm(robin.page, 2, 'Confirm my signature');
  await eventually(async () => (await peopleOf(campaign)).times['2'] === 1, 'Robin took part in two');
  assert.equal((await peopleOf(campaign)).people, 1);
  assert.equal(await watcher.page.locator('[data-count="1"]').count(), 1, 'still one person');

  await desk.page.goto(at('/organize/campaigns'));
  await desk.page.getByRole('link', { name: 'Bog and bench' }).click();
  await desk.page.getByText('Behind 2 confirmed signatures').waitFor();
  await desk.page.getByRole('row', { name: '2 1 100 %' }).waitFor();
  assert.deepEqual([...desk.complaints, ...watcher.complaints, ...robin.complaints], []);
});

async function fillIn(page: Page): Promise<void> {
  await page.getByLabel('Full name').fill('Robin Doe');
  await page.getByLabel('E-mail address').fill('robin@example.org');
  await page.getByLabel('Country').selectOption('CA');
}
