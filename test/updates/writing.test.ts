import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AuditEntry } from '../../server/audit/entry.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { Update } from '../../server/updates/update.ts';
import { makePetition } from '../support/factories.ts';
import { type SignedInVisitor, signInAs } from '../support/organizer.ts';
import { errorAt, textOf, valueIn } from '../support/page.ts';
import { visitor } from '../support/visitor.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let editor: SignedInVisitor;
before(async () => {
  world = await startWorld({ workers: false });
  editor = await signInAs(world, 'editor');
});
after(() => world.close());

const pathOf = ({ _id }: Petition, rest = '') => `/organize/petitions/${_id.toHexString()}/updates${rest}`;
const words = (differences: Record<string, string> = {}) => ({
  kind: 'update',
  'title-en': 'The council answers',
  'body-en': 'They will **look at it** in May.',
  ...differences,
});
const write = async (petition: Petition, differences?: Record<string, string>) => {
  const response = await editor.post(pathOf(petition), words(differences));
  assert.equal(response.status, 303, await response.text());
  return Number(response.headers.get('location')?.split('/').at(-1));
};
const publicPage = async (path: string) => {
  const response = await visitor(world).get(path);
  return { status: response.status, html: await response.text(), headers: response.headers };
};
const bilingual = () =>
  makePetition({
    texts: {
      en: { title: 'Keep the bench', addressedTo: 'Council', summary: 'The bench.', body: 'Stay.' },
      fr: { title: 'Gardons le banc', addressedTo: 'Conseil', summary: 'Le banc.', body: 'Reste.' },
    },
  });

describe('an update', () => {
  it('is nobody else’s until it is shown: then it is on the page, and at an address of its own', async () => {
    const petition = await makePetition();
    const n = await write(petition);
    const own = `/petitions/${petition.slug}/updates/${n}`;
    assert.equal((await publicPage(own)).status, 404);
    assert.doesNotMatch((await publicPage(`/petitions/${petition.slug}`)).html, /The council answers/);
    const preview = await (await editor.get(pathOf(petition, `/${n}`))).text();
    assert.match(preview, /<strong>look at it<\/strong>/);

    assert.equal((await editor.post(pathOf(petition, `/${n}/publish`))).status, 303);
    const page = await publicPage(`/petitions/${petition.slug}`);
    assert.match(page.html, /The council answers[\s\S]*<strong>look at it<\/strong>/);
    const permalink = await publicPage(own);
    assert.equal(permalink.status, 200);
    assert.match(permalink.headers.get('cache-control') ?? '', /^public/);
    assert.match(permalink.html, /<h1 lang="en">The council answers<\/h1>/);

    await editor.post(pathOf(petition, `/${n}/hide`));
    assert.equal((await publicPage(own)).status, 404);
    const actions = (await AuditEntry.find({ petition: petition._id }).sort({ at: 1 }).lean()).map(
      ({ action }) => action,
    );
    assert.deepEqual(actions, ['update.write', 'update.publish', 'update.hide']);
  });

  it('stands above the earlier ones, each dated', async () => {
    const petition = await makePetition();
    for (const title of ['The first', 'The second', 'The third']) {
      const n = await write(petition, { 'title-en': title });
      await editor.post(pathOf(petition, `/${n}/publish`));
    }
    const text = textOf((await publicPage(`/petitions/${petition.slug}`)).html);
    assert.match(text, /The third.*The second.*The first/);
  });

  it('is shown in the reader’s language, or in the petition’s where it has no other', async () => {
    const petition = await bilingual();
    const both = await write(petition, { 'title-fr': 'Le conseil répond', 'body-fr': 'On verra en mai.' });
    const one = await write(petition, { 'title-en': 'Only in English' });
    for (const n of [both, one]) await editor.post(pathOf(petition, `/${n}/publish`));
    const french = await publicPage(`/petitions/${petition.slug}/updates/${both}?lang=fr`);
    assert.match(french.html, /<h1 lang="fr">Le conseil répond<\/h1>/);
    const fallback = await publicPage(`/petitions/${petition.slug}/updates/${one}?lang=fr`);
    assert.match(fallback.html, /<h1 lang="en">Only in English<\/h1>/);
  });

  it('is shown as the mail it would be, which runs nothing', async () => {
    const petition = await makePetition();
    const n = await write(petition, { kind: 'victory', 'body-en': 'We won. <script>alert(1)</script>' });
    const mail = await editor.get(pathOf(petition, `/${n}/mail?lang=en`));
    assert.match(mail.headers.get('content-security-policy') ?? '', /default-src 'none'.*sandbox/);
    const html = await mail.text();
    assert.match(html, /You helped to win this!/);
    assert.doesNotMatch(html, /<script/);
  });

  it('can be thrown away as a draft, and not once it was public', async () => {
    const petition = await makePetition();
    const draft = await write(petition);
    await editor.post(pathOf(petition, `/${draft}/discard`));
    assert.equal((await editor.get(pathOf(petition, `/${draft}`))).status, 404);
    const shown = await write(petition);
    await editor.post(pathOf(petition, `/${shown}/publish`));
    await editor.post(pathOf(petition, `/${shown}/discard`));
    assert.equal((await editor.get(pathOf(petition, `/${shown}`))).status, 200);
  });

  it('has a number of its own, however many are written at once', async () => {
    const petition = await makePetition();
    const numbers = await Promise.all(Array.from({ length: 6 }, () => write(petition)));
    assert.deepEqual(numbers.sort(), [1, 2, 3, 4, 5, 6]);
  });
});

describe('what cannot be saved', () => {
  const refused = async (petition: Petition, differences: Record<string, string>) => {
    const response = await editor.post(pathOf(petition), words(differences));
    assert.equal(response.status, 422);
    assert.equal(await Update.countDocuments({ petition: petition._id }), 0);
    return response.text();
  };

  it('is an update without words; each empty field says so, and what was typed stays', async () => {
    const petition = await makePetition();
    const page = await refused(petition, { 'title-en': '   ', 'body-en': '' });
    assert.equal(errorAt(page, 'title-en'), 'Enter the title in English.');
    assert.equal(errorAt(page, 'body-en'), 'Enter the text in English.');
    const half = await refused(petition, { 'body-en': ' \n ' });
    assert.equal(valueIn(half, 'title-en'), 'The council answers');
  });

  it('is half a translation', async () => {
    const petition = await bilingual();
    const page = await refused(petition, { 'title-fr': 'Le conseil répond' });
    assert.equal(errorAt(page, 'body-fr'), 'Enter the text in French.');
    assert.equal(valueIn(page, 'title-fr'), 'Le conseil répond');
  });

  it('is a text of 100,000 characters: it comes back whole, with how long it may be', async () => {
    const petition = await makePetition();
    const long = 'é'.repeat(100_000);
    const page = await refused(petition, { 'body-en': long });
    assert.match(errorAt(page, 'body-en') ?? '', /100,000 characters, at most 20,000/);
    assert.equal(valueIn(page, 'body-en'), long);
  });

  it('is a picture, which would be missing on the page and in the mail', async () => {
    const page = await refused(await makePetition(), {
      'body-en': 'See ![the bench](https://example.org/b.png)',
    });
    assert.match(errorAt(page, 'body-en') ?? '', /Pictures cannot be shown in an update/);
  });

  it('is a text with characters nobody can see, or a form of many megabytes', async () => {
    const petition = await makePetition();
    assert.match(
      errorAt(await refused(petition, { 'title-en': 'Turned \u202e round' }), 'title-en') ?? '',
      /invisible/,
    );
    assert.equal(
      (await editor.post(pathOf(petition), words({ 'body-en': 'x'.repeat(2_000_000) }))).status,
      413,
    );
    assert.equal((await editor.post(pathOf(petition), 'title-en=%00')).status, 400);
  });

  it('is what two people changed at once: the second sees both, and nothing is lost', async () => {
    const petition = await makePetition();
    const n = await write(petition);
    const other = await signInAs(world, 'editor');
    const path = pathOf(petition, `/${n}`);
    assert.equal((await other.post(path, words({ revision: '1', 'body-en': 'Theirs.' }))).status, 303);
    const conflict = await editor.post(path, words({ revision: '1', 'body-en': 'Mine.' }));
    assert.equal(conflict.status, 409);
    const page = await conflict.text();
    assert.equal(valueIn(page, 'body-en'), 'Mine.');
    assert.match(page, /Theirs\./);
    assert.equal((await Update.findOne({ petition: petition._id }).lean())?.texts?.en?.body, 'Theirs.');
    const revision = /name="revision" value="(\d+)"/.exec(page)?.[1] ?? '';
    assert.equal((await editor.post(path, words({ revision, 'body-en': 'Both.' }))).status, 303);
    assert.equal((await Update.findOne({ petition: petition._id }).lean())?.texts?.en?.body, 'Both.');
  });
});

describe('who may', () => {
  it('write and send: editors; others are told which role it takes', async () => {
    const petition = await makePetition();
    const n = await write(petition);
    const moderator = await signInAs(world, 'moderator');
    for (const path of ['', '/new', `/${n}`, `/${n}/edit`, `/${n}/mail`])
      assert.equal((await moderator.get(pathOf(petition, path))).status, 403, path);
    for (const path of [
      '',
      `/${n}`,
      `/${n}/publish`,
      `/${n}/hide`,
      `/${n}/discard`,
      `/${n}/test`,
      `/${n}/send`,
    ])
      assert.equal((await moderator.post(pathOf(petition, path), words())).status, 403, path);
    assert.equal((await Update.findOne({ petition: petition._id }).lean())?.publishedAt, undefined);
  });

  it('find it: nobody through another petition, nor by a number that is none', async () => {
    const n = await write(await makePetition());
    const other = await makePetition();
    for (const path of [`/${n}`, '/0', '/x', '/-1', '/1e3', '/99999999'])
      assert.equal((await editor.get(pathOf(other, path))).status, 404, path);
    for (const number of ['0', 'x', '1e3', '9'.repeat(30)])
      assert.equal((await publicPage(`/petitions/${other.slug}/updates/${number}`)).status, 404, number);
  });
});
