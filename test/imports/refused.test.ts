import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Import } from '../../server/imports/import.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { Task } from '../../server/tasks/task.ts';
import { deleteOldFiles } from '../../workers/files.ts';
import { makePetition } from '../support/factories.ts';
import { accepted, header, importFile, importsPath, send, usual } from '../support/imports.ts';
import { signInAs } from '../support/organizer.ts';
import { textOf } from '../support/page.ts';
import { openOffice } from '../support/stage.ts';

const { world, platform, editor } = await openOffice();

const sheet = `${header}Ada Example,ada@example.org,K1A 0B1,Ontario,For the ducks,2026-05-04\r\n`;
const filesLeft = () => readdir(join(world.env.DATA_DIR, 'imports'));

describe('a file that cannot be used', () => {
  it('is refused with what is wrong with it, and not kept', async () => {
    const petition = await makePetition();
    const refusals: [string | Uint8Array<ArrayBuffer>, RegExp][] = [
      ['', /The file is empty/],
      ['\n\n', /The file is empty/],
      [header, /nobody below it/],
      ['ada@example.org,Ada Example\nbo@example.org,Bo Example\n', /first row holds an e-mail address/],
      [Uint8Array.from(Buffer.from('PK\x03\x04zipped')), /This is no CSV file/],
      [Uint8Array.from(Buffer.from('a,b\n\0\x01\x02,c\nd\n'.repeat(3))), /This is no CSV file/],
    ];
    for (const [content, message] of refusals) {
      const response = await send(editor, petition, content);
      assert.equal(response.status, 422, String(message));
      assert.match(textOf(await response.text()), message);
    }
    const none = await editor.request(importsPath(petition), { method: 'POST', body: new FormData() });
    assert.equal(none.status, 422);
    assert.match(textOf(await none.text()), /Choose a file/);
    assert.deepEqual(await filesLeft(), []);
    assert.equal(await Import.countDocuments({ petition: petition._id }), 0);
  });

  it('because it is larger than 100 MB is refused without being kept', async () => {
    const petition = await makePetition();
    const piece = new Uint8Array(10 * 1024 * 1024).fill(97);
    const response = await send(
      editor,
      petition,
      new Blob([...Array.from({ length: 10 }, () => piece), 'x']),
    );
    assert.equal(response.status, 413);
    assert.match(textOf(await response.text()), /larger than 100 MB/);
    assert.deepEqual(await filesLeft(), []);
  });

  it('to its end imports nobody', async () => {
    const petition = await makePetition();
    const rows = Array.from({ length: 700 }, (_, index) => `Person ${index},q${index}@example.org,,,,`);
    const { task } = await importFile(
      editor,
      petition,
      `${header}${rows.join('\n')}\n"Open,open@example.org,,,,\n`,
    );
    assert.equal(task.state, 'failed');
    assert.match(task.failure ?? '', /Row 702 cannot be read: a quotation mark/);
    assert.equal(await Signature.countDocuments({ petition: petition._id }), 0);
  });

  it('because its columns do not tell who signed, is not begun', async () => {
    const petition = await makePetition();
    const path = await accepted(editor, petition, sheet);
    const wrong: [Record<string, string>, RegExp][] = [
      [{ email: '1' }, /Choose the column with the whole name/],
      [{ name: '0' }, /Choose the column with the e-mail address or the one with the postal code/],
      [{ name: '0', email: '0' }, /One column is chosen twice/],
      [{ name: '0', email: '9' }, /The file has no such column/],
    ];
    for (const [mapping, message] of wrong) {
      const response = await editor.post(path, { ...mapping, dates: 'ymd', defaultCountry: 'CA' });
      assert.equal(response.status, 422);
      assert.match(textOf(await response.text()), message);
    }
    assert.equal(await Task.countDocuments({ petition: petition._id }), 0);
  });

  it('because two of its columns have one name, can still be told apart', async () => {
    const petition = await makePetition();
    const path = await accepted(editor, petition, 'Name,Name,Email\nWork,Ada Example,ada@example.org\n');
    const html = await (await editor.get(`${path}?name=1&email=2&dates=ymd&defaultCountry=CA`)).text();
    assert.match(textOf(html), /Name \(column 1\)/);
    assert.match(html, /<option value="1" selected>Name \(column 2\)/);
    assert.match(textOf(html), /Ada Example ada@example\.org/);
  });

  it('after a day is deleted, and says so', async () => {
    const petition = await makePetition();
    const path = await accepted(editor, petition, sheet);
    await deleteOldFiles(platform, new Date(Date.now() + 25 * 3_600_000));
    assert.deepEqual(await filesLeft(), []);
    assert.equal((await editor.get(path)).status, 410);
    assert.equal((await editor.post(path, { ...usual, defaultCountry: 'CA' })).status, 410);
  });

  it('or is of another petition, or comes from somebody who may not, is nobody’s', async () => {
    const petition = await makePetition();
    const other = await makePetition();
    const path = await accepted(editor, petition, sheet);
    const foreign = path.replace(String(petition._id), String(other._id));
    assert.equal((await editor.get(foreign)).status, 404);
    const moderator = await signInAs(world, 'moderator');
    assert.equal((await send(moderator, petition, sheet)).status, 403);
    assert.equal((await moderator.get(path)).status, 403);
    await deleteOldFiles(platform, new Date(Date.now() + 25 * 3_600_000));
    assert.deepEqual(await filesLeft(), []);
  });
});
