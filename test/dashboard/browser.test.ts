import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { dashboardWork } from '../../config/limits.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { endSessions } from '../../server/sessions/session.ts';
import { desktop, openWindow, phone } from '../support/browser.ts';
import { makePetition, makeSignature } from '../support/factories.ts';
import { setLimits } from '../support/limits.ts';
import { cookieOf, makeOrganizer, type NewOrganizer } from '../support/organizer.ts';
import { openShow } from '../support/stage.ts';
import { settle } from '../support/tally.ts';

setLimits(dashboardWork, { lookEvery: 1_000, sessionEvery: 500 });
const { world, platform, browser } = await openShow();

const patience = 10_000;
const place = (page: Page, name: string) => page.locator(`[data-text="${name}"]`);

/** An organizer's browser on a petition's dashboard. `faults` is what its console complains about. */
async function open({ _id }: Petition, t: TestContext, options: BrowserContextOptions = desktop) {
  const organizer: NewOrganizer = await makeOrganizer(world, 'viewer');
  const cookie = await cookieOf(world, organizer._id);
  const { context, page, complaints: faults } = await openWindow(browser, options, world, cookie);
  t.after(() => context.close());
  await page.goto(`/organize/petitions/${_id.toHexString()}`);
  return { page, organizer, faults };
}

async function signed(petition: Petition, differences: Record<string, unknown> = {}): Promise<void> {
  await makeSignature(petition, differences);
  platform.queues.enqueue('tally', { petitionId: petition._id.toHexString() });
}

describe('a dashboard in a browser', () => {
  it('moves by itself, in place: numbers, charts, places and tables', async (t) => {
    const petition = await makePetition();
    const { page, faults } = await open(petition, t);
    await page.getByText('Moves by itself').waitFor({ timeout: patience });
    await page.getByText('Nobody has confirmed yet', { exact: true }).waitFor();
    assert.equal(await page.locator('[data-chart="hours"]').isVisible(), false);
    await page.evaluate('window.isTheSamePage = true');

    await signed(petition, { region: 'ON', source: 'stall' });
    await page.locator('[data-text="confirmed"]', { hasText: /^1$/ }).waitFor({ timeout: patience });
    assert.equal(await place(page, 'today').textContent(), '1');
    assert.equal(await page.getByText('Nobody has confirmed yet', { exact: true }).isVisible(), false);
    const chart = page.getByRole('img', { name: 'Confirmed signatures in each of the last 48 hours' });
    assert.equal(await chart.isVisible(), true);
    assert.match((await chart.locator('desc').textContent()) ?? '', /^1 altogether/);
    assert.match((await chart.locator('[data-partial]').getAttribute('d')) ?? '', /^M471 100V50/);
    await page.getByRole('row', { name: 'Ontario, Canada 1 100%' }).waitFor();
    await page.getByRole('row', { name: 'stall 1 100%' }).waitFor();

    await page.locator('[data-chart="days"] summary').click();
    await signed(petition, { region: 'QC' });
    await page.getByRole('row', { name: 'Quebec, Canada 1 50%' }).waitFor({ timeout: patience });
    assert.equal(
      await page.locator('[data-rows="days"] tr').first().isVisible(),
      true,
      'what is open stays so',
    );
    assert.match(await page.locator('[data-rows="days"] tr').first().innerText(), /2$/);
    assert.equal(await page.evaluate('window.isTheSamePage'), true);
    assert.deepEqual(faults, []);
  });

  it('says the bar under the pointer', async (t) => {
    const petition = await makePetition();
    for (let n = 0; n < 3; n += 1) await makeSignature(petition);
    await settle(petition);
    const { page } = await open(petition, t);
    await page.getByText('Moves by itself').waitFor({ timeout: patience });
    const chart = page.locator('[data-chart="hours"]');
    const box = await chart.locator('svg.chart-box').boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + box.width - 2, box.y + box.height / 2);
    const [latest] = await chart.locator('tbody tr').all();
    const hour = await latest?.locator('th').textContent();
    const readout = chart.locator('[data-readout]');
    assert.equal(await readout.textContent(), `${hour}: 3`);
    await signed(petition);
    await page.locator('[data-text="confirmed"]', { hasText: /^4$/ }).waitFor({ timeout: patience });
    const said = (await readout.textContent()) ?? '';
    assert.ok(said.startsWith(`${hour}: `), `a snapshot takes the word: ${said}`);
    await page.mouse.move(0, 0);
    assert.match((await readout.textContent()) ?? '', /^4 altogether/);
  });

  it('says so when the session has ended, and stands still', async (t) => {
    const petition = await makePetition();
    const { page, organizer } = await open(petition, t);
    await page.getByText('Moves by itself').waitFor({ timeout: patience });
    await endSessions(platform.redis, organizer._id);
    const said = page.getByRole('status').getByText('You are signed out');
    await said.waitFor({ timeout: dashboardWork.sessionEvery + patience });
    assert.equal(await page.getByRole('link', { name: 'Reload' }).isVisible(), true);
  });

  it('without scripts says when it was made, and has a link to load it again', async (t) => {
    const petition = await makePetition();
    const { page } = await open(petition, t, { ...phone, javaScriptEnabled: false });
    assert.match(await page.locator('.as-of').innerText(), /As of \w{3}, \d+ \w+ \d{4} at [\d:]+/);
    await makeSignature(petition);
    await settle(petition);
    await page.getByRole('link', { name: 'Reload' }).click();
    assert.equal(await place(page, 'confirmed').textContent(), '1');
    const figure = page.locator('.figure', { has: place(page, 'confirmed') });
    await figure.locator('summary').click();
    assert.equal(await figure.locator('details p').isVisible(), true);
  });

  it('fits a phone, with a long name and large numbers', async (t) => {
    const petition = await makePetition({
      texts: {
        en: {
          title: 'Donaudampfschifffahrtsgesellschaft'.repeat(5),
          addressedTo: 'x',
          summary: 'x',
          body: 'x',
        },
      },
      ledger: [{ at: new Date(), who: 'x', source: 'x'.repeat(80), number: 12_345_678 }],
    });
    await makeSignature(petition, { source: 'a-very-long-name-of-a-link-that-somebody-made-up-in-a-hurry' });
    await settle(petition);
    for (const options of [phone, { ...phone, colorScheme: 'dark' as const }, desktop]) {
      const { page, faults } = await open(petition, t, options);
      const over = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
      assert.equal(over, 0, 'the page scrolls sideways');
      assert.deepEqual(faults, []);
    }
  });
});
