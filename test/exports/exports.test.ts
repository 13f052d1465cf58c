import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parse } from 'csv-parse/sync';
import { strFromU8, unzipSync } from 'fflate';
import { AuditEntry } from '../../server/audit/entry.ts';
import { Export } from '../../server/exports/export.ts';
import { packStep } from '../../server/exports/pack/step.ts';
import { tableStep } from '../../server/exports/table-step.ts';
import { addRows, endWorkbook, newWorkbook } from '../../server/exports/xlsx.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { Task } from '../../server/tasks/task.ts';
import { deleteOldFiles } from '../../workers/files.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { signInAs } from '../support/organizer.ts';
import { textOf, unescapeHtml } from '../support/page.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { makeSignatures, many } from '../support/signatures.ts';
import { signAndConfirm } from '../support/signer.ts';
import { settle } from '../support/tally.ts';
import { eventually, startWorld, type World } from '../support/world.ts';
import { pagesOf } from './pdf.ts';

let world: World;
let platform: OpenPlatform;
let editor: Awaited<ReturnType<typeof signInAs>>;
before(async () => {
  world = await startWorld();
  platform = await openPlatform(world);
  editor = await signInAs(world, 'editor');
});
after(async () => {
  await platform.close();
  await world.close();
});

const base = (petition: Petition) => `/organize/petitions/${petition._id}/exports`;
const ticked = (...columns: string[]) => Object.fromEntries(columns.map((id) => [`column-${id}`, 'on']));

/** Makes an export and waits for it; its result says where to download it. */
async function makeExport(petition: Petition, form: Record<string, string>) {
  const response = await editor.post(base(petition), { why: 'For the council meeting', ...form });
  assert.equal(response.status, 303, textOf(await response.text()));
  const id = response.headers.get('location')?.split('/').at(-1) ?? '';
  const task = await eventually(
    async () => {
      const found = await Task.findById(id).lean<Task>();
      return found?.state === 'done' || found?.state === 'failed' ? found : undefined;
    },
    'the export',
    30_000,
  );
  assert.equal(task.state, 'done', task.failure ?? '');
  return { task, url: (task.result as { downloadUrl: string }).downloadUrl };
}

async function download(path: string): Promise<Buffer> {
  const response = await editor.get(path);
  assert.equal(response.status, 200);
  assert.match(
    response.headers.get('content-disposition') ?? '',
    /^attachment; filename="?petition-[^"]*"?$/,
  );
  assert.equal(response.headers.get('cache-control'), 'no-store');
  return Buffer.from(await response.arrayBuffer());
}

/** The rows of a workbook's sheet, each cell as text. */
const sheetRows = (files: Record<string, Uint8Array>, sheet = 1) =>
  [...strFromU8(files[`xl/worksheets/sheet${sheet}.xml`] as Uint8Array).matchAll(/<row>(.*?)<\/row>/gs)].map(
    ([, row = '']) =>
      [...row.matchAll(/<c\/>|<t xml:space="preserve">([^<]*)<\/t>/g)].map(([, text = '']) =>
        unescapeHtml(text),
      ),
  );

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
    const { url, task } = await makeExport(petition, {
      ...{ kind: 'csv', state: 'confirmed', source: 'stall' },
      ...ticked('name', 'comment', 'updates', 'updatesWording', 'signingAt'),
    });
    assert.equal(task.done, 7);
    const csv = (await download(url)).toString();
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
    const { url } = await makeExport(petition, { kind: 'xlsx', ...ticked('name', 'email', 'comment') });
    const files = unzipSync(await download(url));
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
      const { url } = await makeExport(petition, { kind, ...ticked('id', 'name') });
      const whole = await download(url);
      const made = await Export.create({
        ...{ petition: petition._id, organizer: editor.organizer._id, at: new Date(), kind, which: {} },
        ...{
          columns: ['id', 'name'],
          why: 'Again',
          file: `again-${kind}`,
          expiresAt: new Date(Date.now() + 60_000),
        },
      });
      const task = { cursor: null as unknown };
      let done = 0;
      for (let finished = false; !finished; ) {
        // What the first run writes is not written down; the second writes over it.
        await tableStep(platform, petition, made.toObject() as Export, task);
        const step = await tableStep(platform, petition, made.toObject() as Export, task);
        [task.cursor, finished] = [step.cursor, step.finished];
        done += step.done;
      }
      assert.equal(done, 1_700);
      const again = await download(`${base(petition)}/${made._id}/files/1`);
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

  it('of nobody is a file with titles', async () => {
    const petition = await makePetition();
    const csv = await makeExport(petition, { kind: 'csv', ...ticked('name') });
    assert.equal((await download(csv.url)).toString(), '\ufeffName\r\n');
    const xlsx = await makeExport(petition, { kind: 'xlsx', ...ticked('name') });
    assert.deepEqual(sheetRows(unzipSync(await download(xlsx.url))), [['Name']]);
  });

  it('needs a reason, which is in the log with who and what; so is each download', async () => {
    const petition = await makePetition();
    const refused = await editor.post(base(petition), { kind: 'csv', why: ' ', ...ticked('email') });
    assert.equal(refused.status, 422);
    const html = await refused.text();
    assert.match(textOf(html), /Say what it is for, in a few words/);
    assert.match(html, /id="column-email" name="column-email" checked/);
    const none = await editor.post(base(petition), { kind: 'csv', why: 'For nothing' });
    assert.equal(none.status, 422);
    assert.match(textOf(await none.text()), /Tick at least one column/);
    assert.equal(await Task.countDocuments({ petition: petition._id }), 0);

    const { url } = await makeExport(petition, { kind: 'csv', state: 'held', ...ticked('email') });
    await download(url);
    const [made, fetched] = await AuditEntry.find({ petition: petition._id })
      .sort({ _id: 1 })
      .lean<AuditEntry[]>();
    assert.deepEqual(
      [made?.action, made?.why, made?.details.columns, made?.details.which],
      ['signature.export', 'For the council meeting', 'email', 'held'],
    );
    assert.equal(String(made?.organizer), String(editor.organizer._id));
    assert.equal(fetched?.action, 'signature.download');
  });
});

describe('the file of an export', () => {
  it('can be read by this account alone, and its name cannot be guessed', async () => {
    const petition = await makePetition();
    await makeExport(petition, { kind: 'csv', ...ticked('name') });
    const folder = join(world.env.DATA_DIR, 'exports');
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    for (const name of await readdir(folder)) {
      assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name);
    }
    const made = await Export.findOne({ petition: petition._id }).lean();
    assert.match(made?.file ?? '', /^[0-9a-f]{32}$/);
  });

  it('is nobody’s without the permission, or through another petition', async () => {
    const petition = await makePetition();
    const other = await makePetition();
    const { url } = await makeExport(petition, { kind: 'csv', ...ticked('name') });
    const moderator = await signInAs(world, 'moderator');
    assert.equal((await moderator.get(url)).status, 403);
    const elsewhere = await signInAs(world, 'editor', { petition: other });
    assert.equal((await elsewhere.get(url)).status, 403);
    const foreign = url.replace(String(petition._id), String(other._id));
    assert.equal((await elsewhere.get(foreign)).status, 404);
    const stranger = await fetch(world.url + url, { redirect: 'manual' });
    assert.equal(stranger.status, 303);
    assert.match(stranger.headers.get('location') ?? '', /^\/organize\/sign-in/);
    assert.equal((await editor.get(url.replace(/1$/, '2'))).status, 404);
  });

  it('is gone after a day, and the link says so', async () => {
    const petition = await makePetition();
    const { url } = await makeExport(petition, { kind: 'csv', ...ticked('name') });
    await Export.updateOne({ petition: petition._id }, { $set: { expiresAt: new Date(Date.now() - 1_000) } });
    const expired = await editor.get(url);
    assert.equal(expired.status, 410);
    assert.match(textOf(await expired.text()), /This file was deleted .*Make the export again/);
    const before = (await readdir(join(world.env.DATA_DIR, 'exports'))).length;
    await deleteOldFiles(platform);
    assert.equal((await readdir(join(world.env.DATA_DIR, 'exports'))).length, before - 1);
    assert.equal((await editor.get(url)).status, 410);
    assert.match(textOf(await (await editor.get(base(petition))).text()), /The file was deleted/);
  });
});

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
    const { url } = await makeExport(petition, { kind: 'pdf' });
    const pdf = await download(url);
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
    const { url } = await makeExport(petition, { kind: 'pdf' });
    assert.match(
      pagesOf(await download(url)).join(' '),
      /À l’attention de .*Gardons le banc.*Noms et raisons/,
    );
  });

  it('of many names comes in volumes whose pages count on', async () => {
    const petition = await makePetition();
    const people = Array.from({ length: 25 }, (_, n) => ({
      name: `Signer ${String(n).padStart(2, '0')} Example`,
      showName: true,
    }));
    await makeSignatures(world, petition, people);
    const made = await Export.create({
      ...{ petition: petition._id, organizer: editor.organizer._id, at: new Date(), kind: 'pdf', which: {} },
      ...{ columns: [], why: 'Volumes', file: 'volumes', expiresAt: new Date(Date.now() + 60_000) },
    });
    const task = { cursor: null as unknown };
    let done = 0;
    for (let finished = false; !finished; ) {
      await packStep(platform, petition, made.toObject() as Export, task, new Date(), 10);
      const step = await packStep(platform, petition, made.toObject() as Export, task, new Date(), 10);
      [task.cursor, finished] = [step.cursor, step.finished];
      done += step.done;
    }
    assert.equal(done, 25);
    const volumes = await Promise.all(
      [1, 2, 3].map((n) => download(`${base(petition)}/${made._id}/files/${n}`)),
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
    const page = await (await editor.get(`${base(petition)}/${made._id}`)).text();
    assert.match(textOf(page), /Download volume 1.*Download volume 3/);
  });
});

describe('an export of many signatures', () => {
  it('holds no more of 20,000 in memory than of a few', { timeout: 240_000 }, async () => {
    const petition = await makePetition();
    const somebody = { name: 'Somebody Example', comment: 'For the ducks. '.repeat(30), recount: undefined };
    for (let made = 0; made < 20_000; made += 1_000)
      await makeSignatures(world, petition, many(1_000, somebody));
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const held = () => {
      collect();
      const { heapUsed, external, arrayBuffers } = process.memoryUsage();
      return heapUsed + external + arrayBuffers;
    };
    for (const kind of ['csv', 'xlsx'] as const) {
      const made = await Export.create({
        ...{ petition: petition._id, organizer: editor.organizer._id, at: new Date(), kind, which: {} },
        ...{ columns: ['id', 'name', 'email', 'comment', 'signedAt'], why: 'Size', file: `size-${kind}` },
        expiresAt: new Date(Date.now() + 60_000),
      });
      const start = held();
      const samples: number[] = [];
      const sampling = setInterval(() => samples.push(held() - start), 200);
      const task = { cursor: null as unknown };
      let done = 0;
      for (let finished = false; !finished; ) {
        const step = await tableStep(platform, petition, made.toObject() as Export, task);
        [task.cursor, finished] = [step.cursor, step.finished];
        done += step.done;
      }
      clearInterval(sampling);
      assert.equal(done, 20_000);
      const { parts } = (await Export.findById(made._id).lean<Export>()) ?? {};
      // As text they are more than 9 MB, as documents several times that.
      if (kind === 'csv') assert.ok((parts?.[0]?.bytes ?? 0) > 9_000_000);
      assert.ok(samples.length >= 3, 'looked at often enough');
      const most = Math.round(Math.max(...samples) / 1_000_000);
      assert.ok(most < 12, `${kind} held ${most} MB`);
    }
  });
});
