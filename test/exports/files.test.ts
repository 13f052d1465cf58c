import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { AuditEntry } from '../../server/audit/entry.ts';
import { Export } from '../../server/exports/export.ts';
import { Task } from '../../server/tasks/task.ts';
import { deleteOldFiles } from '../../workers/files.ts';
import { download, exportsPath, makeExport, ticked } from '../support/exports.ts';
import { makePetition } from '../support/factories.ts';
import { signInAs } from '../support/organizer.ts';
import { textOf } from '../support/page.ts';
import { openOffice } from '../support/stage.ts';

const { world, platform, editor } = await openOffice();

describe('the file of an export', () => {
  it('can be read by this account alone, and its name cannot be guessed', async () => {
    const petition = await makePetition();
    await makeExport(editor, petition, { kind: 'csv', ...ticked('name') });
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
    const { url } = await makeExport(editor, petition, { kind: 'csv', ...ticked('name') });
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
    const { url } = await makeExport(editor, petition, { kind: 'csv', ...ticked('name') });
    await Export.updateOne({ petition: petition._id }, { $set: { expiresAt: new Date(Date.now() - 1_000) } });
    const expired = await editor.get(url);
    assert.equal(expired.status, 410);
    assert.match(textOf(await expired.text()), /This file was deleted .*Make the export again/);
    const before = (await readdir(join(world.env.DATA_DIR, 'exports'))).length;
    await deleteOldFiles(platform);
    assert.equal((await readdir(join(world.env.DATA_DIR, 'exports'))).length, before - 1);
    assert.equal((await editor.get(url)).status, 410);
    assert.match(textOf(await (await editor.get(exportsPath(petition))).text()), /The file was deleted/);
  });

  it('needs a reason, which is in the log with who and what; so is each download', async () => {
    const petition = await makePetition();
    const refused = await editor.post(exportsPath(petition), { kind: 'csv', why: ' ', ...ticked('email') });
    assert.equal(refused.status, 422);
    const html = await refused.text();
    assert.match(textOf(html), /Say what it is for, in a few words/);
    assert.match(html, /id="column-email" name="column-email" checked/);
    const none = await editor.post(exportsPath(petition), { kind: 'csv', why: 'For nothing' });
    assert.equal(none.status, 422);
    assert.match(textOf(await none.text()), /Tick at least one column/);
    assert.equal(await Task.countDocuments({ petition: petition._id }), 0);

    const { url } = await makeExport(editor, petition, { kind: 'csv', state: 'held', ...ticked('email') });
    await download(editor, url);
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
