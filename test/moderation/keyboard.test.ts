import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { desktop, openWindow, phone } from '../support/browser.ts';
import { makePetition } from '../support/factories.ts';
import { signInAs } from '../support/organizer.ts';
import { openShow } from '../support/stage.ts';
import { makeSigner } from '../support/words.ts';
import { eventually } from '../support/world.ts';

const { world, browser } = await openShow({ workers: false });

async function openQueue(
  petition: Petition,
  name: string,
  device: object,
): Promise<Page & { complaints: string[] }> {
  const { cookie } = await signInAs(world, 'moderator', { name });
  const { page, complaints } = await openWindow(browser, device, world, cookie);
  await page.goto(`/organize/petitions/${petition._id}/moderation`);
  return Object.assign(page, { complaints });
}

/** A colleague's claim is answered with 409, which the browser writes down as an error of the network. */
const unexpected = (...pages: { complaints: string[] }[]) =>
  pages.flatMap(({ complaints }) => complaints).filter((text) => !text.includes('status of 409'));
const current = (page: Page) => page.locator('[data-item][aria-current]').getAttribute('data-item');
const reviewOf = async ({ id }: { id: string }) => (await Signature.findById(id).lean<Signature>())?.review;
const stands = (item: { id: string }, shows: string | undefined) =>
  eventually(async () => (await reviewOf(item))?.shows === shows, `${item.id} shows ${shows}`);

test('Ada goes through the queue without touching the mouse, and takes one back', async () => {
  const petition = await makePetition();
  const at = (minutes: number) => new Date(Date.now() - minutes * 60_000);
  const one = await makeSigner(world, petition, { name: 'One', comment: 'Well said.', confirmedAt: at(30) });
  const two = await makeSigner(world, petition, {
    name: 'Two',
    comment: 'He is a crook.',
    confirmedAt: at(20),
  });
  const three = await makeSigner(world, petition, { name: 'Three', confirmedAt: at(10) });
  const page = await openQueue(petition, 'Ada Moderator', desktop);

  assert.ok(await page.getByText('refuse: choose why').isVisible(), 'the keys are explained');
  assert.equal(await current(page), one.id);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  assert.equal(await current(page), three.id);
  await page.keyboard.press('j');
  assert.equal(await current(page), three.id, 'it stays on the last');
  await page.keyboard.press('k');
  await page.keyboard.press('k');
  assert.equal(await current(page), one.id);

  await page.keyboard.press('a');
  await stands(one, 'all');
  await eventually(async () => (await current(page)) === two.id, 'the next one is current');

  await page.keyboard.press('r');
  await page.locator(`#reason-${two.id}:focus`).waitFor();
  await page.locator(`#reason-${two.id}`).selectOption('privacy');
  await page.keyboard.press('a');
  assert.equal((await reviewOf(two))?.settled, undefined, 'letters in a form are letters');
  await page.locator(`#note-${two.id}`).focus();
  await page.keyboard.press('Enter');
  await stands(two, 'name');

  await eventually(async () => (await current(page)) === three.id, 'the last one is current');
  await page.keyboard.press('u');
  await stands(two, undefined);
  await eventually(async () => (await current(page)) === two.id, 'it is back, and current');

  await page.keyboard.press('r');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator(`[data-item="${two.id}"] [data-refuse][open]`).count(), 0);
  await page.getByLabel('Shortcuts are on').uncheck();
  await page.locator('h1').click();
  await page.keyboard.press('a');
  await page.keyboard.press('j');
  assert.equal((await reviewOf(two))?.settled, undefined, 'turned off they do nothing');
  assert.deepEqual(page.complaints, []);
});

test('Ben sees that Ada has an item, and gets it when she moves on', async () => {
  const petition = await makePetition();
  const one = await makeSigner(world, petition, { name: 'One', confirmedAt: new Date(Date.now() - 60_000) });
  await makeSigner(world, petition, { name: 'Two' });
  const ada = await openQueue(petition, 'Ada Moderator', desktop);
  assert.equal(await current(ada), one.id);
  const ben = await openQueue(petition, 'Ben Moderator', phone);
  const item = ben.locator(`[data-item="${one.id}"]`);
  await item.getByText('Ada Moderator is looking at this').waitFor();
  await item.getByRole('button', { name: 'Approve' }).click();
  await item.getByRole('alert').filter({ hasText: 'Ada Moderator is looking at this' }).waitFor();
  await ben.waitForLoadState('networkidle');
  const said = item.getByText('Ada Moderator is looking at this').filter({ visible: true });
  assert.equal(await said.count(), 1, 'it is said once');
  assert.equal(await reviewOf(one), undefined);
  await ada.keyboard.press('j');
  await eventually(async () => {
    if ((await reviewOf(one))?.shows === 'all') return true;
    // The button goes once the decision is through, which may be before we look again.
    await item
      .getByRole('button', { name: 'Approve' })
      .click({ timeout: 1_000 })
      .catch(() => undefined);
    return false;
  }, 'Ben can approve it');
  assert.deepEqual(unexpected(ada, ben), []);
});

test('A key that is held down, or pressed twice, decides on one and on nothing else', async () => {
  const petition = await makePetition();
  const at = (minutes: number) => new Date(Date.now() - minutes * 60_000);
  const one = await makeSigner(world, petition, { name: 'One', confirmedAt: at(30) });
  const two = await makeSigner(world, petition, { name: 'Two', confirmedAt: at(20) });
  const three = await makeSigner(world, petition, { name: 'Three', confirmedAt: at(10) });
  const page = await openQueue(petition, 'Ada Moderator', desktop);
  // What is down already repeats itself.
  await page.keyboard.down('a');
  await stands(one, 'all');
  await eventually(async () => (await current(page)) === two.id, 'the next one is current');
  for (let times = 0; times < 5; times += 1) await page.keyboard.down('a');
  await page.keyboard.up('a');
  await page.evaluate(
    'for (const _ of [1, 2, 3]) document.dispatchEvent(new KeyboardEvent("keydown", { key: "a" }))',
  );
  await eventually(async () => (await current(page)) === three.id, 'the last one is current');
  assert.equal((await reviewOf(two))?.shows, 'all');
  assert.equal(
    await page.getByRole('alert').filter({ visible: true }).count(),
    0,
    'nothing is complained of',
  );
  assert.equal((await reviewOf(three))?.settled, undefined);
  assert.deepEqual(page.complaints, []);
});

test('Ben begins at what is free, passes over what Ada has decided on, and gets what she leaves', async () => {
  const petition = await makePetition();
  const at = (minutes: number) => new Date(Date.now() - minutes * 60_000);
  const one = await makeSigner(world, petition, { name: 'One', confirmedAt: at(30) });
  const two = await makeSigner(world, petition, { name: 'Two', confirmedAt: at(20) });
  const three = await makeSigner(world, petition, { name: 'Three', confirmedAt: at(10) });
  const ada = await openQueue(petition, 'Ada Moderator', desktop);
  await eventually(async () => (await current(ada)) === one.id, 'Ada has the first');
  const ben = await openQueue(petition, 'Ben Moderator', desktop);
  await eventually(async () => (await current(ben)) === two.id, 'Ben begins at the second');
  await ada.keyboard.press('a');
  await stands(one, 'all');
  await eventually(async () => (await current(ada)) !== one.id, 'Ada moves on');
  await ben.keyboard.press('k');
  await ben.keyboard.press('a');
  await ben
    .locator(`[data-item="${one.id}"]`)
    .getByText('Ada Moderator has already decided on this.')
    .waitFor();
  assert.equal(await ben.locator(`[data-item="${one.id}"]`).getByText('Undo').count(), 0);
  await eventually(async () => (await current(ben)) !== one.id, 'Ben moves on');

  await ada.keyboard.press('j');
  await ada.goto('about:blank');
  await eventually(async () => {
    await ben.reload();
    return !(await ben.getByText('Ada Moderator is looking at this').filter({ visible: true }).count());
  }, 'Ada holds nothing any more');
  await ben.keyboard.press('a');
  await stands(two, 'all');
  await eventually(async () => (await current(ben)) === three.id, 'the last one is current');
  await ben.keyboard.press('a');
  await stands(three, 'all');
  await ben
    .getByText('Everything on this page has been looked at.')
    .filter({ visible: true })
    .first()
    .waitFor();
  assert.deepEqual(unexpected(ada, ben), []);
});

test('Without scripts the queue works by its buttons', async () => {
  const petition = await makePetition();
  const one = await makeSigner(world, petition, { name: 'One', comment: 'He is a crook.' });
  const page = await openQueue(petition, 'Ada Moderator', { ...phone, javaScriptEnabled: false });
  await page.getByText('Refuse…').click();
  await page.getByLabel('Name and comment').check();
  await page.getByRole('button', { name: 'Refuse', exact: true }).click();
  await page.getByText('Refused.').waitFor();
  assert.equal((await reviewOf(one))?.shows, 'nothing');
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('It is back in the queue.').waitFor();
  assert.equal(await reviewOf(one), undefined);
});
