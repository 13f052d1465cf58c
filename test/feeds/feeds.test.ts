import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { deleteUnusedImages, Image } from '../../server/images/image.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { Update } from '../../server/updates/update.ts';
import { sendDueMail } from '../../workers/mail.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { errorAt, textOf, valueIn } from '../support/page.ts';
import { bothTexts, type Desk, openDesk, updatesPath, updateWords } from '../support/updates.ts';
import { visitor } from '../support/visitor.ts';
import { childrenOf, linkOf, readAtom, wordsOf } from './xml.ts';

let desk: Desk;
before(async () => {
  desk = await openDesk();
});
after(() => desk.close());

const get = (path: string) => visitor(desk.world).get(path);
const feedOf = async (petition: Petition, query = '') =>
  readAtom(await (await get(`/petitions/${petition.slug}/feed.xml${query}`)).text());
const publish = async (petition: Petition, differences: Record<string, string> = {}): Promise<Update> => {
  const update = await desk.write(petition, differences);
  await desk.editor.post(updatesPath(petition, `/${update.n}/publish`));
  return update;
};

describe('the feed of a petition', () => {
  it('tells its updates, victories and outcomes, each with its day, its text and an id that stays', async () => {
    const at = new Date(Date.now() - 5 * 86_400_000);
    const petition = await makePetition({
      history: [
        { outcome: 'delivered', at, note: { en: 'We brought a **wheelbarrow**.' } },
        { outcome: 'corrected', at, note: { en: 'By three.' } },
      ],
    });
    const news = await publish(petition);
    await publish(petition, { kind: 'victory', 'title-en': 'It stays!' });
    const { feed, entries } = await feedOf(petition);
    assert.deepEqual(
      entries.map((entry) => wordsOf(entry, 'title')),
      ['It stays!', 'The council answers', `Delivered: ${petition.texts?.en?.title}`],
    );
    assert.deepEqual(
      entries.map((entry) => childrenOf(entry, 'category')[0]?.attributes.term),
      ['victory', 'update', 'delivered'],
    );
    const [, told, delivered] = entries;
    assert.ok(told && delivered);
    assert.equal(wordsOf(told, 'content'), '<p>They will <strong>look</strong> in May.</p>\n');
    assert.equal(
      linkOf(told, 'alternate'),
      `${desk.world.env.BASE_URL}/petitions/${petition.slug}/updates/${news.n}`,
    );
    assert.equal(wordsOf(delivered, 'published'), at.toISOString());
    const before = entries.map((entry) => wordsOf(entry, 'id'));

    await Petition.updateOne({ _id: petition._id }, { $set: { slug: `moved-${petition.slug}` } });
    await Update.updateOne({ _id: news._id }, { $set: { changedAt: new Date(Date.now() + 60_000) } });
    const moved = await feedOf({ ...petition, slug: `moved-${petition.slug}` });
    assert.deepEqual(
      moved.entries.map((entry) => wordsOf(entry, 'id')),
      before,
    );
    assert.ok(wordsOf(moved.feed, 'updated') > wordsOf(feed, 'updated'));
  });

  it('speaks the language that is asked for, and says so', async () => {
    const petition = await makePetition({ texts: bothTexts });
    await publish(petition, { 'title-fr': 'Le conseil répond', 'body-fr': 'En mai.' });
    await publish(petition, { 'title-en': 'Only in English' });
    const { feed, entries } = await feedOf(petition, '?lang=fr');
    assert.equal(feed.attributes['xml:lang'], 'fr');
    assert.match(wordsOf(feed, 'title'), /Gardons le banc/);
    assert.deepEqual(
      entries.map((entry) => [wordsOf(entry, 'title'), entry.attributes['xml:lang']]),
      [
        ['Only in English', 'en'],
        ['Le conseil répond', 'fr'],
      ],
    );
    assert.match(linkOf(feed, 'self') ?? '', /feed\.xml\?lang=fr$/);
  });

  it('is well-formed whatever a title and a text hold', async () => {
    const petition = await makePetition();
    await publish(petition, {
      'title-en': `</title><script>"&'<![CDATA[ ]]> &nbsp; 🕊️ \u2028`,
      'body-en': '<script>alert(1)</script> <img src=x onerror=y> [a](javascript:alert(1)) ]]> & é',
    });
    await Update.updateOne(
      { petition: petition._id },
      { $set: { 'texts.en.title': 'Bell \u0007 and \ud800 half <' } },
    );
    const [entry] = (await feedOf(petition)).entries;
    assert.ok(entry);
    assert.equal(wordsOf(entry, 'title').replaceAll('\ufffd', ''), 'Bell  and  half <');
    assert.doesNotMatch(wordsOf(entry, 'content'), /<script|<img|href="javascript/);
  });

  it('says nothing of what is not on the page: drafts, hidden updates, drafts of petitions', async () => {
    const petition = await makePetition();
    await desk.write(petition, { 'title-en': 'Not yet' });
    const hidden = await publish(petition, { 'title-en': 'Taken off' });
    await desk.editor.post(updatesPath(petition, `/${hidden.n}/hide`));
    assert.deepEqual((await feedOf(petition)).entries, []);
    const draft = await makePetition({ publishedAt: undefined });
    assert.equal((await get(`/petitions/${draft.slug}/feed.xml`)).status, 404);
    const withdrawn = await makePetition({ history: [{ outcome: 'withdrawn', at: new Date() }] });
    assert.equal((await get(`/petitions/${withdrawn.slug}/feed.xml`)).status, 410);
    const site = await (await get('/feed.xml')).text();
    for (const absent of ['Not yet', 'Taken off', draft.slug, withdrawn.slug])
      assert.ok(!site.includes(absent));
  });

  it('is kept by readers: not sent again to who has it, until there is news', async () => {
    const petition = await makePetition();
    await publish(petition);
    const path = `/petitions/${petition.slug}/feed.xml`;
    const first = await get(path);
    assert.match(first.headers.get('content-type') ?? '', /^application\/atom\+xml/);
    assert.match(first.headers.get('cache-control') ?? '', /^public, max-age=300/);
    const [etag, modified] = [first.headers.get('etag') ?? '', first.headers.get('last-modified') ?? ''];
    const ask = (headers: Record<string, string>) =>
      visitor(desk.world).request(path, { headers: { 'Cache-Control': 'max-age=0', ...headers } });
    assert.equal((await ask({ 'If-None-Match': etag })).status, 304);
    assert.equal((await ask({ 'If-Modified-Since': modified })).status, 304);
    await publish(petition, { 'title-en': 'More' });
    assert.equal((await ask({ 'If-None-Match': etag })).status, 200);
  });

  it('is named on the pages, and the site has one of everybody’s news', async () => {
    const [one, two] = [await makePetition(), await makePetition()];
    await publish(one, { 'title-en': 'News of one' });
    await publish(two, { 'title-en': 'News of two' });
    const link = async (path: string) =>
      /<link rel="alternate" type="application\/atom\+xml" href="([^"]*)">/.exec(
        await (await get(path)).text(),
      )?.[1];
    const base = desk.world.env.BASE_URL;
    assert.equal(await link(`/petitions/${one.slug}`), `${base}/petitions/${one.slug}/feed.xml`);
    assert.equal(await link('/'), `${base}/feed.xml`);
    const { entries } = readAtom(await (await get('/feed.xml')).text());
    const titles = entries.map((entry) => wordsOf(entry, 'title'));
    assert.ok(titles.includes('News of one') && titles.includes('News of two'));
    assert.ok(entries.length <= 50);
  });
});

/** A form as a browser sends it that has a file. */
const sendForm = (petition: Petition, fields: Record<string, string>, file?: Buffer, rest = '') => {
  const body = new FormData();
  for (const [name, value] of Object.entries({ ...updateWords, ...fields })) body.set(name, value);
  if (file) body.set('file', new Blob([new Uint8Array(file)]), 'picture.png');
  return desk.editor.request(updatesPath(petition, rest), { method: 'POST', body });
};
const picture = (background: string) =>
  sharp({ create: { width: 800, height: 420, channels: 3, background } })
    .png()
    .toBuffer();

describe('the picture of an update', () => {
  it('is on the page, in the feed and in the mail, with what it shows in words', async () => {
    const petition = await makePetition();
    const response = await sendForm(petition, { 'alt-en': 'A bench & a "duck"' }, await picture('#204060'));
    assert.equal(response.status, 303, await response.text());
    const update = await Update.findOne({ petition: petition._id }).orFail().lean<Update>();
    await desk.editor.post(updatesPath(petition, `/${update.n}/publish`));
    const address = `/images/${update.image?.upload}.jpg`;
    for (const path of ['', `/updates/${update.n}`]) {
      const html = await (await get(`/petitions/${petition.slug}${path}`)).text();
      assert.ok(html.includes(`src="${address}" alt="A bench &amp; a &quot;duck&quot;"`), path);
    }
    assert.equal((await get(address)).status, 200);
    const [entry] = (await feedOf(petition)).entries;
    assert.ok(entry);
    assert.match(
      wordsOf(entry, 'content'),
      /^<p><img src="http[^"]*\/images\/[0-9a-f]{32}\.jpg" alt="A bench &amp; a &quot;duck&quot;"><\/p>/,
    );

    const form = makeForm({ updates: 'on' });
    await visitor(desk.world).sign(petition.slug, form);
    await Signature.updateMany(
      { petition: petition._id },
      { $set: { state: 'confirmed', confirmedAt: new Date(0) } },
    );
    await desk.run(await desk.begin(petition, update));
    const mail = await desk.world.mailbox.mailTo(form.email ?? '');
    assert.ok(
      mail.html?.includes(
        `src="${desk.world.env.BASE_URL}${address}" alt="A bench &amp; a &quot;duck&quot;"`,
      ),
    );
    assert.match(mail.text ?? '', /\[A bench & a "duck": http/);
  });

  it('is kept while an update shows it or was mailed with it, and goes a while after', async () => {
    const petition = await makePetition();
    await sendForm(petition, { 'alt-en': 'Red' }, await picture('#a01010'));
    const { image, revision, n } = await Update.findOne({ petition: petition._id }).orFail().lean<Update>();
    const later = new Date(Date.now() + 30 * 86_400_000);
    await deleteUnusedImages(later);
    assert.ok(await Image.exists({ _id: image?.upload }));
    const out = { removePicture: 'on', picture: image?.upload ?? '', revision: String(revision) };
    assert.equal((await sendForm(petition, out, undefined, `/${n}`)).status, 303);
    const changed = await Update.findOne({ petition: petition._id }).orFail().lean<Update>();
    assert.equal(changed.image?.upload, undefined);
    await deleteUnusedImages(later);
    assert.equal(await Image.exists({ _id: image?.upload }), null);
  });

  it('that cannot be is refused, with the reason and everything that was typed', async () => {
    const petition = await makePetition();
    const tries: [Record<string, string>, Buffer | undefined, string, RegExp][] = [
      [{ 'alt-en': '' }, await picture('#10a010'), 'alt-en', /Enter what the picture shows/],
      [{ 'alt-en': 'x'.repeat(50_000) }, await picture('#10a010'), 'alt-en', /at most 250 fit/],
      [{ 'alt-en': 'It' }, Buffer.from('no picture'), 'file', /not a picture we can read/],
      [{ 'alt-en': 'It', picture: 'f'.repeat(32) }, undefined, 'file', /no longer there/],
      [{ 'alt-en': 'It', picture: '../../etc/passwd' }, undefined, 'file', /no longer there/],
    ];
    for (const [fields, file, field, message] of tries) {
      const answer = await sendForm(petition, fields, file);
      assert.equal(answer.status, 422);
      const html = await answer.text();
      assert.match(errorAt(html, field) ?? '', message);
      assert.equal(valueIn(html, 'body-en'), updateWords['body-en']);
    }
    assert.equal(await Update.countDocuments({ petition: petition._id }), 0);
  });
});

describe('who signs late', () => {
  it('sees in the mail, when confirming and after it what was told before', async () => {
    const petition = await makePetition();
    await publish(petition, { 'title-en': 'Told <before>' });
    const hidden = await publish(petition, { 'title-en': 'Taken off' });
    await desk.editor.post(updatesPath(petition, `/${hidden.n}/hide`));
    const form = makeForm();
    await visitor(desk.world).sign(petition.slug, form);
    const { _id } = await Signature.findOne({ petition: petition._id }).orFail().lean<Signature>();
    await publish(petition, { 'title-en': 'Told afterwards' });
    await sendDueMail(desk.tools, _id.toHexString());
    const mail = await desk.world.mailbox.mailTo(form.email ?? '');
    assert.match(
      mail.text ?? '',
      /What has happened before you signed:\s+- Told <before>, .*: http\S+\/updates\/1/,
    );
    assert.match(textOf(mail.html ?? ''), /Told <before>/);
    const confirm = `/confirm/${desk.platform.tokens.issue('confirm', _id)}`;
    const pages = [mail.text ?? '', textOf(await (await get(confirm)).text())];
    for (const words of pages) {
      assert.match(words, /Told <before>/);
      assert.doesNotMatch(words, /Taken off|Told afterwards/);
    }
    const signed = textOf(await (await get(`/petitions/${petition.slug}/signed`)).text());
    assert.match(signed, /What happened before you came .*Told <before>/);
  });

  it('is told nothing where nothing has happened', async () => {
    const petition = await makePetition();
    const form = makeForm();
    await visitor(desk.world).sign(petition.slug, form);
    const { _id } = await Signature.findOne({ petition: petition._id }).orFail().lean<Signature>();
    await sendDueMail(desk.tools, _id.toHexString());
    assert.doesNotMatch((await desk.world.mailbox.mailTo(form.email ?? '')).text ?? '', /before you signed/);
    assert.doesNotMatch(await (await get(`/petitions/${petition.slug}/signed`)).text(), /before you came/);
  });
});
