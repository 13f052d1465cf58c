import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import type { Petition } from '../../../server/petitions/petition.ts';
import { Signature } from '../../../server/signatures/signature.ts';
import { Task } from '../../../server/tasks/task.ts';
import { desktop, openWindow, phone } from '../../support/browser.ts';
import { makeForm, makePetition } from '../../support/factories.ts';
import { cookieOf, makeOrganizer } from '../../support/organizer.ts';
import { makeSignatures } from '../../support/signatures.ts';
import { signAndConfirm, signAndOpenMail } from '../../support/signer.ts';
import { openShow } from '../../support/stage.ts';
import { assertExact, settle } from '../../support/tally.ts';
import { visitor } from '../../support/visitor.ts';
import { eventually } from '../../support/world.ts';

const { world, browser } = await openShow();

const url = (path: string) => world.env.BASE_URL + path;
const base = (petition: Petition) => url(`/organize/petitions/${petition._id}/signatures`);

/** An editor at a device of this kind. */
async function openAs(device: object) {
  const editor = await makeOrganizer(world, 'editor', { name: 'Ada' });
  return openWindow(browser, device, world, await cookieOf(world, editor._id));
}

/** Nothing sticks out to the side. */
async function assertFits(page: Page): Promise<void> {
  const wide = await page.evaluate<boolean>(
    'document.documentElement.scrollWidth > document.documentElement.clientWidth',
  );
  assert.equal(wide, false, `${page.url()} scrolls sideways`);
}

const namesOn = (page: Page) => page.locator('.signature-name').allTextContents();

async function look(
  page: Page,
  fill: (form: ReturnType<Page['locator']>) => Promise<unknown>,
): Promise<string[]> {
  const showAll = page.getByRole('link', { name: 'Show all again' });
  if (await showAll.isVisible()) await showAll.click();
  await page.getByText('Search and filter').click();
  await fill(page.locator('form', { has: page.getByRole('button', { name: 'Show', exact: true }) }));
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await showAll.waitFor();
  await assertFits(page);
  return namesOn(page);
}

for (const [name, device] of Object.entries({ phone, desktop })) {
  describe(`An editor at a ${name}`, () => {
    it('finds signatures by whole address, by name and by each filter', async () => {
      const petition = await makePetition({ timeZone: 'UTC' });
      const zoe = { name: 'Zoë O’Hara', email: `z.oe.${name}${process.pid}@gmail.com` };
      await signAndConfirm(world, petition.slug, makeForm(zoe));
      await makeSignatures(world, petition, [
        { name: 'Wanda Example', source: 'stall', region: 'ON', state: 'held' },
        { name: 'Otto Example', email: `otto-${name}-${process.pid}@mail.example.net`, country: 'GB' },
        { name: 'Uma Example', createdAt: new Date('2026-05-04T12:00:00Z') },
      ]);
      await settle(petition);
      const { context, page, complaints } = await openAs(device);
      await page.goto(base(petition));
      await page.getByText('4 signatures').waitFor();
      await assertFits(page);
      const who = (text: string) =>
        look(page, (form) => form.getByLabel('Name or e-mail address').fill(text));
      assert.deepEqual(await who(`zoe${name}${process.pid}+news@googlemail.com`), ['Zoë O’Hara']);
      assert.match(page.url(), /\/signatures\?person=email\.[\w-]{43}$/, 'a keyed hash and nothing else');
      assert.deepEqual(await who("  ZOE o'hara "), ['Zoë O’Hara']);
      assert.deepEqual(await who('Zoë'), []);
      const choose = (label: string, option: string) =>
        look(page, (form) => form.getByLabel(label, { exact: true }).selectOption(option));
      assert.deepEqual(await choose('State', 'Held'), ['Wanda Example']);
      assert.deepEqual(await choose('Place', 'United Kingdom'), ['Otto Example']);
      assert.deepEqual(await choose('Source', 'direct'), ['Uma Example', 'Otto Example', 'Zoë O’Hara']);
      assert.deepEqual(await look(page, (form) => form.getByLabel('Mail domain').fill('mail.example.net')), [
        'Otto Example',
      ]);
      const day = await look(page, async (form) => {
        await form.getByLabel('Signed from').fill('2026-05-04');
        await form.getByLabel('Signed until').fill('2026-05-04');
      });
      assert.deepEqual(day, ['Uma Example']);

      await page.getByRole('link', { name: 'Show all again' }).click();
      await page.getByText('Search and filter').click();
      await page.getByLabel('Name or e-mail address').fill('zoe@');
      await page.getByRole('button', { name: 'Show', exact: true }).click();
      await page.getByText('This does not look like a whole e-mail address.').waitFor();
      await assertFits(page);
      assert.equal(await page.getByLabel('Name or e-mail address').inputValue(), 'zoe@');
      assert.deepEqual(
        complaints.filter((text) => !text.includes('422')),
        [],
      );
      await context.close();
    });

    it('withdraws, invalidates and restores one, and reads what happened to it', async () => {
      const petition = await makePetition();
      await signAndConfirm(world, petition.slug, makeForm({ name: 'Ines Example' }));
      const { context, page, complaints } = await openAs(device);
      await page.goto(base(petition));
      for (const [verb, why] of [
        ['Withdraw', 'Asked at the stall'],
        ['Restore', 'It was somebody else'],
        ['Invalidate', 'No such person'],
        ['Restore', 'She came by herself'],
      ] as const) {
        await page.getByRole('link', { name: 'Ines Example' }).click();
        await assertFits(page);
        await page.getByRole('button', { name: verb, exact: true }).click();
        await page.getByText('Name no names').waitFor();
        await assertFits(page);
        await page.getByLabel('Why?').fill(why);
        await page.getByRole('button', { name: `${verb} 1 signature` }).click();
        await page.getByText(/1 signature (withdrawn|restored|invalidated)\./).waitFor();
        await assertFits(page);
        await page.goto(base(petition));
      }
      await page.getByRole('link', { name: 'Ines Example' }).click();
      const history = (await page.locator('ol.changes li').allTextContents()).map((text) =>
        text.replace(/\s+/g, ' '),
      );
      assert.equal(history.length, 6);
      assert.match(history[0] ?? '', /Invalidated → Confirmed .* by Ada.*“She came by herself”/);
      assert.match(history[3] ?? '', /Confirmed → Withdrawn .* by Ada.*“Asked at the stall”/);
      assert.match(history[4] ?? '', /Not confirmed → Confirmed .* by the signer/);
      assert.deepEqual(complaints, []);
      await context.close();
    });

    it('sends the confirmation mail once more', async () => {
      const petition = await makePetition();
      const form = makeForm({ name: 'Late Example' });
      await signAndOpenMail(world, petition.slug, form);
      const { context, page } = await openAs(device);
      await page.goto(base(petition));
      await page.getByRole('link', { name: 'Late Example' }).click();
      await page.getByRole('button', { name: 'Mail again' }).click();
      await page.getByText('nobody within a minute of the mail before').waitFor();
      await assertFits(page);
      const requestedAt = new Date(Date.now() - 3_600_000);
      await Signature.updateOne({ petition: petition._id }, { $set: { 'mail.requestedAt': requestedAt } });
      await page.reload();
      await page.getByLabel('Why?').fill('The first was lost');
      await page.getByRole('button', { name: 'Mail again 1 signature' }).click();
      await page.getByText('1 signature mailed again.').waitFor();
      const mail = await world.mailbox.mailTo(form.email ?? '', 2);
      assert.match(mail.text ?? '', /\/confirm\//);
      await context.close();
    });
  });
}

it('An editor invalidates thousands, sees it move, cancels in the middle, and takes it back', async () => {
  const petition = await makePetition();
  const people = Array.from({ length: 4_000 }, (_, n) => ({
    name: `Person ${n}`,
    source: n % 8 ? 'bots' : 'stall',
  }));
  await makeSignatures(world, petition, people);
  await settle(petition);
  const { context, page, complaints } = await openAs(desktop);
  await page.goto(`${base(petition)}?source=bots`);
  await page.getByText('3,500 signatures: source “bots”').waitFor();

  await page.getByRole('button', { name: /^Tick all 50/ }).click();
  await page.getByText('(50)').waitFor();
  await page.getByRole('radio', { name: /All 3,500 that match/ }).check();
  await page.getByLabel('What to do').selectOption('Invalidate');
  await page.getByRole('button', { name: 'Check first' }).click();
  await page.getByRole('heading', { name: 'Invalidate 3,500 signatures?' }).waitFor();
  assert.equal((await namesOn(page)).length, 10);
  await page.getByRole('button', { name: 'Invalidate 3,500 signatures' }).click();
  assert.equal(await page.evaluate<boolean>("document.getElementById('field-why').checkValidity()"), false);
  await page.getByLabel('Why?').fill('One machine sent them');
  await page.getByRole('button', { name: 'Invalidate 3,500 signatures' }).click();
  await page.waitForURL(/\/organize\/tasks\//);
  const task = page.url().split('/').pop() ?? '';
  await eventually(async () => ((await Task.findById(task).lean())?.done ?? 0) > 0, 'the first step', 30_000);
  await page.getByText(/[1-9][\d,]* of 3,500/).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('Cancelled').first().waitFor();
  await eventually(async () => !(await Task.findById(task).lean())?.lease, 'the end of the last step');
  const invalidated = await Signature.countDocuments({ petition: petition._id, state: 'invalidated' });
  assert.ok(invalidated > 0 && invalidated < 3_500, `cancelled in the middle: ${invalidated}`);
  const left = 4_000 - invalidated;
  await eventually(async () => (await visitor(world).count(petition.slug)) === left, `${left} left`, 30_000);

  await page.reload();
  await page.getByRole('button', { name: 'Undo this' }).click();
  await page.getByText(`Gives ${invalidated.toLocaleString('en')} signatures the state back`).waitFor();
  await page.getByLabel('Why?').fill('It was the wrong source');
  await page.getByRole('button', { name: /^Undo for/ }).click();
  await page.getByText(/signatures put back\./).waitFor({ timeout: 60_000 });
  await eventually(async () => (await visitor(world).count(petition.slug)) === 4_000, 'all back', 30_000);
  await settle(petition);
  await assertExact(petition);
  assert.deepEqual(complaints, []);
  await context.close();
});
