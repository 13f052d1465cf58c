import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AuditEntry } from '../../server/audit/entry.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { makePetition } from '../support/factories.ts';
import { signInAs } from '../support/organizer.ts';
import { textOf } from '../support/page.ts';
import { visitor } from '../support/visitor.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let editor: Awaited<ReturnType<typeof signInAs>>;
before(async () => {
  world = await startWorld({ workers: false });
  editor = await signInAs(world, 'editor', { name: 'Ada' });
});
after(() => world?.close());

const base = (petition: Petition) => `/organize/petitions/${petition._id}/ledger`;
const market = { number: '1 150', source: 'the Saturday market', who: 'Odile', when: '2026-05-02' };
const entriesOf = async (petition: Petition) =>
  (await Petition.findById(petition._id).lean<Petition>())?.ledger ?? [];

describe('offline numbers', () => {
  it('are in the public total at once, on open pages too, and stand apart', async () => {
    const petition = await makePetition();
    const page = await visitor(world).get(`/petitions/${petition.slug}/events`);
    const reader = page.body?.pipeThrough(new TextDecoderStream()).getReader();
    await reader?.read();
    const response = await editor.post(base(petition), market);
    assert.equal(response.status, 303, await response.text());
    assert.equal(await visitor(world).count(petition.slug), 1_150);
    let heard = '';
    while (!heard.includes('"count":1150')) heard += (await reader?.read())?.value ?? '';
    await reader?.cancel();
    const shown = textOf(await (await visitor(world).get(`/petitions/${petition.slug}`)).text());
    assert.match(shown, /1,150 .*the Saturday market/);
    const noted = await AuditEntry.findOne({ petition: petition._id, action: 'ledger.add' }).lean();
    assert.equal(noted?.details.number, 1_150);
    assert.equal(String(noted?.organizer), String(editor.organizer._id));
  });

  it('are corrected by a further entry, never edited, and the public sees the right number', async () => {
    const petition = await makePetition();
    await editor.post(base(petition), market);
    const [entry] = await entriesOf(petition);
    const path = `${base(petition)}/${entry?._id}/correction`;
    const response = await editor.post(path, {
      number: '1050',
      seen: '1150',
      why: 'One sheet counted twice',
    });
    assert.equal(response.status, 303, await response.text());
    const entries = await entriesOf(petition);
    assert.deepEqual(
      entries.map(({ number }) => number),
      [1_150, -100],
    );
    assert.deepEqual(entries[0], entry);
    assert.equal(await visitor(world).count(petition.slug), 1_050);
    const shown = textOf(await (await visitor(world).get(`/petitions/${petition.slug}`)).text());
    assert.match(shown, /1,050 .*the Saturday market/);
    assert.doesNotMatch(shown, /1,150|-100/);
    const page = textOf(await (await editor.get(base(petition))).text());
    assert.match(page, /1,050 the Saturday market .*1,150 entered first -100 .*One sheet counted twice/);
  });

  it('are corrected by one of two who correct at once; the other is told', async () => {
    const petition = await makePetition();
    await editor.post(base(petition), market);
    const [entry] = await entriesOf(petition);
    const path = `${base(petition)}/${entry?._id}/correction`;
    const correct = (number: string) => editor.post(path, { number, seen: '1150', why: 'Counted again' });
    const answers = await Promise.all([correct('1100'), correct('1000')]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 422]);
    const refused = answers.find(({ status }) => status === 422);
    assert.match(textOf((await refused?.text()) ?? ''), /Somebody else changed this meanwhile/);
    assert.equal((await entriesOf(petition)).length, 2);
  });

  it('that cannot be are refused with a message at the field, and what was typed is kept', async () => {
    const petition = await makePetition();
    const wrong = { number: '-5', source: ' ', who: 'Odile', when: '2999-01-01' };
    const response = await editor.post(base(petition), wrong);
    assert.equal(response.status, 422);
    const html = await response.text();
    for (const message of [
      'A whole number of signatures, at least 1.',
      'Where were they collected',
      'still to come',
    ])
      assert.ok(textOf(html).includes(message), message);
    assert.match(html, /value="-5"/);
    assert.deepEqual(await entriesOf(petition), []);
    const unknown = `${base(petition)}/000000000000000000000000/correction`;
    assert.equal((await editor.post(unknown, { number: '1', seen: '2', why: 'None such' })).status, 404);
  });

  it('are shown to a viewer, and entered by an editor', async () => {
    const petition = await makePetition();
    const viewer = await signInAs(world, 'viewer');
    assert.equal((await viewer.get(base(petition))).status, 200);
    assert.equal((await viewer.post(base(petition), market)).status, 403);
  });
});
