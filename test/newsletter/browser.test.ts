import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import nock from 'nock';
import type { Page } from 'playwright-core';
import { desktop, openWindow, phone, showCaptcha } from '../support/browser.ts';
import { captchaKeys, siteverify, siteverifyIsDown } from '../support/hcaptcha.ts';
import { cookieOf, makeOrganizer } from '../support/organizer.ts';
import { openShow } from '../support/stage.ts';
import { eventually } from '../support/world.ts';
import { makeIssue, newsletterLink } from './support.ts';

const { world, browser } = await openShow({ env: captchaKeys });
after(() => nock.cleanAll());

const passed = { success: true, hostname: 'localhost' };

/** What was typed has arrived: the next person in this tab must not find it filled in. */
const isForgotten = (page: Page) =>
  eventually(() => page.evaluate<boolean>('sessionStorage.getItem("undersigned.form") === null'), 'no form');

async function openPhone(): Promise<{ page: Page; complaints: string[] }> {
  const { context, page, complaints } = await openWindow(browser, phone, world);
  await showCaptcha(context);
  return { page, complaints };
}

test('Rita subscribes on a phone, reads an issue and writes below it; Mo approves it by keyboard', async () => {
  const { page, complaints } = await openPhone();
  const issue = await makeIssue();
  await page.goto(`${world.env.BASE_URL}/newsletter`);
  await page.getByLabel('E-mail address').fill('rita@example.org');
  await page.getByLabel(/may e-mail me its newsletter/).check();
  await page.getByRole('button', { name: 'Subscribe' }).click();
  await page.getByText('Tick the box that shows you are not a robot').waitFor();
  await page.getByRole('button', { name: 'I am human' }).click();
  siteverifyIsDown();
  await page.getByRole('button', { name: 'Subscribe' }).click();
  await page.getByRole('alert').waitFor();
  assert.equal(await page.getByLabel('E-mail address').inputValue(), 'rita@example.org');
  await page.getByLabel(/may e-mail me its newsletter/).check();
  const asked = siteverify(passed);
  await page.getByRole('button', { name: 'I am human' }).click();
  await page.getByRole('button', { name: 'Subscribe' }).click();
  await page.waitForURL('**/newsletter/check-your-email');
  assert.ok(asked.wasAsked());
  await isForgotten(page);
  await world.mailbox.mailTo('rita@example.org');
  await page.goto(world.env.BASE_URL + newsletterLink(world, 'rita@example.org', 'confirm'));
  await page.getByRole('button', { name: 'Yes, send me the newsletter' }).click();
  await page.waitForURL('**/newsletter/subscribed');

  await page.goto(`${world.env.BASE_URL}/newsletter/${issue.slug}`);
  await page.getByLabel('Full name').fill('Rita Reader');
  await page.getByLabel('E-mail address').fill('rita@example.org');
  await page.getByLabel('Your comment').fill('It rained.');
  siteverify(passed);
  await page.getByRole('button', { name: 'I am human' }).click();
  await page.getByRole('button', { name: 'Send my comment' }).click();
  await page.waitForURL('**/comments/received');
  await isForgotten(page);
  await world.mailbox.mailTo('rita@example.org', 2);
  await page.goto(world.env.BASE_URL + newsletterLink(world, 'rita@example.org', 'comments'));
  await page.getByRole('button', { name: 'Yes, this is my comment' }).click();
  await page.getByText('A moderator will look at your comment').waitFor();

  const { _id } = await makeOrganizer(world, 'moderator', { name: 'Mo' });
  const desk = await openWindow(browser, desktop, world, await cookieOf(world, _id));
  await desk.page.goto(`${world.env.BASE_URL}/organize/newsletter/comments`);
  await desk.page.getByText('It rained.').waitFor();
  await desk.page.keyboard.press('a');
  await desk.page.getByText('Approved.', { exact: true }).waitFor();
  await desk.page.keyboard.press('u');
  await desk.page.locator('[data-item]:not([data-done])').waitFor();
  await desk.page.keyboard.press('a');
  await desk.page.locator('[data-item][data-done]').waitFor();
  await desk.page.goto(`${world.env.BASE_URL}/newsletter/${issue.slug}`);
  await desk.page.locator('.supporter', { hasText: 'It rained.' }).waitFor();
  const isWide = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');
  assert.equal(isWide, false);
  assert.deepEqual(
    [...complaints, ...desk.complaints].filter((text) => !/503/.test(text)),
    [],
  );
});
