import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { BrowserContextOptions } from 'playwright-core';
import { openWindow, phone } from '../support/browser.ts';
import { entranceIn } from '../support/organizer.ts';
import { openShow } from '../support/stage.ts';
import { eventually } from '../support/world.ts';
import { faultsOf } from './faults.ts';
import { makeTour } from './tour.ts';

const { world, browser } = await openShow();
const { owner, stops } = await makeTour(world);

/** A phone, the owner's unless said otherwise. */
async function openPhone(
  t: TestContext,
  { isOwners = true, ...options }: BrowserContextOptions & { isOwners?: boolean } = {},
) {
  const cookie = isOwners ? owner.cookie : undefined;
  const opened = await openWindow(browser, { ...phone, ...options }, world, cookie);
  t.after(() => opened.context.close());
  return opened;
}

const pathOf = (name: string): string => stops.find((stop) => stop.name === name)?.path ?? '';

describe('every page of the organizers', () => {
  it('fits a phone, can be read in light and dark, touched with a thumb, and names what is on it', async (t) => {
    const { page, complaints } = await openPhone(t);
    const found: Record<string, string[]> = {};
    for (const { name, path } of stops) {
      const response = await page.goto(path);
      assert.equal(response?.status(), 200, name);
      const faults = await faultsOf(page);
      if (faults.length > 0) found[name] = faults;
    }
    assert.deepEqual(found, {});
    assert.deepEqual(complaints, []);
  });

  it('is looked at with eyes that see', async (t) => {
    const { page } = await openPhone(t);
    await page.setContent(`<!doctype html><meta name="viewport" content="width=device-width">
      <body style="background: #fff"><div id="a">Elsewhere</div><main><h1>One</h1><h1>Two</h1><h3 id="a">Deep</h3>
      <input><select aria-label="Which" aria-describedby="none"></select><a href="/"></a><button>Small</button>
      <p style="color: #999">Pale</p><div style="width: 900px">Wide</div></main>`);
    const faults = (await faultsOf(page)).join('\n');
    const all = [/2 main headings/, /twice: id a/, /leads nowhere: none/, /no label: <input>/, /no name: <a/];
    for (const fault of [
      ...all,
      ...[/outside landmarks: <div id="a"/, /level left out: <h3/, /small to touch: <button/],
      ...[/light: contrast 2\.85: <p/, /dark: contrast 2\.85: <p/, /sideways at 320: <div/],
    ])
      assert.match(faults, fault);
  });

  it('says at the place what is wrong with a form, and leads there', async (t) => {
    const { page } = await openPhone(t);
    const forms: [name: string, button: RegExp][] = [
      ['edit', /^Save$/],
      ['petitions new', /^Save as/],
      ['draft publication', /^Schedule/],
      ['updates new', /^Save and/],
      ['exports', /^Export/],
      ['ledger', /^Add/],
      ['people', /^Invite$/],
      ['account', /^Save$/],
      ['preview', /^Invalidate/],
      ['change', /^Undo for/],
    ];
    for (const [name, button] of forms) {
      await page.goto(pathOf(name));
      await page.evaluate(`for (const form of document.forms) form.noValidate = true;
        for (const field of document.querySelectorAll('main input:is([type=text], [type=email], :not([type])), main textarea')) field.value = '';`);
      await page.getByRole('button', { name: button }).first().click();
      const wrong = page.locator('[aria-invalid="true"]').first();
      await wrong.waitFor({ timeout: 10_000 }).catch(() => assert.fail(`${name}: nothing is said`));
      const { focus, lost } = await page.evaluate<{ focus: boolean; lost: string[] }>(`({
        focus: document.activeElement?.matches('.error-summary, [aria-invalid="true"]') ?? false,
        lost: [...document.querySelectorAll('.error-summary a')].map((link) => link.getAttribute('href'))
          .filter((href) => !document.querySelector(href)),
      })`);
      assert.ok(focus, `${name}: the focus is elsewhere`);
      assert.deepEqual(lost, [], name);
      assert.deepEqual(await faultsOf(page), [], name);
    }
  });
});

describe('without scripts', () => {
  it('an organizer signs in by mail, writes and publishes a petition, moderates, and exports', async (t) => {
    const { page } = await openPhone(t, { isOwners: false, javaScriptEnabled: false });
    await page.goto('/organize/sign-in');
    await page.getByLabel('Your e-mail address').fill(owner.organizer.email);
    await page.getByRole('button', { name: 'Mail me a link' }).click();
    const isLink = ({ text = '' }) => text.includes('/organize/enter/');
    const mail = await eventually(() => world.mailbox.to(owner.organizer.email).find(isLink), 'the link');
    await page.goto(entranceIn(mail));
    await page.getByRole('button', { name: 'Sign in' }).click();

    await page.getByRole('link', { name: 'New petition' }).click();
    await page.locator('#field-en-title').fill('Keep the clock on the tower');
    await page.locator('#field-en-addressedTo').fill('The council');
    await page.locator('#field-en-summary').fill('It is always right twice a day.');
    await page.locator('#field-en-body').fill('It should **stay**.');
    await page.locator('#field-group-name').fill('Friends of the Clock');
    await page.getByRole('button', { name: 'Save as a draft' }).click();
    await page.getByRole('link', { name: 'Publish' }).click();
    await page.getByRole('button', { name: 'Publish now' }).click();
    await page.getByRole('heading', { name: 'Open for signing' }).waitFor();
    await page.goto('/petitions/keep-the-clock-on-the-tower');
    await page.getByRole('heading', { name: 'Keep the clock on the tower' }).waitFor();

    await page.goto(pathOf('moderation'));
    await page.getByRole('button', { name: 'Approve' }).first().click();
    await page.getByText('Approved.').waitFor();
    await page.getByText('Refuse…').first().click();
    await page.getByRole('button', { name: 'Refuse', exact: true }).click();
    await page.getByText('Refused.').waitFor();
    await page.getByText('Everything has been looked at.').waitFor();

    await page.goto(pathOf('exports'));
    await page.getByLabel('What is it for?').fill('For the council');
    await page.getByRole('button', { name: 'Export' }).click();
    const link = page.getByRole('link', { name: 'Download' });
    await link.waitFor(); // the page loads itself anew
    const [file] = await Promise.all([page.waitForEvent('download'), link.click()]);
    assert.match(file.suggestedFilename(), /^petition-.*\.csv$/);
  });
});
