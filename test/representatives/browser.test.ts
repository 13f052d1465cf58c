import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openWindow, phone } from '../support/browser.ts';
import { makePetition } from '../support/factories.ts';
import { startRepresent } from '../support/represent.ts';
import { openShow } from '../support/stage.ts';

const represent = await startRepresent();
const { world, browser } = await openShow({ workers: false, env: { REPRESENT_URL: represent.url } });
after(() => represent.close());

const makeLetter = () =>
  makePetition({ kind: 'letter', representatives: { provider: 'represent', offices: ['MP', 'MPP'] } });

describe('who looks for their representatives on a phone', () => {
  it('finds and chooses them in place, with what was typed still there, by the keyboard', async () => {
    const letter = await makeLetter();
    const { page, context, complaints } = await openWindow(browser, phone, world);
    const address = `${world.env.BASE_URL}/petitions/${letter.slug}`;
    await page.goto(address);
    await page.fill('#field-name', 'Robin Example');
    await page.fill('#field-lookupCode', 'k1a 0b1');
    await page.press('#field-lookupCode', 'Enter');
    await page.locator('#representatives-heading:focus').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    assert.equal(await page.getByLabel('Ellis Right').isChecked(), true);
    assert.equal(await page.getByLabel('Dana Left').isChecked(), false);
    assert.equal(await page.getByLabel('Flo Provincial').isChecked(), true);
    assert.equal(page.url(), address);
    assert.equal(await page.inputValue('#field-name'), 'Robin Example');
    assert.equal(await page.evaluate('document.documentElement.scrollWidth > innerWidth'), false);
    assert.deepEqual(complaints, []);
    await context.close();
  });
});

describe('who has no scripts', () => {
  it('finds them on a page that comes back with what was typed, at its place', async () => {
    const letter = await makeLetter();
    const { page, context } = await openWindow(browser, { ...phone, javaScriptEnabled: false }, world);
    await page.goto(`${world.env.BASE_URL}/petitions/${letter.slug}`);
    await page.fill('#field-name', 'Robin Example');
    await page.fill('#field-lookupCode', 'K0A1K0');
    await page.getByRole('button', { name: 'Find them' }).click();
    await page.getByLabel('Avery Sample').waitFor();
    assert.equal(await page.getByLabel('Avery Sample').isChecked(), true);
    assert.equal(await page.inputValue('#field-name'), 'Robin Example');
    assert.doesNotMatch(decodeURIComponent(new URL(page.url()).search), /K0A ?1K0/);
    await context.close();
  });
});

describe('a search that does not come back', () => {
  it('says so in place, and can be tried again', async () => {
    const letter = await makeLetter();
    const { page, context } = await openWindow(browser, phone, world);
    await page.goto(`${world.env.BASE_URL}/petitions/${letter.slug}`);
    await page.route('**/representatives', (route) => route.abort());
    await page.fill('#field-lookupCode', 'K0A1K0');
    await page.getByRole('button', { name: 'Find them' }).click();
    await page.getByText('The search did not come back.').waitFor();
    assert.equal(await page.inputValue('#field-lookupCode'), 'K0A1K0');
    await page.unroute('**/representatives');
    await page.getByRole('button', { name: 'Find them' }).click();
    await page.getByLabel('Avery Sample').waitFor();
    await context.close();
  });
});
