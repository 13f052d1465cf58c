import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Types } from 'mongoose';
import { actionSentence } from '../../server/audit/actions.ts';
import { AuditEntry, record } from '../../server/audit/entry.ts';
import { searchWords } from '../../server/audit/words.ts';
import { leastRole } from '../../server/organizers/roles.ts';
import { makePetition } from '../support/factories.ts';
import { makeOrganizer, type SignedInVisitor, signInAs } from '../support/organizer.ts';
import { textOf } from '../support/page.ts';
import { filesIn, sourceOf } from '../support/sources.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let owner: SignedInVisitor;

before(async () => {
  world = await startWorld({ workers: false });
  owner = await signInAs(world, 'owner', { name: 'Olive Owner' });
});
after(() => world?.close());

/** The lines of the log that fit a query, as a reader sees them. */
async function linesOf(query: Record<string, string>): Promise<string[]> {
  const response = await owner.get(`/organize/audit?${new URLSearchParams(query)}`);
  assert.equal(response.status, 200);
  const [, list = ''] = /<ol class="log">([\s\S]*?)<\/ol>/.exec(await response.text()) ?? [];
  return list
    .split('</li>')
    .map((line) => textOf(line).trim())
    .filter(Boolean);
}

describe('the log', () => {
  it('says who did what, where, with which facts and why, the latest first', async () => {
    const petition = await makePetition();
    const { _id } = await makeOrganizer(world, 'editor', { name: 'Ada Lovelace' });
    const details = { count: 12, filter: { region: 'CA-ON' }, fields: ['goal', 'title'] };
    await record({ organizer: _id, action: 'signature.export', petition: petition._id, details });
    await record({
      organizer: _id,
      action: 'petition.close',
      petition: petition._id,
      why: 'The vote was held.',
    });
    const [latest = '', before = ''] = await linesOf({ organizer: String(_id) });
    assert.match(latest, /^Ada Lovelace closed a petition · Keep the .* bench by the pond/);
    assert.match(latest, /“The vote was held\.”/);
    assert.match(before, /count: 12 · filter: region: CA-ON · fields: goal, title/);
  });

  it('is searched in words: names, petitions, actions, reasons and facts, in any order', async () => {
    const petition = await makePetition({
      texts: {
        en: { title: 'Sauvons la Forêt', addressedTo: 'Council', summary: 'It is old.', body: 'Old.' },
      },
    });
    const { _id } = await makeOrganizer(world, 'editor', { name: 'Zoë Quist' });
    const on = { organizer: _id, petition: petition._id };
    await record({
      ...on,
      action: 'signature.invalidate',
      details: { count: 7 },
      why: 'Fraudulent, all from one bot',
    });
    await record({ ...on, action: 'organizer.end', subject: String(owner.organizer._id) });
    const found = async (q: string) => (await linesOf({ q })).length;
    assert.equal(await found('fraud'), 1);
    assert.equal(await found('BOT fraudulent'), 1);
    assert.equal(await found('zoe foret'), 2);
    assert.equal(await found('quist invalidated'), 1);
    assert.equal(await found('zoe ended account olive'), 1, 'whom it was done to counts too');
    assert.equal(await found('zoe 7'), 1);
    assert.equal(await found('fraud nothing-such'), 0);
    assert.equal(await found('zo.*'), 2, 'signs are not patterns');
    assert.equal(await found('(((('), await found(''), 'what has no words asks nothing');
    for (const q of ['$where', '\\', '[a-', 'x'.repeat(199)]) assert.ok((await found(q)) >= 0);
  });

  it('is filtered by person, petition, action and days', async () => {
    const petition = await makePetition();
    const { _id } = await makeOrganizer(world, 'editor');
    const other = await makeOrganizer(world, 'editor');
    const at = (day: string) => new Date(`${day}T23:30:00Z`);
    await record({ organizer: _id, action: 'test.one', petition: petition._id }, at('2026-03-01'));
    await record({ organizer: _id, action: 'test.two' }, at('2026-03-02'));
    await record({ organizer: other._id, action: 'test.one', petition: petition._id }, at('2026-03-03'));
    const count = async (query: Record<string, string>) => (await linesOf(query)).length;
    assert.equal(await count({ organizer: String(_id) }), 2);
    assert.equal(await count({ petition: String(petition._id) }), 2);
    assert.equal(await count({ action: 'test.one' }), 2);
    assert.equal(await count({ action: 'test.one', organizer: String(_id) }), 1);
    assert.equal(await count({ from: '2026-03-02', to: '2026-03-02' }), 1);
    assert.equal(await count({ to: '2026-03-02', organizer: String(_id) }), 2);
    assert.equal(await count({ from: '2026-03-03', to: '2026-03-01' }), 0);
    const all = await count({});
    const nonsenses: Record<string, string>[] = [
      { organizer: 'x' },
      { from: 'yesterday' },
      { before: '1' },
      { action: '$ne' },
    ];
    for (const nonsense of nonsenses) assert.equal(await count(nonsense), all);
    assert.equal((await owner.get('/organize/audit?organizer=a&organizer=b&q=x&q=y')).status, 200);
  });

  it('goes back page by page without losing or repeating a line', async () => {
    const { _id } = await makeOrganizer(world, 'editor');
    const at = new Date('2026-02-01T12:00:00Z');
    for (let n = 0; n < 230; n += 1)
      await record({ organizer: _id, action: 'test.page', details: { n } }, at);
    const seen: string[] = [];
    let next: string | undefined = `/organize/audit?organizer=${_id}`;
    while (next) {
      const html: string = await (await owner.get(next)).text();
      seen.push(...[...html.matchAll(/· n: (\d+)/g)].map(([, n = '']) => n));
      next = /href="(\/organize\/audit\?[^"]*before[^"]*)"/
        .exec(html)?.[1]
        ?.replaceAll('&amp;', '&')
        .replaceAll('&#x3D;', '=');
    }
    assert.equal(seen.length, 230);
    assert.equal(new Set(seen).size, 230);
  });

  it('says when nothing fits', async () => {
    const html = await (await owner.get('/organize/audit?q=unheardofword')).text();
    assert.match(textOf(html), /Nothing in the log fits/);
  });

  it('can only be added to: no code changes or deletes a line', () => {
    const users = ['server', 'workers', 'scripts']
      .flatMap((folder) => filesIn(folder, '.ts').map((file) => sourceOf(file)))
      .filter(({ text }) => /\bAuditEntry\b/.test(text));
    assert.ok(users.length >= 3);
    const calls = users.flatMap(({ file, text }) =>
      [...text.matchAll(/\bAuditEntry\s*\.\s*(\w+)/g)].map(([, call]) => `${file} ${call}`),
    );
    assert.deepEqual(
      calls.filter(
        (call) => !/ (create|find|findOne|distinct|countDocuments|createIndexes|aggregate)$/.test(call),
      ),
      [],
    );
    assert.deepEqual(
      calls.filter((call) => call.endsWith(' create')),
      ['server/audit/entry.ts create'],
    );
    for (const { file, text } of users)
      assert.doesNotMatch(
        text,
        /collection\(['"]audit|\$merge|\$out/,
        `${file} reaches the collection itself`,
      );
  });

  it('says in words whatever the software does', () => {
    const aboutSomething =
      /'((?:campaign|export|import|ledger|moderation|newsletter|official|organizer|passkey|petition|representatives|session|signature|task|update)\.[a-zA-Z]+)'/g;
    const done = filesIn('server', '.ts')
      .map(sourceOf)
      .filter(({ text }) => /\brecord\(/.test(text))
      .flatMap(({ text }) => [...text.matchAll(aboutSomething)].map(([, action = '']) => action))
      .filter((action) => !(action in leastRole));
    assert.ok(new Set(done).size > 30);
    assert.deepEqual(
      done.filter((action) => actionSentence(action).includes(':')),
      [],
    );
  });

  it('tells nothing to whoever may not read it', async () => {
    const editor = await signInAs(world, 'editor');
    const answer = await editor.get('/organize/audit');
    assert.equal(answer.status, 403);
    assert.doesNotMatch(await answer.text(), /class="log"/);
    assert.doesNotMatch(await (await editor.get('/organize')).text(), /\/organize\/audit/);
  });
});

describe('the words a line is found by', () => {
  it('are without capitals, accents and repetition, and not without end', () => {
    assert.deepEqual(searchWords({ count: 3, names: ['Été', 'été'] }, 'It WAS so. so'), [
      ...['count', '3', 'names', 'ete', 'it', 'was', 'so'],
    ]);
    assert.equal(searchWords({ n: Array.from({ length: 900 }, (_, n) => n) }).length, 200);
    assert.deepEqual(searchWords({ at: new Date(0), id: new Types.ObjectId('0123456789abcdef01234567') }), [
      ...['at', '1970', '01', '01t00', '00', '000z', 'id', '0123456789abcdef01234567'],
    ]);
  });

  it('are written with the line', async () => {
    await record({ action: 'test.words', why: 'Because of the Forêt' });
    const entry = await AuditEntry.findOne({ action: 'test.words' }).lean();
    assert.deepEqual(entry?.words, ['because', 'of', 'the', 'foret']);
  });
});
