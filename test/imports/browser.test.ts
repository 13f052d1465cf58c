import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { Signature } from '../../server/signatures/signature.ts';
import { desktop, openWindow, phone } from '../support/browser.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { importsPath } from '../support/imports.ts';
import { signInAs } from '../support/organizer.ts';
import { signAndConfirm } from '../support/signer.ts';
import { openShow } from '../support/stage.ts';

const { world, browser } = await openShow();
const editor = await signInAs(world, 'editor');

const people = Array.from({ length: 40 }, (_, n) => `Person ${n};person-${n}@example.org;\n`).join('');
const sheet = `Signer;Contact;Code\nKnown Example;known@example.org;\n;nameless@example.org;\nNo Identity;;\n${people}`;

async function sendFile(page: Page, content: string): Promise<void> {
  const buffer = Buffer.from(content);
  await page.getByLabel('CSV file').setInputFiles({ name: 'sheet.csv', mimeType: 'text/csv', buffer });
  await page.getByRole('button', { name: 'Send' }).click();
}

for (const [device, options] of Object.entries({ phone, desktop })) {
  test(`A sheet of paper signatures is imported on a ${device}, and taken back`, async () => {
    const petition = await makePetition();
    await signAndConfirm(world, petition.slug, makeForm({ email: 'known@example.org' }));
    const { page, context, complaints } = await openWindow(browser, options, world, editor.cookie);
    await page.goto(world.env.BASE_URL + importsPath(petition));
    await sendFile(page, '');
    await page.getByText('The file is empty.').waitFor();

    await sendFile(page, sheet);
    await page.getByRole('heading', { name: 'Which column is which?' }).waitFor();
    await page.getByText('Choose the column with the e-mail address').waitFor();
    await page.getByLabel('E-mail address').selectOption({ label: 'Contact' });
    await page.getByRole('button', { name: 'Show the rows again' }).click();
    const rows = page.getByRole('region', { name: 'The first rows' });
    await rows.getByText('person-0@example.org').waitFor();
    await rows.getByText('The name is missing.').waitFor();
    await rows.getByText('Signed this petition already.').waitFor();
    await page.getByRole('button', { name: 'Import this file' }).click();

    await page.getByText('40 signatures imported; 1 had signed already, 2 could not be read.').waitFor();
    await page.getByText('Done', { exact: true }).waitFor();
    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    assert.equal((await downloading).suggestedFilename(), 'import-report.csv');
    await page.getByRole('button', { name: 'Undo this' }).click();

    await page.getByRole('heading', { name: 'What came of the import' }).waitFor();
    await page.getByRole('row', { name: '3 The name is missing.' }).waitFor();
    await page.getByText('40 signatures stand as they were read in.').waitFor();
    await page.getByLabel('Why?').fill('The wrong sheet');
    await page.getByRole('button', { name: 'Take 40 back' }).click();
    await page.getByText('40 signatures taken back.').waitFor();
    assert.equal(await Signature.countDocuments({ petition: petition._id, state: 'confirmed' }), 1);
    assert.deepEqual(
      complaints.filter((text) => !text.includes('422')),
      [],
    );
    await context.close();
  });
}
