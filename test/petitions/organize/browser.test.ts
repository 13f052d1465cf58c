import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { Petition } from '../../../server/petitions/petition.ts';
import { desktop, openWindow, phone } from '../../support/browser.ts';
import { makePetition } from '../../support/factories.ts';
import { signInAs } from '../../support/organizer.ts';
import { openShow } from '../../support/stage.ts';
import { makePicture, openForm, pathOf, send, stored } from './support.ts';

const { world, browser } = await openShow({ workers: false });
const ada = await signInAs(world, 'editor');

const signedIn = (device: object) => openWindow(browser, device, world, ada.cookie);

async function fillIn(page: Page, title: string): Promise<void> {
  await page.locator('#field-en-title').fill(title);
  await page.locator('#field-en-addressedTo').fill('The council');
  await page.locator('#field-en-summary').fill('A bench to rest on.');
  await page.locator('#field-en-body').fill('## Why\n\nIt should **stay**.');
}

test('Ada writes a petition, sees it as she types, adds a picture, publishes it, and it is there on a phone', async () => {
  const { page, complaints, context } = await signedIn(desktop);
  await page.goto(`${world.env.BASE_URL}/organize/petitions/new`);
  await fillIn(page, 'Keep the bench by the pond');
  const preview = page.frameLocator('[data-preview-frame]');
  await preview.getByRole('heading', { level: 1, name: 'Keep the bench by the pond' }).waitFor();
  await preview.locator('.prose strong', { hasText: 'stay' }).waitFor();
  assert.equal(await page.locator('[data-shared-title]').textContent(), 'Keep the bench by the pond');

  await page.locator('#field-file').setInputFiles({
    name: 'bench.jpg',
    mimeType: 'image/jpeg',
    buffer: Buffer.from(await makePicture()),
  });
  await page.locator('[data-picture] img[src^="/images/"]').waitFor();
  await page.locator('#field-en-imageAlt').fill('A bench by a pond');
  await page.getByRole('button', { name: 'Save as a draft' }).click();
  await page.getByText('The draft is saved').waitFor();
  await page.getByRole('link', { name: 'Publish' }).click();
  await page.getByRole('button', { name: 'Publish now' }).click();
  await page.getByRole('heading', { name: 'Open for signing' }).waitFor();
  assert.deepEqual(complaints, []);
  await context.close();

  const visitor = await browser.newPage(phone);
  await visitor.goto(`${world.env.BASE_URL}/petitions/keep-the-bench-by-the-pond`);
  await visitor.getByRole('heading', { level: 1, name: 'Keep the bench by the pond' }).waitFor();
  const image = visitor.getByRole('img', { name: 'A bench by a pond' });
  const size = await image.evaluate((img) => {
    const { naturalWidth, naturalHeight, currentSrc } = img as unknown as Record<string, number | string>;
    return [naturalWidth, naturalHeight, currentSrc];
  });
  assert.deepEqual(size.slice(0, 2), [1200, 630]);
  assert.match(String(size[2]), /\/images\/[0-9a-f]{32}\.webp$/);
  const width = await visitor.evaluate('document.documentElement.scrollWidth');
  assert.equal(width, 375, 'nothing sticks out');
  await visitor.close();
});

test('Without scripts the form is saved with its picture, and the preview opens beside it', async () => {
  const { page, context } = await signedIn({ ...phone, javaScriptEnabled: false });
  await page.goto(`${world.env.BASE_URL}/organize/petitions/new`);
  await fillIn(page, 'A bench without scripts');
  const [preview] = await Promise.all([
    context.waitForEvent('page'),
    page.getByRole('button', { name: 'Preview in English' }).click(),
  ]);
  await preview.getByRole('heading', { level: 1, name: 'A bench without scripts' }).waitFor();
  assert.equal(await Petition.countDocuments({ slug: 'a-bench-without-scripts' }), 0);
  assert.equal(await page.locator('#field-en-title').inputValue(), 'A bench without scripts');
  await page.locator('#field-en-imageAlt').fill('A bench');
  await page.locator('#field-file').setInputFiles({
    name: 'bench.png',
    mimeType: 'image/png',
    buffer: Buffer.from(await makePicture(900, 700, 'png')),
  });
  await page.getByRole('button', { name: 'Save as a draft' }).click();
  await page.getByText('The draft is saved').waitFor();
  const petition = await Petition.findOne({ slug: 'a-bench-without-scripts' }).lean();
  assert.match(petition?.image?.upload ?? '', /^[0-9a-f]{32}$/);
  await context.close();
});

for (const javaScriptEnabled of [true, false])
  test(`Two editors on a phone ${javaScriptEnabled ? 'with' : 'without'} scripts: Ada chooses between the texts by keyboard, and nothing is lost`, async () => {
    const petition = await makePetition();
    const { page, context } = await signedIn({ ...phone, javaScriptEnabled });
    await page.goto(world.env.BASE_URL + pathOf(petition, 'edit'));
    await page.locator('#field-en-title').fill('Keep it, says Ada');
    await page.locator('#field-en-body').fill('Ada’s text.');
    const theirs = await openForm(petition, { 'en-title': 'Keep it, says Ben', 'press-name': 'Ben' });
    assert.equal((await send(ada, pathOf(petition, 'edit'), theirs)).status, 303);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: /saved this petition while you were editing/ }).waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 375);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    assert.equal((await stored(petition)).revision, 1, 'nothing is saved without a choice');
    await page.getByRole('radio', { name: 'Keep what' }).focus();
    await page.keyboard.press('ArrowDown');
    assert.ok(await page.getByRole('radio', { name: 'Keep mine' }).isChecked());
    await page.keyboard.press('Enter');
    await page.getByText('Saved.', { exact: true }).waitFor();
    const { texts, group } = await stored(petition);
    assert.deepEqual(
      [texts?.en?.title, texts?.en?.body, group?.pressName],
      ['Keep it, says Ada', 'Ada’s text.', 'Ben'],
    );
    await context.close();
  });

test('On a phone nothing of the organizers’ pages sticks out', async () => {
  const { page, context } = await signedIn(phone);
  const petition = await Petition.findOne({}).lean();
  for (const path of [
    '/organize/petitions/new',
    pathOf(petition ?? { _id: '' }, 'edit'),
    pathOf(petition ?? { _id: '' }, 'publication'),
  ]) {
    await page.goto(world.env.BASE_URL + path);
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 375, path);
  }
  await context.close();
});
