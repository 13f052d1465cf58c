import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AuditEntry } from '../../server/audit/entry.ts';
import { Letter } from '../../server/letters/letter.ts';
import { Target } from '../../server/letters/target.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { makePetition } from '../support/factories.ts';
import { makeLetter, makeLetterForm, makeTarget } from '../support/letters.ts';
import { type SignedInVisitor, signInAs } from '../support/organizer.ts';
import { errorAt, textOf, unescapeHtml, valueIn } from '../support/page.ts';
import { visitor } from '../support/visitor.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let editor: SignedInVisitor;
before(async () => {
  world = await startWorld({ workers: false });
  editor = await signInAs(world, 'editor');
});
after(() => world?.close());

type Of = { _id: unknown };
const base = ({ _id }: Of) => `/organize/petitions/${_id}/letter`;
const page = async (path: string) => (await editor.get(path)).text();
const settings = (differences: Record<string, string> = {}) => ({
  ...{
    revision: '0',
    'subject-en': 'About the bench',
    'points-en': 'Old\nLoved',
    'text-en': 'Please keep it.',
  },
  ...differences,
});
const listed = ({ _id }: Of) =>
  Target.find({ petition: _id as string, isListed: true })
    .sort({ _id: 1 })
    .lean();
const actions = async ({ _id }: Of) =>
  (
    await AuditEntry.find({ petition: _id as string })
      .sort({ seq: 1 })
      .lean()
  ).map(({ action }) => action);

describe('what a letter says', () => {
  it('is written by an editor, frozen for nobody, and shown to whoever signs next', async () => {
    const { petition } = await makeLetter(1);
    await Petition.updateOne({ _id: petition._id }, { $unset: { letter: 1 } });
    const saved = await editor.post(base(petition), settings({ ownSubject: 'on', digest: 'on' }));
    assert.equal(saved.status, 303);
    const { letter } = await Petition.findById(petition._id).orFail().lean();
    assert.deepEqual([letter?.ownSubject, letter?.digest, letter?.revision], [true, true, 1]);
    const html = await (await visitor(world).get(`/petitions/${petition.slug}`)).text();
    assert.equal(valueIn(html, 'letterSubject'), 'About the bench');
    assert.match(textOf(html), /Old Loved/);
    assert.deepEqual(await actions(petition), ['letter.edit']);
  });

  it('is refused with what was typed where something is wrong, and where somebody else saved meanwhile', async () => {
    const { petition } = await makeLetter(1);
    const long = 'x'.repeat(50_000);
    const bad = await editor.post(base(petition), settings({ 'subject-en': 'a\u202eb', 'text-en': long }));
    assert.equal(bad.status, 422);
    const html = await bad.text();
    assert.match(errorAt(html, 'text-en') ?? '', /50,000 characters/);
    assert.ok(errorAt(html, 'subject-en'));
    assert.equal(String(valueIn(html, 'text-en')).trim(), long);
    const [first, second] = await Promise.all([
      editor.post(base(petition), settings({ 'text-en': 'One' })),
      editor.post(base(petition), settings({ 'text-en': 'Two' })),
    ]);
    assert.deepEqual([first.status, second.status].toSorted(), [303, 409]);
    const conflict = await (first.status === 409 ? first : second).text();
    assert.match(conflict, />\s*One\s*</);
    assert.match(conflict, />\s*Two\s*</);
  });

  it('must be there, and have somebody to go to, before the petition can be published', async () => {
    const { petition } = await makeLetter(0, {}, { publishedAt: undefined });
    const publish = () => editor.post(`/organize/petitions/${petition._id}/publication`, { when: 'now' });
    const refused = await publish();
    assert.equal(refused.status, 422);
    assert.match(textOf(await refused.text()), /goes to nobody yet/);
    await makeTarget(petition);
    assert.equal((await publish()).status, 303);
  });

  it('is nothing that another kind of petition has', async () => {
    const petition = await makePetition();
    assert.equal((await editor.get(base(petition))).status, 404);
    assert.equal((await editor.post(base(petition), settings())).status, 404);
  });
});

describe('to whom it goes', () => {
  const somebody = { name: 'Ada Reeve', title: 'Mayor', address: 'Mayor@Town.example.org', language: 'fr' };

  it('is chosen one by one; the same address twice, at the same moment too, is one', async () => {
    const { petition } = await makeLetter(0);
    const path = `${base(petition)}/targets`;
    const answers = await Promise.all([editor.post(path, somebody), editor.post(path, somebody)]);
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [303, 422]);
    assert.equal((await listed(petition)).length, 1);
    const bad = await editor.post(path, { ...somebody, address: 'a@b\r\nBcc: c@d.org', name: 'x\r\ny' });
    assert.equal(bad.status, 422);
    const html = await bad.text();
    assert.ok(errorAt(html, 'address') && errorAt(html, 'name'));
    assert.equal(valueIn(html, 'title'), 'Mayor');
  });

  it('fold away where they are many, but for those that somebody should look at', async () => {
    const { petition, targets } = await makeLetter(15);
    const [, troubled] = targets;
    await Target.updateOne({ _id: troubled?._id }, { $set: { pausedAt: new Date(), pausedFor: 'bounced' } });
    const page = await (await editor.get(base(petition))).text();
    const [before = '', folded = ''] = page.split(
      /<details class="choice">\s*<summary>14 more, without trouble/,
    );
    const [inside = ''] = folded.split('</details>');
    for (const { _id, name } of targets) {
      const isHere = (part: string) => part.includes(`/targets/${_id}"><strong>${name}</strong>`);
      assert.deepEqual(
        [isHere(before), isHere(inside)],
        [_id === troubled?._id, _id !== troubled?._id],
        name,
      );
    }
    const few = await (await editor.get(base((await makeLetter(3)).petition))).text();
    assert.doesNotMatch(few, /without trouble|<summary>All/);
  });

  it('can be changed, paused, resumed and taken off; what waited for it is stopped', async () => {
    const { petition, targets } = await makeLetter(2);
    const [target, other] = targets;
    const path = `${base(petition)}/targets/${target?._id}`;
    const changed = { ...somebody, salutation: 'Your Worship,' };
    assert.equal((await editor.post(path, changed)).status, 303);
    assert.equal((await Target.findById(target?._id).lean())?.salutation, 'Your Worship,');
    const taken = await editor.post(path, { ...changed, address: other?.address ?? '' });
    assert.match(errorAt(await taken.text(), 'address') ?? '', /already/);
    await editor.post(`${path}/bounce`);
    assert.match(textOf(await page(path)), /Paused: mail to it came back/);
    await editor.post(`${path}/resumption`);
    assert.equal((await Target.findById(target?._id).lean())?.pausedAt, undefined);
    const waiting = {
      petition: petition._id,
      signature: petition._id,
      target: target?._id,
      state: 'due' as const,
    };
    await Letter.create({ ...waiting, _id: `test:${target?._id}`, createdAt: new Date(), dueAt: new Date() });
    assert.match(textOf(await page(base(petition))), /1 waiting/);
    await editor.post(`${path}/removal`);
    assert.equal((await Letter.findById(`test:${target?._id}`).lean())?.state, 'stopped');
    assert.equal((await listed(petition)).length, 1);
    assert.deepEqual(await actions(petition), [
      ...['letter.targetChange', 'letter.targetPause', 'letter.targetResume', 'letter.targetRemove'],
    ]);
    const details = JSON.stringify(await AuditEntry.find({ petition: petition._id }, { hash: 0 }).lean());
    assert.doesNotMatch(details, /Ada|example\.org/, 'the log has no names');
  });

  it('is nobody of another petition’s', async () => {
    const { petition } = await makeLetter(1);
    const { targets } = await makeLetter(1);
    const path = `${base(petition)}/targets/${targets[0]?._id}`;
    for (const step of ['', '/pause', '/removal', '/again'])
      assert.equal((await editor.post(path + step, somebody)).status, 404);
    assert.equal((await editor.get(`${base(petition)}/targets/nonsense`)).status, 404);
    assert.equal((await Target.findById(targets[0]?._id).lean())?.pausedAt, undefined);
  });
});

describe('a list from a spreadsheet', () => {
  async function send(petition: Of, content: string | Uint8Array<ArrayBuffer>): Promise<Response> {
    const form = new FormData();
    form.set('file', new Blob([content]), 'targets.csv');
    return editor.request(`${base(petition)}/targets/preview`, { method: 'POST', body: form });
  }
  const rowsIn = (html: string) => unescapeHtml(/name="rows" value="([^"]*)"/.exec(html)?.[1] ?? '');

  it('is shown row by row with what is wrong, and only what is right is added, once', async () => {
    const { petition } = await makeLetter(0);
    await makeTarget(petition, { address: 'there@town.example.org', mailbox: 'there@town.example.org' });
    const sheet = [
      '\ufeffNom;Titre;Courriel;Langue;Salutation',
      'Zoë Élu;Maire;zoe@town.example.org;FR;Monsieur le maire,',
      'No Address;;;;',
      'Not One;;nonsense;en;',
      'Twice;;ZOE@town.example.org;;',
      'There;;there@town.example.org;;',
      ';;nameless@town.example.org;;',
      'German;;g@town.example.org;de;',
      '=cmd();;f@town.example.org;en;',
      '',
    ].join('\r\n');
    const shown = await send(petition, sheet);
    assert.equal(shown.status, 200);
    const html = await shown.text();
    const text = textOf(html);
    assert.match(text, /2 rows can be added\. 6 cannot/);
    for (const problem of [
      /Enter the e-mail address/,
      /This is no e-mail address/,
      /The same address as in row 2/,
      /on the list already/,
      /Enter the name/,
      /en or fr/,
    ])
      assert.match(text, problem);
    assert.equal((await listed(petition)).length, 1, 'nothing is added before it was seen');
    const rows = rowsIn(html);
    const answers = await Promise.all(
      [1, 2].map(() => editor.post(`${base(petition)}/targets/import`, { rows })),
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      [303, 303],
    );
    const names = (await listed(petition)).map(({ name }) => name);
    assert.deepEqual(
      names.toSorted(),
      ['=cmd()', names.find((name) => /^Councillor/.test(name)), 'Zoë Élu'].toSorted(),
    );
  });

  it('is refused with a reason where it cannot be read, and nobody is added', async () => {
    const { petition } = await makeLetter(0);
    const header = 'name,address\n';
    const many = header + Array.from({ length: 501 }, (_, n) => `N${n},n${n}@example.org`).join('\n');
    const wrong: [string | Uint8Array<ArrayBuffer>, RegExp][] = [
      ['', /nobody in the file/],
      [header, /nobody in the file/],
      ['Ada,ada@example.org\nBo,bo@example.org', /first row has to name the columns/],
      [`${header}"Ada,ada@example.org\nBo,bo@example.org`, /quotation mark/],
      [new Uint8Array([0x50, 0x4b, 3, 4, 0, 0, 1, 2]), /no CSV file/],
      [many, /more rows than/],
      [header + 'x'.repeat(600_000), /larger than 512 KB/],
    ];
    for (const [content, message] of wrong) {
      const response = await send(petition, content);
      assert.ok(response.status === 422 || response.status === 413, String(message));
      assert.match(textOf(await response.text()), message);
    }
    for (const rows of ['', 'nonsense', '{}', '[{"row":1,"typed":{"name":"A","isListed":"x"}}]'])
      assert.equal((await editor.post(`${base(petition)}/targets/import`, { rows })).status, 400);
    assert.equal((await listed(petition)).length, 0);
  });

  it('is judged again when it is sent back: a form can say anything', async () => {
    const { petition } = await makeLetter(0);
    const rows = JSON.stringify([{ row: 2, typed: { name: 'Ada\r\nBcc: x', address: 'ada@example.org' } }]);
    assert.equal((await editor.post(`${base(petition)}/targets/import`, { rows })).status, 303);
    assert.equal((await listed(petition)).length, 0);
  });
});

describe('a copy of a letter', () => {
  it('has its words and its list, and no letters', async () => {
    const { petition } = await makeLetter(2);
    await visitor(world).sign(petition.slug, makeLetterForm());
    const copied = await editor.post(`/organize/petitions/${petition._id}/copies`);
    const id = /petitions\/([0-9a-f]{24})/.exec(copied.headers.get('location') ?? '')?.[1] ?? '';
    const copy = await Petition.findById(id).orFail().lean();
    assert.equal(copy.letter?.texts?.en?.subject, 'The bench by the pond');
    const targets = await listed(copy);
    assert.deepEqual(
      targets.map(({ counts }) => counts?.sent),
      [0, 0],
    );
  });
});
