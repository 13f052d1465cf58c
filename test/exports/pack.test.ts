import assert from 'node:assert/strict';
import { rm, symlink } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { partPath } from '../../server/exports/export.ts';
import { packStep } from '../../server/exports/pack/step.ts';
import { createViews } from '../../server/views.ts';
import { createMailer } from '../../workers/mailer.ts';
import { exportSignatures } from '../../workers/tasks/export.ts';
import { download, exportsPath, makeExport } from '../support/exports.ts';
import { makePetition } from '../support/factories.ts';
import { textOf } from '../support/page.ts';
import { makeSignatures } from '../support/signatures.ts';
import { openOffice } from '../support/stage.ts';
import { settle } from '../support/tally.ts';
import { newExport, newTask, stepTwice } from '../support/tasks.ts';
import { pagesOf } from './pdf.ts';

const { world, platform, editor } = await openOffice();

describe('a delivery pack', () => {
  it('has the petition, the count, the places, and the names and reasons of those who agreed alone', async () => {
    const petition = await makePetition({
      ledger: [{ at: new Date(), who: 'Odile', source: 'the market', number: 1_150 }],
    });
    await makeSignatures(world, petition, [
      { name: 'Żaneta Ζωή Иванова', comment: 'For the ducks', showName: true, region: 'ON' },
      { name: 'Secret Person', comment: 'Not to be read', country: 'GB' },
      { name: 'Refused Person', showName: true, review: { settled: true, shows: 'nothing' } },
      {
        name: 'Wordless Person',
        comment: 'Refused words',
        showName: true,
        review: { settled: true, shows: 'name' },
      },
      { name: 'Pending Person', showName: true, state: 'pending' },
    ]);
    await settle(petition);
    const { url } = await makeExport(editor, petition, { kind: 'pdf' });
    const pdf = await download(editor, url);
    assert.ok(pdf.subarray(0, 5).toString() === '%PDF-' && pdf.length > 5_000);
    const pages = pagesOf(pdf);
    assert.equal(pages.length, 3);
    const { title } = petition.texts?.en ?? {};
    assert.match(
      pages[0] ?? '',
      new RegExp(`To Larkmere Town Council.*${title}.*1,154.*signatures as counted on \\d+ \\w+ \\d{4}`),
    );
    assert.match(pages[1] ?? '', /Signed here.*Collected elsewhere.*Canada, Ontario.*United Kingdom/);
    assert.match(pages[2] ?? '', /Żaneta Ζωή Иванова, Ontario.*For the ducks.*Wordless Person/);
    for (const [index, page] of pages.entries()) assert.ok(page.includes(`Page ${index + 1}`), page);
    assert.doesNotMatch(pages.join(' '), /Secret|Not to be read|Refused|Pending|Odile/);
  });

  it('in French speaks French', async () => {
    const { texts } = await makePetition();
    const petition = await makePetition({
      language: 'fr',
      texts: { fr: { ...texts?.en, title: 'Gardons le banc' } },
    });
    const { url } = await makeExport(editor, petition, { kind: 'pdf' });
    assert.match(
      pagesOf(await download(editor, url)).join(' '),
      /À l’attention de .*Gardons le banc.*Noms et raisons/,
    );
  });

  it('has letters of many scripts, what is written from the right in its order, and says which letters no font has', async () => {
    const petition = await makePetition();
    const shown = { showName: true };
    await makeSignatures(world, petition, [
      { name: 'Ζωή Иванова Հայկ', ...shown },
      { name: 'משה כהן', comment: 'אני חותם (2026) כאן', ...shown },
      { name: 'Ogham ᚁᚂ and \u{10ffff}', comment: 'No such letter', ...shown },
    ]);
    const { url, summary } = await makeExport(editor, petition, { kind: 'pdf' });
    const text = pagesOf(await download(editor, url)).join(' ');
    assert.match(text, /Ζωή Иванова Հայկ/);
    // As they stand on paper, from the left: the first word and each word's first letter at the right.
    assert.match(text, /ןהכ השמ , Canada/);
    assert.match(text, /ןאכ \( 2026 \) םתוח ינא/);
    assert.match(text, /Ogham ᚁᚂ and �/);
    assert.match(text, /1 signer’s entry above has letters for which there was no font/);
    assert.match(summary, /^3 names written\. In 1 of them are letters that no font on the server has/);
  });

  it('breaks a name that is wider than the page, and leaves no name alone at the foot of one', async () => {
    const petition = await makePetition();
    const name = 'W'.repeat(100);
    await makeSignatures(world, petition, [
      { name, showName: true },
      ...Array.from({ length: 120 }, (_, n) => ({
        name: `Signer ${n}`,
        comment: `Reason ${n}`,
        showName: true,
      })),
    ]);
    const { url } = await makeExport(editor, petition, { kind: 'pdf' });
    const pages = pagesOf(await download(editor, url)).slice(2);
    assert.ok(pages.length > 2);
    assert.match(pages[0]?.replaceAll(' ', '') ?? '', new RegExp(name));
    for (const page of pages) {
      const names = [...page.matchAll(/Signer (\d+), Canada/g)].map(([, n]) => n);
      assert.deepEqual(
        names,
        [...page.matchAll(/Reason (\d+)/g)].map(([, n]) => n),
      );
    }
  });

  it('on a full disk says so, and goes on once there is space', async () => {
    const petition = await makePetition();
    await makeSignatures(world, petition, [{ name: 'Ada Example', showName: true }]);
    const made = await newExport(petition, editor.organizer, { kind: 'pdf' });
    const path = await partPath(world.env, made);
    await symlink('/dev/full', path);
    const task = newTask({ petition: petition._id, input: { exportId: String(made._id) } });
    const tools = { ...platform, mailer: createMailer(world.env), views: createViews() };
    await assert.rejects(exportSignatures(tools, task), /The disk of the server is full/);
    await rm(path);
    assert.equal((await exportSignatures(tools, task)).finished, true);
  });

  it('of many names comes in volumes whose pages count on', async () => {
    const petition = await makePetition();
    const people = Array.from({ length: 25 }, (_, n) => ({
      name: `Signer ${String(n).padStart(2, '0')} Example`,
      showName: true,
    }));
    await makeSignatures(world, petition, people);
    const made = await newExport(petition, editor.organizer, { kind: 'pdf' });
    const task = await stepTwice(newTask({}), (task) =>
      packStep(platform, petition, made, task, new Date(), 10),
    );
    assert.equal(task.done, 25);
    const volumes = await Promise.all(
      [1, 2, 3].map((n) => download(editor, `${exportsPath(petition)}/${made._id}/files/${n}`)),
    );
    const pages = volumes.flatMap(pagesOf);
    assert.deepEqual(
      pages.map((page) => /Page (\d+)/.exec(page)?.[1]),
      ['1', '2', '3', '4', '5'],
    );
    const names = [...pages.join(' ').matchAll(/Signer (\d\d) Example/g)].map(([, n]) => Number(n));
    assert.deepEqual(
      names,
      people.map((_, n) => n),
    );
    const page = await (await editor.get(`${exportsPath(petition)}/${made._id}`)).text();
    assert.match(textOf(page), /Download volume 1.*Download volume 3/);
  });
});
