import assert from 'node:assert/strict';
import { copyFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { AuditEntry } from '../../server/audit/entry.ts';
import { importPath, newFileName } from '../../server/imports/import.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { chosenRepresentatives } from '../../server/representatives/choose.ts';
import { findByCode, findByName } from '../../server/representatives/find.ts';
import { createProviders } from '../../server/representatives/providers.ts';
import { Representative } from '../../server/representatives/representative.ts';
import { readColumns } from '../../server/representatives/table/columns.ts';
import { tableStep } from '../../server/representatives/table/step.ts';
import {
  currentTable,
  RepresentativeArea,
  RepresentativeTable,
} from '../../server/representatives/table/table.ts';
import { Signature } from '../../server/signatures/signature.ts';
import type { Task } from '../../server/tasks/task.ts';
import { deleteOldFiles } from '../../workers/files.ts';
import { makePetition } from '../support/factories.ts';
import { sendFile } from '../support/imports.ts';
import { makeLetter, makeLetterForm } from '../support/letters.ts';
import { errorAt, textOf, valueIn } from '../support/page.ts';
import { signAndConfirm } from '../support/signer.ts';
import { openOffice } from '../support/stage.ts';
import { newTask, stepTwice, taskEnd } from '../support/tasks.ts';
import { visitor } from '../support/visitor.ts';

const { world, platform, editor } = await openOffice();

const path = '/organize/representatives';
const header = 'Postal code,District,Office,Name,E-mail,Title,Language,Party\r\n';
const row = (...cells: string[]) => `${cells.join(',')}\r\n`;
const ada = row('K1A', 'Centre', 'MP', 'Ada Sample', 'ada@example.org', 'Minister', 'fr', 'Green');
const wanted = { provider: 'table' as const, offices: ['MP'] };

type Content = string | Uint8Array<ArrayBuffer>;
const send = (content: Content) => sendFile(editor, path, content);

/** Sends a table and waits until it is read. */
async function accepted(content: Content): Promise<{ id: string; task: Task; page: string; html: string }> {
  const response = await send(content);
  assert.equal(response.status, 303, textOf(await response.text()));
  const id = response.headers.get('location')?.split('/').at(-1) ?? '';
  const table = await RepresentativeTable.findById(id).lean<RepresentativeTable>();
  const task = await taskEnd(String(table?.task));
  const html = await (await editor.get(`${path}/${id}`)).text();
  return { id, task, html, page: textOf(html) };
}
const use = async (id: string, what = 'use') =>
  (await editor.post(`${path}/${id}/${what}`)).headers.get('location')?.split('done=')[1];
async function used(content: Content): Promise<string> {
  const { id } = await accepted(content);
  assert.equal(await use(id), 'used');
  return id;
}

async function namesFor(code: string, offices = ['MP']): Promise<string[] | string> {
  const found = await findByCode(createProviders(platform), { provider: 'table', offices }, code);
  return 'representatives' in found ? found.representatives.map(({ name }) => name).sort() : found.outcome;
}
const filesLeft = () => readdir(join(world.env.DATA_DIR, 'imports'));

describe('before there is a table', () => {
  it('nobody is found, and the page says how to get one', async () => {
    assert.equal(await namesFor('K1A 0B1'), 'unavailable');
    assert.match(textOf(await (await editor.get(path)).text()), /No table is used/);
  });
});

describe('a file that cannot be used', () => {
  it('is refused with what is wrong with it, and not kept', async () => {
    const refusals: [Content, RegExp][] = [
      ['', /The file is empty/],
      ['\n\n', /The file is empty/],
      [header, /nobody below it/],
      ['Name,E-mail\nAda,ada@example.org\n', /Not found: Postal code, District, Office\./],
      [`K1A,Centre,MP,Ada,ada@example.org\n`, /Not found: Postal code, District, Office, Name, E-mail\./],
      [`${header}"never closed`, /quotation mark in it opens and never closes/],
      [Uint8Array.from(Buffer.from('PK\x03\x04zipped')), /This is no CSV file/],
      [new Uint8Array(21 * 1024 * 1024).fill(97), /larger than 20 MB/],
    ];
    for (const [content, message] of refusals) {
      const response = await send(content);
      assert.equal(response.status, String(message).includes('larger') ? 413 : 422, String(message));
      assert.match(textOf(await response.text()), message);
    }
    const none = await editor.request(path, { method: 'POST', body: new FormData() });
    assert.equal(none.status, 422);
    assert.match(textOf(await none.text()), /Choose a file/);
    assert.deepEqual(await filesLeft(), []);
    assert.equal(await RepresentativeTable.countDocuments(), 0);
  });

  it('further down is told of with its row, and nothing is replaced', async () => {
    const rows = Array.from({ length: 40 }, (_, n) =>
      row(`K${n % 10}A`, 'Centre', 'MP', `Ann Sample`, '', '', '', ''),
    );
    const { id, task } = await accepted(`${header}${rows.join('')}K1B,"Centre,MP,Ada\r\nK1C,x\r\n`);
    assert.equal(task.state, 'failed');
    assert.match(task.failure ?? '', /Row 42 cannot be read: a quotation mark opens there/);
    assert.equal(await use(id), 'unchanged');
    assert.equal(await currentTable(), null);
  });
});

describe('a table', () => {
  it('is read, shown with what was left out and why, and used only when somebody says so', async () => {
    const bad: [string, RegExp][] = [
      [row('', 'Centre', 'MP', 'No Code', '', '', '', ''), /The postal code is missing/],
      [row('Ottawa', 'Centre', 'MP', 'No Code', '', '', '', ''), /The postal code does not look like one/],
      [row('K1A', 'Centre', '', 'No Office', '', '', '', ''), /The office is missing/],
      [row('K1A', 'Centre', 'MP', '', '', '', '', ''), /The name is missing/],
      [row('K1A', 'Centre', 'MP', 'See www.example.org', '', '', '', ''), /The name has an address in it/],
      [
        row('K1A', 'Centre', 'MP', 'Bad Mail', 'nobody@', '', '', ''),
        /The e-mail address does not look like one/,
      ],
      [
        row('K1A', 'Centre', 'MP', 'Two Mails', '"a@example.org, b@example.org"', '', '', ''),
        /The e-mail address does not/,
      ],
      [
        row('K1A', 'Centre', 'MP', '"Bcc: x\r\nHeader"', 'b@example.org', '', '', ''),
        /The name has characters or line breaks/,
      ],
      [
        row('K1A', 'Centre', 'MP', 'Tall Title', '', '"Dr\r\nBcc: x"', '', ''),
        /The title has characters or line breaks/,
      ],
      [row('K1A', 'x'.repeat(50_000), 'MP', 'Long District', '', '', '', ''), /The district is too long/],
      [
        row('K1A', 'Centre', 'MP', 'Klingon', '', '', 'tlh', ''),
        /The language is neither English nor French/,
      ],
      [row('K1A', 'Centre', 'MP'), /Has 3 cells where the first row has 8/],
      [
        row('K1B', 'Centre', 'MP', 'Ada Sample', 'other@example.org', 'Minister', 'fr', 'Green'),
        /Says something else of this person/,
      ],
    ];
    const { id, task, html, page } = await accepted(header + ada + ada + bad.map(([line]) => line).join(''));
    assert.equal(task.state, 'done');
    assert.match(page, /People 1 Postal codes 1 Without an e-mail address 0 Rows left out 13/);
    assert.match(page, /Ada Sample Minister MP Centre ada@example\.org French Green K1A/);
    for (const [, message] of bad) assert.match(page, message);
    assert.doesNotMatch(html, /nobody@|Bcc/);
    const table = await RepresentativeTable.findById(id).lean();
    assert.ok(table && !(await filesLeft()).includes(table.file));
    assert.equal(await namesFor('K1A 0B1'), 'unavailable');
    assert.equal(await use(id), 'used');
    assert.deepEqual(await namesFor('k1a 0b1'), ['Ada Sample']);
    assert.equal(await use(id), 'unchanged');
  });

  it('may be Latin-1, UTF-16, begin with a byte order mark, and separate by semicolons, in French', async () => {
    const french =
      'Code postal;Circonscription;Fonction;Nom;Courriel;Langue\r\nH2X;Québec;Député;Zoë Éluard;zoe@example.org;français\r\n';
    const encodings = [
      Buffer.from(french, 'latin1'),
      Buffer.from(`\ufeff${french}`, 'utf8'),
      Buffer.from(`\ufeff${french}`, 'utf16le'),
    ];
    for (const bytes of encodings) {
      await used(Uint8Array.from(bytes));
      assert.deepEqual(await namesFor('H2X 1Y4', ['Député']), ['Zoë Éluard']);
    }
  });

  it('names for a code whoever is named closest, for each office, and all who share it', async () => {
    await used(
      header +
        row('K', 'Ontario East', 'MP', 'Far Away', 'far@example.org', '', '', '') +
        row('K1A', 'Centre', 'MP', 'Nearer By', 'near@example.org', '', '', '') +
        row('K1A 0B1', 'Harbour', 'MP', 'On Spot', 'spot@example.org', '', '', '') +
        row('K1A 0B1', 'Hill', 'MP', 'Spot Two', 'two@example.org', '', '', '') +
        row('K1A', 'Centre', 'Mayor', 'May Or', 'mayor@example.org', '', '', '') +
        row('K1A0B', 'Centre', 'MPP', 'Pro Vincial', '', '', '', ''),
    );
    assert.deepEqual(await namesFor('K1A 0B1'), ['On Spot', 'Spot Two']);
    assert.deepEqual(await namesFor('K1A 9Z9'), ['Nearer By']);
    assert.deepEqual(await namesFor('K2B 1A1'), ['Far Away']);
    assert.deepEqual(await namesFor('V1A 1A1'), []);
    assert.deepEqual(await namesFor('K1A 0B1', ['MP', 'Mayor']), ['May Or', 'On Spot', 'Spot Two']);
    assert.deepEqual(await namesFor('K1A 0B1', ['mp', 'M', 'MP ']), []);
    assert.equal(await namesFor('no code'), 'malformed');
    const named = await findByName(createProviders(platform), wanted, 'spot');
    assert.deepEqual('representatives' in named && named.representatives.map(({ name }) => name), [
      'On Spot',
      'Spot Two',
    ]);
  });

  it('takes the place of the whole one before it, and can be taken back; both stand in the log', async () => {
    const first = await used(
      header + ada + row('K2A', 'West', 'MP', 'Wes Tern', 'w@example.org', '', '', ''),
    );
    const second = await used(header + row('K1A', 'Centre', 'MP', 'New Comer', 'n@example.org', '', '', ''));
    assert.deepEqual([await namesFor('K1A'), await namesFor('K2A')], [['New Comer'], []]);
    assert.match(textOf(await (await editor.get(path)).text()), /Used now 1 people for 1 postal codes/);
    assert.equal(await use(first, 'undo'), 'unchanged');
    assert.equal(await use(second, 'undo'), 'undone');
    assert.deepEqual([await namesFor('K1A'), await namesFor('K2A')], [['Ada Sample'], ['Wes Tern']]);
    assert.equal(await use(second, 'undo'), 'unchanged');
    assert.equal(await use(second), 'used');
    const actions = await AuditEntry.find({ subject: second }).sort({ seq: 1 }).lean();
    assert.deepEqual(
      actions.map(({ action, organizer }) => [action, String(organizer)]),
      ['import', 'use', 'undo', 'use'].map((what) => [
        `representatives.${what}`,
        String(editor.organizer._id),
      ]),
    );
    assert.equal((await editor.get(`${path}/${'0'.repeat(24)}`)).status, 404);
    assert.equal((await editor.post(`${path}/nothing/use`)).status, 404);
  });

  it('keeps the ids of its people: a form that is open goes to today’s address, and to nobody who is gone', async () => {
    const letter = await makePetition({ kind: 'letter', representatives: wanted });
    await used(header + row('K1A', 'Centre', 'MP', 'Sam Stays', 'before@example.org', '', '', '') + ada);
    const found = await findByCode(createProviders(platform), wanted, 'K1A');
    const ids = 'representatives' in found ? found.representatives.map(({ key }) => String(key)) : [];
    const form = Object.fromEntries(ids.map((id) => [`representative-${id}`, id]));
    assert.equal((await chosenRepresentatives(platform, letter, form)).length, 2);
    await used(header + row('K1A', 'Centre', 'MP', 'Sam Stays', 'after@example.org', '', '', ''));
    const chosen = await chosenRepresentatives(platform, letter, form);
    assert.deepEqual(
      chosen.map(({ email, title, language }) => [email, title, language]),
      [['after@example.org', 'MP', 'en']],
    );
  });

  it('is whom letters of signers who found and chose them go to, and nobody else', async () => {
    await used(header + ada + row('K1A', 'Centre', 'MPP', 'Not Asked', 'not.asked@example.org', '', '', ''));
    const { petition } = await makeLetter(0, {}, { representatives: wanted });
    const found = await findByCode(createProviders(platform), wanted, 'K1A 0B1');
    const id = 'representatives' in found ? String(found.representatives[0]?.key) : '';
    const other = String((await Representative.findOne({ name: 'Not Asked' }).lean())?.key);
    const form = makeLetterForm({ lookupCode: 'K1A 0B1', representatives: id, 'representative-1': id });
    const forged = await visitor(world).sign(petition.slug, { ...form, 'representative-2': other });
    assert.equal(forged.status, 422);
    assert.match(errorAt(await forged.text(), 'representatives') ?? '', /no longer in office here/);
    const nobody = await visitor(world).sign(petition.slug, makeLetterForm());
    assert.match(
      errorAt(await nobody.text(), 'representatives') ?? '',
      /Find and choose your representatives/,
    );
    await signAndConfirm(world, petition.slug, form);
    const letter = await world.mailbox.mailTo('ada@example.org');
    assert.deepEqual(
      letter.to?.map((to) => to.address),
      ['ada@example.org'],
    );
    assert.equal(world.mailbox.to('not.asked@example.org').length, 0);
    const signature = await Signature.findOne({ petition: petition._id }).lean();
    assert.doesNotMatch(JSON.stringify(signature), /K1A ?0B1/);
    assert.equal(signature?.sealed?.postalCode, undefined);
  });

  it('of many rows is read in steps, each of which may run twice', async () => {
    const rows = Array.from({ length: 2_100 }, (_, n) =>
      row(`A${n}`, `District ${n % 90}`, 'MP', `Person ${'abcde'[n % 5]}`, 'p@example.org', '', '', ''),
    );
    const file = newFileName();
    await writeFile(
      importPath(world.env, { file }),
      header + rows.join('') + row('', '', '', '', 'x', '', '', ''),
    );
    const { columns } = readColumns(header.trim().split(','));
    const { _id } = await RepresentativeTable.create({
      ...{ at: new Date(), organizer: editor.organizer._id, file, bytes: 1, encoding: 'utf-8' },
      ...{ delimiter: ',', columns, width: 8 },
    });
    const table = (await RepresentativeTable.findById(_id).lean()) as RepresentativeTable;
    const copy = `${importPath(world.env, table)}.copy`;
    await copyFile(importPath(world.env, table), copy);
    const step = async (task: Task) => {
      // The last step deletes the file, and may run again before that is written down.
      await copyFile(copy, importPath(world.env, table));
      return tableStep(platform, table, task);
    };
    const { done, result } = await stepTwice(newTask({}), step);
    const read = await RepresentativeTable.findById(_id).lean();
    assert.deepEqual([done, read?.areas, read?.people, read?.refused], [2_101, 2_100, 90, 1]);
    const { summary } = result as { summary?: string };
    assert.match(
      summary ?? '',
      /^90 people for 2,100 postal codes were read; 1 row was left out\. Nothing is used yet\.$/,
    );
    await rm(copy);
  });

  it('that nobody uses is deleted after a day, one that was used stays as long as it may come back', async () => {
    const unused = (await accepted(header + ada)).id;
    const ids = [await used(header + ada)];
    for (let n = 0; n < 3; n += 1) ids.push(await used(header + ada));
    await deleteOldFiles(platform);
    assert.ok(await RepresentativeTable.exists({ _id: unused }));
    await RepresentativeTable.updateMany({}, { $set: { at: new Date(Date.now() - 2 * 86_400_000) } });
    await deleteOldFiles(platform);
    const left = await RepresentativeTable.find({}, { _id: 1 }).sort({ usedAt: 1 }).lean();
    assert.deepEqual(
      left.map(({ _id }) => String(_id)),
      ids.slice(1),
    );
    assert.deepEqual((await Representative.distinct('source')).sort(), ids.slice(1).sort());
    assert.deepEqual((await RepresentativeArea.distinct('table')).sort(), ids.slice(1).sort());
  });
});

describe('which representatives a letter goes to', () => {
  const settings = ({ _id }: Petition) => `/organize/petitions/${_id}/representatives`;

  it('is chosen by an editor, and stands in the log', async () => {
    const letter = await makePetition({ kind: 'letter' });
    const form = { provider: 'represent', offices: ' MP \r\n\r\nMPP\r\nMP' };
    const response = await editor.post(settings(letter), form);
    assert.deepEqual(
      [response.status, response.headers.get('location')],
      [303, `${settings(letter)}?done=saved`],
    );
    const stored = await Petition.findById(letter._id).lean();
    assert.deepEqual(stored?.representatives, { provider: 'represent', offices: ['MP', 'MPP'] });
    const html = await (await editor.get(settings(letter))).text();
    assert.equal(valueIn(html, 'offices'), 'MP\nMPP');
    assert.match(html, /value="represent" checked/);
    await editor.post(settings(letter), { provider: 'none', offices: 'MP' });
    assert.equal((await Petition.findById(letter._id).lean())?.representatives?.provider, undefined);
    const entries = await AuditEntry.find({ petition: letter._id }).sort({ seq: 1 }).lean();
    assert.deepEqual(
      entries.map(({ action, details }) => [action, details?.provider]),
      [
        ['representatives.setting', 'represent'],
        ['representatives.setting', 'none'],
      ],
    );
  });

  it('is refused where it would find nobody, with what was typed', async () => {
    await used(header + ada);
    const letter = await makePetition({ kind: 'letter' });
    const long = Array.from({ length: 11 }, (_, n) => `Office ${n}`).join('\n');
    for (const [provider, offices, message] of [
      ['represent', '', /Name at least one office/],
      ['represent', ' \r\n ', /Name at least one office/],
      ['represent', long, /Name 10 offices at most/],
      ['represent', 'x'.repeat(50_000), /150 characters at most/],
      ['represent', 'MP\u202e', /characters that do not belong there/],
      ['table', 'MPs\nmp', /Nobody in the table has the office MPs or mp/],
    ] as const) {
      const response = await editor.post(settings(letter), { provider, offices });
      assert.equal(response.status, 422, String(message));
      const html = await response.text();
      assert.match(errorAt(html, 'offices') ?? '', message);
      assert.equal(
        valueIn(html, 'offices'),
        offices.replaceAll('\r\n', '\n') === offices ? offices : offices,
      );
      assert.match(html, new RegExp(`value="${provider}" checked`));
    }
    const nonsense = await editor.post(settings(letter), { provider: 'everyone', offices: 'MP' });
    assert.equal(errorAt(await nonsense.text(), 'provider'), 'Choose one of these.');
    assert.equal((await Petition.findById(letter._id).lean())?.representatives?.provider, undefined);
    assert.equal((await editor.post(settings(letter), { provider: 'table', offices: 'MP' })).status, 303);
    const petition = await makePetition();
    assert.equal(
      (await editor.post(settings(petition), { provider: 'represent', offices: 'MP' })).status,
      404,
    );
  });
});
