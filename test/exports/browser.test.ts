import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { Export } from '../../server/exports/export.ts';
import { desktop, openWindow, phone } from '../support/browser.ts';
import { exportsPath } from '../support/exports.ts';
import { makePetition } from '../support/factories.ts';
import { signInAs } from '../support/organizer.ts';
import { makeSignatures, many } from '../support/signatures.ts';
import { openShow } from '../support/stage.ts';

const { world, browser } = await openShow();
const editor = await signInAs(world, 'editor');

for (const [device, options] of Object.entries({ phone, desktop })) {
  test(`Signatures are exported on a ${device}; the link is for those who may, for a day`, async () => {
    const petition = await makePetition();
    await makeSignatures(world, petition, [{ name: 'Ada Example', email: 'ada@example.org' }, ...many(30)]);
    const { page, context, complaints } = await openWindow(browser, options, world, editor.cookie);
    const exportsUrl = world.env.BASE_URL + exportsPath(petition);
    await page.goto(exportsUrl);
    await page.getByText('A table holds 31 signatures: confirmed.').waitFor();
    await page.getByLabel('E-mail', { exact: true }).check();
    await page.getByLabel('What is it for?').fill('   ');
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('link', { name: /Say what it is for/ }).waitFor();
    assert.equal(await page.getByLabel('E-mail', { exact: true }).isChecked(), true);
    await page.getByLabel('What is it for?').fill('The council meeting');
    await page.getByRole('button', { name: 'Export' }).click();

    await page.getByText('31 rows written.').waitFor();
    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    const download = await downloading;
    assert.match(download.suggestedFilename(), /^petition-.*\.csv$/);
    assert.match(await readFile(await download.path(), 'utf8'), /Ada Example,ada@example\.org/);

    const made = await Export.findOne({ petition: petition._id }).lean<Export>().orFail();
    const file = `${exportsUrl}/${made._id}/files/1`;
    const moderator = await signInAs(world, 'moderator');
    const other = await openWindow(browser, options, world, moderator.cookie);
    assert.equal((await other.page.goto(file))?.status(), 403);
    await other.page
      .getByText(/editor/i)
      .first()
      .waitFor();

    await page.goto(exportsUrl);
    await page.getByRole('link', { name: /^Download, / }).waitFor();
    await Export.updateOne({ _id: made._id }, { $set: { expiresAt: new Date(Date.now() - 1_000) } });
    await page.getByRole('link', { name: /^Download, / }).click();
    await page.getByRole('heading', { name: 'This file was deleted' }).waitFor();
    await page.getByRole('link', { name: 'Make the export again' }).click();
    await page.getByText('The file was deleted.').waitFor();
    assert.deepEqual(
      complaints.filter((text) => !/422|410/.test(text)),
      [],
    );
    await Promise.all([context.close(), other.context.close()]);
  });
}
