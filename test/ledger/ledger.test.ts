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

  it('are written with separators as people write them, and refused where it is not clear what is meant', async () => {
    const petition = await makePetition();
    for (const number of ['1,150', '1.150', '1 150', '1\u202f150', '1’150'])
      assert.equal((await editor.post(base(petition), { ...market, number })).status, 303, number);
    assert.deepEqual(
      (await entriesOf(petition)).map(({ number }) => number),
      [1_150, 1_150, 1_150, 1_150, 1_150],
    );
    for (const number of [
      '1.5',
      '12,34',
      '1,15',
      '1e3',
      '0x10',
      '٣',
      '0',
      '-0',
      '',
      '1 000 000 000 000 000 000',
    ])
      assert.equal((await editor.post(base(petition), { ...market, number })).status, 422, number);
    const huge = await editor.post(base(petition), { ...market, number: '100,000,001' });
    assert.match(textOf(await huge.text()), /At most 100,000,000 in one entry/);
    assert.equal((await entriesOf(petition)).length, 5);
  });

  it('are one entry where the form is sent twice at once', async () => {
    const petition = await makePetition();
    const html = await (await editor.get(base(petition))).text();
    const entry = /name="entry" value="([0-9a-f]{24})"/.exec(html)?.[1] ?? '';
    const add = () => editor.post(base(petition), { ...market, entry });
    const answers = await Promise.all([add(), add(), add()]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [303, 303, 303],
    );
    assert.equal((await entriesOf(petition)).length, 1);
    assert.equal(await visitor(world).count(petition.slug), 1_150);
    assert.equal(await AuditEntry.countDocuments({ petition: petition._id, action: 'ledger.add' }), 1);
  });

  it('of two people at once are both there', async () => {
    const petition = await makePetition();
    const numbers = ['10', '20', '30', '40'];
    await Promise.all(numbers.map((number) => editor.post(base(petition), { ...market, number })));
    assert.equal(await visitor(world).count(petition.slug), 100);
  });

  it('are taken out with a reason: gone in public, kept here and in the log', async () => {
    const petition = await makePetition();
    await editor.post(base(petition), market);
    const [entry] = await entriesOf(petition);
    const path = `${base(petition)}/${entry?._id}/correction`;
    for (const form of [
      { number: '0', seen: '1150', why: ' ' },
      { number: '-1', seen: '1150', why: 'Never happened' },
      { number: '0', seen: 'nonsense', why: 'Never happened' },
      { number: '0', why: 'Never happened' },
    ])
      assert.equal((await editor.post(path, form as Record<string, string>)).status, 422);
    assert.equal((await entriesOf(petition)).length, 1);
    const response = await editor.post(path, { number: '0', seen: '1150', why: 'It was never counted' });
    assert.equal(response.status, 303, await response.text());
    assert.equal(await visitor(world).count(petition.slug), 0);
    const shown = textOf(await (await visitor(world).get(`/petitions/${petition.slug}`)).text());
    assert.doesNotMatch(shown, /Saturday market/);
    const page = textOf(await (await editor.get(base(petition))).text());
    assert.match(page, /0 the Saturday market .*1,150 entered first .*-1,150 .*It was never counted/);
    const noted = await AuditEntry.findOne({ petition: petition._id, action: 'ledger.correct' }).lean();
    assert.deepEqual(noted?.details, { from: 1_150, to: 0, source: 'the Saturday market' });
    assert.equal(noted?.why, 'It was never counted');
  });

  it('are of the petition in the address alone', async () => {
    const [petition, other] = [await makePetition(), await makePetition()];
    await editor.post(base(petition), market);
    const [entry] = await entriesOf(petition);
    const form = { number: '1', seen: '1150', why: 'Not of this petition' };
    assert.equal((await editor.post(`${base(other)}/${entry?._id}/correction`, form)).status, 404);
    assert.equal((await entriesOf(petition)).length, 1);
  });

  it('are shown to a viewer, and entered by an editor', async () => {
    const petition = await makePetition();
    const viewer = await signInAs(world, 'viewer');
    assert.equal((await viewer.get(base(petition))).status, 200);
    assert.equal((await viewer.post(base(petition), market)).status, 403);
  });
});
