import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'csv-parse/sync';
import { unzipSync } from 'fflate';
import { Types } from 'mongoose';
import { tableStep } from '../../server/exports/table-step.ts';
import { addRows, endWorkbook, newWorkbook } from '../../server/exports/xlsx.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { download, exportsPath, makeExport, sheetRows, ticked } from '../support/exports.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { makeSignatures, many } from '../support/signatures.ts';
import { signAndConfirm } from '../support/signer.ts';
import { openOffice } from '../support/stage.ts';
import { newExport, newTask, stepTwice } from '../support/tasks.ts';

const { world, platform, editor } = await openOffice();

const formulas = ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '＝1'];

describe('exporting signatures', () => {
  it('as CSV holds the chosen columns of the chosen signatures, with the consent, and no formula', async () => {
    const petition = await makePetition();
    await signAndConfirm(
      world,
      petition.slug,
      makeForm({ name: 'Zoë "Zo" Example', comment: 'Two\nlines, and more', updates: 'on', ref: 'stall' }),
    );
    await makeSignatures(
      world,
      petition,
      formulas.map((comment) => ({ name: `-${comment}`, comment, source: 'stall' })),
    );
    await makeSignatures(world, petition, [
      { name: 'Not Chosen' },
      { name: 'Not Confirmed', source: 'stall', state: 'pending' },
    ]);
    const { url, task } = await makeExport(editor, petition, {
      ...{ kind: 'csv', state: 'confirmed', source: 'stall' },
      ...ticked('name', 'comment', 'updates', 'updatesWording', 'signingAt'),
    });
    assert.equal(task.done, 7);
    const csv = (await download(editor, url)).toString();
    assert.ok(csv.startsWith('\ufeff') && csv.includes('\r\n'));
    const [titles, first, ...rest] = parse(csv, { bom: true }) as string[][];
    assert.deepEqual(titles, [
      ...['Name', 'Comment', 'Agreed to updates', 'Wording about updates', 'Agreed to signing at (UTC)'],
    ]);
    assert.deepEqual(first?.slice(0, 3), ['Zoë "Zo" Example', 'Two\nlines, and more', 'yes']);
    assert.match(first?.[3] ?? '', /Friends of the Pond/);
    assert.match(first?.[4] ?? '', /^\d{4}-\d\d-\d\dT/);
    assert.deepEqual(
      rest.map((row) => row[1]),
      formulas.map((formula) => `'${formula}`),
    );
    assert.ok(rest.every(([name]) => name?.startsWith("'-")));
    assert.doesNotMatch(csv, /Not Chosen|Not Confirmed|@example\.org/);
  });

  it('as a workbook says the same, and every program can unpack it', async () => {
    const petition = await makePetition();
    await makeSignatures(world, petition, [{ name: 'A & <B>\u0007', comment: '=1+1' }, ...many(1_200)]);
    const { url } = await makeExport(editor, petition, {
      kind: 'xlsx',
      ...ticked('name', 'email', 'comment'),
    });
    const files = unzipSync(await download(editor, url));
    assert.deepEqual(Object.keys(files).sort(), [
      ...['[Content_Types].xml', '_rels/.rels', 'xl/_rels/workbook.xml.rels', 'xl/workbook.xml'],
      'xl/worksheets/sheet1.xml',
    ]);
    const rows = sheetRows(files);
    assert.deepEqual(rows[0], ['Name', 'E-mail', 'Comment']);
    assert.deepEqual([rows[1]?.[0], rows[1]?.[2]], ['A & <B>', "'=1+1"]);
    assert.equal(rows.length, 1_202);
    assert.equal(new Set(rows.map(([, email]) => email)).size, 1_202);
  });

  it('goes on where it was after a worker died, and the file is the same', async () => {
    const petition = await makePetition();
    await makeSignatures(world, petition, many(1_700));
    for (const kind of ['csv', 'xlsx'] as const) {
      const { url } = await makeExport(editor, petition, { kind, ...ticked('id', 'name') });
      const whole = await download(editor, url);
      const made = await newExport(petition, editor.organizer, { kind, columns: ['id', 'name'] });
      // One batch a step. What the first run of each writes is not written down; the second writes over it.
      const task = await stepTwice(newTask({}), (task) =>
        tableStep(platform, petition, made, task, new Date(), 0),
      );
      assert.equal(task.done, 1_700);
      const again = await download(editor, `${exportsPath(petition)}/${made._id}/files/1`);
      if (kind === 'csv') assert.deepEqual(again, whole);
      else assert.deepEqual(sheetRows(unzipSync(again)), sheetRows(unzipSync(whole)));
    }
    // Many small pieces, and more rows than a sheet takes.
    let workbook = newWorkbook;
    const bytes: Buffer[] = [];
    for (let n = 0; n < 25; n += 1) {
      const added = addRows(structuredClone(workbook), ['N'], [[`${n}`], [`${n}b`]], 20);
      workbook = added.workbook;
      bytes.push(added.bytes);
    }
    const files = unzipSync(Buffer.concat([...bytes, endWorkbook(workbook)]));
    const sheets = [1, 2, 3].map((sheet) => sheetRows(files, sheet).flat());
    assert.deepEqual(
      sheets.map((rows) => rows[0]),
      ['N', 'N', 'N'],
    );
    assert.deepEqual(
      sheets.map((rows) => rows.length),
      [21, 21, 11],
    );
    assert.deepEqual(
      sheets.flatMap((rows) => rows.slice(1)),
      Array.from({ length: 25 }, (_, n) => [`${n}`, `${n}b`]).flat(),
    );
  });

  it('goes on while signatures change: those that no longer fit are left out, and nobody is in it twice', async () => {
    const petition = await makePetition();
    const ids = await makeSignatures(world, petition, many(700));
    const columns = ['id', 'name', 'state'];
    const which = { state: 'confirmed', at: new Date().toISOString() };
    const made = await newExport(petition, editor.organizer, { kind: 'csv', columns, which });
    const first = await tableStep(platform, petition, made, newTask({}), new Date(), 0);
    await Signature.updateMany({ _id: { $in: ids.slice(0, 600) } }, { $set: { state: 'withdrawn' } });
    await Signature.updateMany({ _id: { $in: ids.slice(650) } }, { $unset: { sealed: 1 } });
    // An id says the second it was made in, and an export holds all of the one it was asked for in.
    const soon = Math.ceil(Date.now() / 1000) + 60;
    const late = many(5).map((person, n) => ({ ...person, _id: Types.ObjectId.createFromTime(soon + n) }));
    await makeSignatures(world, petition, late);
    const task = await stepTwice(newTask({ cursor: first.cursor, done: first.done }), (task) =>
      tableStep(platform, petition, made, task, new Date(), 0),
    );
    const csv = await download(editor, `${exportsPath(petition)}/${made._id}/files/1`);
    const [, ...rows] = parse(csv, { bom: true }) as string[][];
    const expected = [...ids.slice(0, first.done), ...ids.slice(600)].map(String);
    assert.deepEqual(
      rows.map(([id]) => id),
      expected,
    );
    assert.equal(task.done, expected.length);
    assert.ok(rows.every(([, , state]) => state === 'confirmed'));
    assert.equal(rows.at(-1)?.[1], '', 'anonymised meanwhile');
  });

  it('of nobody is a file with titles', async () => {
    const petition = await makePetition();
    const csv = await makeExport(editor, petition, { kind: 'csv', ...ticked('name') });
    assert.equal((await download(editor, csv.url)).toString(), '\ufeffName\r\n');
    const xlsx = await makeExport(editor, petition, { kind: 'xlsx', ...ticked('name') });
    assert.deepEqual(sheetRows(unzipSync(await download(editor, xlsx.url))), [['Name']]);
  });
});
