import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { firstOwnerPath } from '../../server/organizers/access-link.ts';
import { beginTask, Task } from '../../server/tasks/task.ts';
import { openWindow, phone } from '../support/browser.ts';
import { makePetition } from '../support/factories.ts';
import { cookieOf, entranceIn, makeOrganizer } from '../support/organizer.ts';
import { openShow } from '../support/stage.ts';

const { world, platform, browser } = await openShow();

const url = (path: string) => world.env.BASE_URL + path;

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
  const { context, page, complaints } = await openWindow(browser, phone, world);
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

  const guest = await openWindow(browser, phone, world);
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
  const cookie = await cookieOf(world, ada._id);
  const { context, page, complaints } = await openWindow(browser, phone, world, cookie);
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
