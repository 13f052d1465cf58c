import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { AuditEntry } from '../../server/audit/entry.ts';
import { Import } from '../../server/imports/import.ts';
import { mappingForm } from '../../server/imports/mapping.ts';
import { importStep } from '../../server/imports/step.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { signatureView } from '../../server/signatures/view.ts';
import { Task } from '../../server/tasks/task.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { accepted, header, importFile, usual } from '../support/imports.ts';
import { textOf } from '../support/page.ts';
import { signAndConfirm } from '../support/signer.ts';
import { openOffice } from '../support/stage.ts';
import { assertExact, settle } from '../support/tally.ts';
import { newTask } from '../support/tasks.ts';
import { visitor } from '../support/visitor.ts';
import { eventually } from '../support/world.ts';

const { world, platform, editor } = await openOffice();

const sheet = `${header}Ada Example,ada@example.org,K1A 0B1,Ontario,For the ducks,2026-05-04\r\nBo Example,,H2X 1Y4,Québec,,2026-05-05\r\n`;

const peopleOf = async (petition: Petition) => {
  const stored = await Signature.find({ petition: petition._id })
    .sort({ importedRow: 1 })
    .lean<Signature[]>();
  return stored.map((signature) => signatureView(platform, signature));
};
const counted = (petition: Petition, count: number) =>
  eventually(async () => (await visitor(world).count(petition.slug)) === count, `a count of ${count}`);
const filesLeft = () => readdir(join(world.env.DATA_DIR, 'imports'));

describe('importing signatures from paper', () => {
  it('shows the first rows, imports them as paper signatures, counts each once and deletes the file', async () => {
    const petition = await makePetition();
    const path = await accepted(editor, petition, sheet);
    const html = await (await editor.get(path)).text();
    const shown = textOf(html);
    for (const seen of ['Ada Example', 'ada@example.org', 'H2X 1Y4', '2026-05-05'])
      assert.ok(shown.includes(seen), seen);
    assert.match(html, /name="postalCode">.*?<option value="2" selected>Postal code/s);
    assert.equal(await Signature.countDocuments({ petition: petition._id }), 0);

    const response = await editor.post(path, { ...usual, defaultCountry: 'CA' });
    assert.equal(response.status, 303);
    await counted(petition, 2);
    const [ada, bo] = await peopleOf(petition);
    assert.equal(ada?.email, 'ada@example.org');
    assert.equal(ada?.comment, 'For the ducks');
    assert.deepEqual(
      [ada?.state, ada?.source, ada?.region, ada?.showName, ada?.updates],
      ['confirmed', 'paper', 'ON', false, false],
    );
    assert.equal(ada?.confirmedAt?.toISOString(), '2026-05-04T12:00:00.000Z');
    assert.deepEqual([bo?.name, bo?.email, bo?.region], ['Bo Example', undefined, 'QC']);
    const id = response.headers.get('location')?.split('/').at(-1);
    await eventually(async () => (await Task.findById(id).lean())?.state === 'done', 'the end');
    assert.deepEqual(await filesLeft(), []);
    await settle(petition);
    await assertExact(petition);
    const noted = await AuditEntry.findOne({ petition: petition._id, action: 'signature.import' }).lean();
    assert.equal(String(noted?.organizer), String(editor.organizer._id));
    assert.doesNotMatch(JSON.stringify([noted, await Task.findById(id).lean()]), /Example|ada@/);
    assert.equal(world.mailbox.to('ada@example.org').length, 0, 'nobody is mailed');
  });

  it('reads UTF-8 with and without a byte order mark, UTF-16 and Latin-1, and any usual separator', async () => {
    const text = 'Prénom;Nom;Code postal\nZoé;Müller-Ångström;K1A 0B1\n';
    const utf16 = (order: 'le' | 'be', mark: boolean) => {
      const bytes = Buffer.from((mark ? '\ufeff' : '') + text, 'utf16le');
      return Uint8Array.from(order === 'le' ? bytes : bytes.swap16());
    };
    const files: [string, Uint8Array<ArrayBuffer>][] = [
      ['UTF-8', Uint8Array.from(Buffer.from(text))],
      ['UTF-8', Uint8Array.from(Buffer.from(`\ufeff${text}`))],
      ['UTF-8', Uint8Array.from(Buffer.from(text.replaceAll(';', '\t')))],
      ['UTF-16', utf16('le', true)],
      ['UTF-16', utf16('be', true)],
      ['UTF-16', utf16('le', false)],
      ['Latin-1', Uint8Array.from(Buffer.from(text, 'latin1'))],
    ];
    for (const [encoding, bytes] of files) {
      const petition = await makePetition();
      const path = await accepted(editor, petition, bytes);
      assert.ok(textOf(await (await editor.get(path)).text()).includes(`, ${encoding}, columns`), encoding);
      const mapping = { firstName: '0', lastName: '1', postalCode: '2', dates: 'ymd', defaultCountry: 'CA' };
      assert.equal((await editor.post(path, mapping)).status, 303);
      await counted(petition, 1);
      assert.equal((await peopleOf(petition))[0]?.name, 'Zoé Müller-Ångström', encoding);
    }
  });

  it('says row by row what was left out, and stores the rest', async () => {
    const petition = await makePetition();
    await signAndConfirm(world, petition.slug, makeForm({ email: 'known@example.org' }));
    const rows = [
      'Good One,good@example.org,,,,',
      ',nameless@example.org,,,,',
      'Bad Address,bad@,K1A 0B1,,,',
      'No Identity,,,,,',
      'Ragged Row,ragged@example.org',
      '',
      '"Two\r\nLines",two@example.org,,,,',
      'Late Date,late@example.org,,,,2999-01-01',
      'Known Already,KNOWN@example.org,,,,',
      'Good Again,Good@example.org,,,,',
      'On Paper,,K1A 0B1,,,',
      'ON  PAPER,,k1a0b1,,,',
      'Link Maker,link@example.org,,,see https://spam.example,',
      'Last One,last@example.org,,,"a ""quoted"" word",',
    ];
    const { page, task, path } = await importFile(editor, petition, `${header}${rows.join('\r\n')}\r\n`);
    assert.equal(task.state, 'done');
    await counted(petition, 4);
    assert.deepEqual((await peopleOf(petition)).map(({ name }) => name).sort(), [
      'Good One',
      'Last One',
      'On Paper',
      'Robin Example',
    ]);
    assert.match(
      page,
      /Imported 3 .*already 1 .*file twice 2 .*Could not be read 7 .* 3 The name is missing\. 4 The e-mail address does not look like one\./,
    );
    const report = await (await editor.get(`${path}/report.csv`)).text();
    const rowsOf = (problem: RegExp) =>
      report.split('\r\n').flatMap((line) => (problem.test(line) ? [Number(line.split(',')[0])] : []));
    assert.deepEqual(rowsOf(/neither an e-mail address nor a postal code/), [5]);
    assert.deepEqual(rowsOf(/Has 2 cells where the first row has 6/), [6]);
    assert.deepEqual(rowsOf(/date cannot be read/), [9]);
    assert.deepEqual(rowsOf(/Signed this petition already/), [10]);
    assert.deepEqual(rowsOf(/in the file twice/), [11, 13]);
    assert.deepEqual(
      report
        .trim()
        .split('\r\n')
        .slice(1)
        .map((line) => Number(line.split(',')[0])),
      [3, 4, 5, 6, 8, 9, 10, 11, 13, 14],
    );
    assert.doesNotMatch(report, /example|Known|Ragged/i, 'rows are named by number alone');
  });

  it('counts nobody twice when the same file comes again, or twice at once', async () => {
    const petition = await makePetition();
    await importFile(editor, petition, sheet);
    const { page } = await importFile(editor, petition, sheet);
    assert.match(page, /Imported 0 .*already 2 /);
    await counted(petition, 2);

    const path = await accepted(editor, petition, `${header}Cy Example,cy@example.org,,,,\r\n`);
    const answers = await Promise.all(
      [1, 2].map(() => editor.post(path, { ...usual, defaultCountry: 'CA' })),
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      [303, 303],
    );
    await counted(petition, 3);
    assert.equal(await Task.countDocuments({ petition: petition._id, kind: 'signatureImport' }), 3);
  });

  it('goes on where it was, and stores each row once, after a worker died between storing and writing it down', async () => {
    const petition = await makePetition();
    const rows = Array.from({ length: 1_300 }, (_, index) => `Person ${index},p${index}@example.org,,,,`);
    const path = await accepted(editor, petition, `${header}${rows.join('\n')}\n`);
    const given = await Import.findById(path.split('/').at(-1)).lean<Import>();
    const task = newTask({
      ...{ _id: petition._id, organizer: editor.organizer._id },
      input: { importId: String(given?._id), mapping: mappingForm.parse(usual) },
    });
    for (let finished = false; !finished; ) {
      if ((task.cursor as { phase?: string } | null)?.phase !== 'delete')
        await importStep(platform, petition, given as Import, task);
      const step = await importStep(platform, petition, given as Import, task);
      task.cursor = step.cursor;
      task.done += step.done;
      if (step.result) task.result = step.result;
      finished = step.finished;
    }
    assert.equal(task.done, 1_300);
    const { report } = task.result as { report: { imported: number; rows: object[] } };
    assert.equal(report.imported, 1_300);
    assert.deepEqual(report.rows, []);
    await settle(petition);
    assert.equal(await Signature.countDocuments({ petition: petition._id }), 1_300);
    await assertExact(petition);
  });
});
