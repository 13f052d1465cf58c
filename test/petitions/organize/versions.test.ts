import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AuditEntry } from '../../../server/audit/entry.ts';
import type { Petition } from '../../../server/petitions/petition.ts';
import { listVersions, PetitionVersion } from '../../../server/petitions/versions/version.ts';
import { Signature } from '../../../server/signatures/signature.ts';
import { makeForm, makePetition } from '../../support/factories.ts';
import { type SignedInVisitor, signInAs } from '../../support/organizer.ts';
import { textOf } from '../../support/page.ts';
import { signAndConfirm } from '../../support/signer.ts';
import { visitor } from '../../support/visitor.ts';
import { startWorld, type World } from '../../support/world.ts';
import { openForm, pathOf, send, stored } from './support.ts';

let world: World;
let ada: SignedInVisitor;
let ben: SignedInVisitor;
before(async () => {
  world = await startWorld();
  ada = await signInAs(world, 'editor', { name: 'Ada Editor' });
  ben = await signInAs(world, 'editor', { name: 'Ben Editor' });
});
after(() => world.close());

const pageOf = async (path: string) => textOf(await (await visitor(world).get(path)).text());
const edit = async (petition: Petition, differences: Record<string, string>, who = ada) => {
  const response = await send(who, pathOf(petition, 'edit'), await openForm(petition, differences));
  assert.equal(response.status, 303, await response.text());
};
const versionSigned = async (petition: Petition, email: string, version?: number) => {
  const extra: Record<string, string> = version === undefined ? {} : { version: String(version) };
  const response = await visitor(world).sign(petition.slug, makeForm({ email, ...extra }));
  assert.equal(response.status, 303);
  const [latest] = await Signature.find({ petition: petition._id }).sort({ _id: -1 }).limit(1).lean();
  return latest?.version;
};

describe('the text of a petition', () => {
  it('is simply another one while it is a draft', async () => {
    const petition = await makePetition({ publishedAt: undefined });
    await edit(petition, { 'en-body': 'Another one.' });
    const { version, texts } = await stored(petition);
    assert.deepEqual([version, texts?.en?.body], [1, 'Another one.']);
    assert.equal(await PetitionVersion.countDocuments({ petition: petition._id }), 0);
  });

  it('is frozen once somebody signed: a change is a new version, and the page says what changed and when', async () => {
    const petition = await makePetition({
      texts: {
        en: {
          ...{ title: 'Keep the bench', addressedTo: 'The council', summary: 'A bench.' },
          body: 'It was built in 1950.\n\nIt should stay.',
        },
      },
    });
    const signer = await signAndConfirm(world, petition.slug, makeForm());
    assert.doesNotMatch(await pageOf(`/petitions/${petition.slug}`), /See what changed/);
    await edit(petition, {
      'en-title': 'Keep both benches',
      'en-body': 'It was built in 1952.\n\nIt should stay.',
    });

    const { version, versionAt } = await stored(petition);
    assert.equal(version, 2);
    assert.ok(versionAt && Date.now() - versionAt.getTime() < 60_000);
    assert.match(
      await pageOf(`/petitions/${petition.slug}`),
      /The text was last changed on \d+ \w+ .*See what changed/,
    );

    const html = await (await visitor(world).get(`/petitions/${petition.slug}/versions`)).text();
    assert.match(html, /It was built in <del>1950\.<\/del><ins>1952\.<\/ins>/);
    assert.match(html, /class="difference difference-same">It should stay\./);
    assert.match(textOf(html), /Title Keep the bench Keep both benches/);

    const own = textOf(await (await visitor(world).get(signer.manage)).text());
    assert.match(own, /Your signature stands for the text as it was before: Keep the bench .*built in 1950/);
    const download = (await (await visitor(world).post(`${signer.manage}/download`)).json()) as {
      version: number;
      textSigned: { en: { title: string } };
    };
    assert.deepEqual([download.version, download.textSigned.en.title], [1, 'Keep the bench']);
    assert.equal(await versionSigned(petition, 'later@example.org'), 2);
  });

  it('keeps every version that was signed, and each signer the one they signed', async () => {
    const petition = await makePetition();
    const signers = [];
    for (const words of ['One.', 'Two.', 'Three.']) {
      await edit(petition, { 'en-body': words });
      signers.push(await signAndConfirm(world, petition.slug, makeForm()));
    }
    const versions = await listVersions(await stored(petition));
    assert.deepEqual(
      versions.map(({ texts }) => texts.en?.body),
      ['One.', 'Two.'],
    );
    for (const [at, words] of [/One\./, /Two\./].entries())
      assert.match(textOf(await (await visitor(world).get(signers[at]?.manage ?? '')).text()), words);
    assert.match(textOf(await (await visitor(world).get(signers[2]?.manage ?? '')).text()), /as it is now/);
  });

  it('that nobody signed is not told of when it is replaced, unless somebody had its page open and signs it then', async () => {
    const petition = await makePetition();
    await edit(petition, { 'en-body': 'A first thought.' });
    await edit(petition, { 'en-body': 'A second thought.' });
    assert.deepEqual(await listVersions(await stored(petition)), []);
    assert.doesNotMatch(await pageOf(`/petitions/${petition.slug}`), /See what changed/);
    assert.match(await pageOf(`/petitions/${petition.slug}/versions`), /has not been changed/);

    assert.equal(await versionSigned(petition, 'slow@example.org', 2), 2);
    const versions = await listVersions(await stored(petition));
    assert.deepEqual(
      versions.map(({ number }) => number),
      [2],
    );
    assert.match(await pageOf(`/petitions/${petition.slug}/versions`), /A first second thought\./);
  });

  it('is not new because of what nobody signs: a goal, a date, a contact, spaces at its ends', async () => {
    const petition = await makePetition({
      texts: { en: { title: 'T', addressedTo: 'A', summary: 'S', body: '\nIt should stay.\n\n' } },
    });
    await edit(petition, { 'goal-number': '7000', 'press-name': 'Somebody', closesAt: '2031-01-01T12:00' });
    const { version, revision, goal } = await stored(petition);
    assert.deepEqual([version, revision, goal?.number], [1, 1, 7000]);
  });

  it('is said to have changed only in the language in which it did', async () => {
    const words = (title: string) => ({ title, addressedTo: 'A', summary: 'S', body: 'B' });
    const petition = await makePetition({ texts: { en: words('The bench'), fr: words('Le banc') } });
    await versionSigned(petition, 'first@example.org');
    await edit(petition, { 'en-title': 'Both benches' });
    assert.match(await pageOf(`/petitions/${petition.slug}`), /See what changed/);
    assert.doesNotMatch(await pageOf(`/petitions/${petition.slug}?lang=fr`), /Voir ce qui a changé/);
    assert.match(await pageOf(`/petitions/${petition.slug}/versions?lang=fr`), /n’a pas changé/);
    await edit(petition, { 'fr-title': 'Les deux bancs' });
    assert.match(await pageOf(`/petitions/${petition.slug}?lang=fr`), /Voir ce qui a changé/);
    assert.match(await pageOf(`/petitions/${petition.slug}/versions?lang=fr`), /Le banc\s+Les deux bancs/);
  });

  it('cannot be signed in a version that is yet to come', async () => {
    const petition = await makePetition();
    assert.equal(await versionSigned(petition, 'early@example.org', 99), 1);
    for (const version of ['-1', '0', 'x', '1.5', '1e9'])
      assert.equal((await visitor(world).sign(petition.slug, makeForm({ version }))).status, 303, version);
    const wrong = await Signature.countDocuments({ petition: petition._id, version: { $ne: 1 } });
    assert.equal(wrong, 0);
  });
});

describe('a petition that gets another address', () => {
  it('is found under the old one by people, and the form that was open there still signs', async () => {
    const petition = await makePetition();
    await edit(petition, { slug: `${petition.slug}-new` });
    for (const page of ['', '/signed', '/versions', '?lang=fr&ref=poster']) {
      const response = await visitor(world).get(`/petitions/${petition.slug}${page}`);
      assert.equal(response.status, 301, page);
      assert.equal(response.headers.get('location'), `/petitions/${petition.slug}-new${page}`);
    }
    assert.equal(await visitor(world).count(petition.slug), 0, 'an open page counts along');
    assert.equal((await visitor(world).sign(petition.slug, makeForm())).status, 303);
    assert.equal(await Signature.countDocuments({ petition: petition._id }), 1);
  });

  it('can have the old one back', async () => {
    const petition = await makePetition();
    await edit(petition, { slug: `${petition.slug}-b` });
    await edit(petition, { slug: petition.slug });
    assert.equal((await visitor(world).get(`/petitions/${petition.slug}`)).status, 200);
    assert.equal((await visitor(world).get(`/petitions/${petition.slug}-b`)).status, 301);
  });

  it('leaves nothing behind where it was a draft', async () => {
    const petition = await makePetition({ publishedAt: undefined });
    await edit(petition, { slug: `${petition.slug}-c` });
    assert.deepEqual((await stored(petition)).formerSlugs, []);
  });
});

describe('the log', () => {
  it('says who changed which fields, and none of the words', async () => {
    const petition = await makePetition();
    await edit(petition, { 'press-name': 'Secret Person', 'en-body': 'New.' }, ben);
    const entry = await AuditEntry.findOne({ petition: petition._id, action: 'petition.edit' }).lean();
    assert.ok(entry?.organizer?.equals(ben.organizer._id));
    assert.deepEqual(entry?.details, { fields: 'en-body, press-name', version: 2 });
    assert.doesNotMatch(JSON.stringify(entry), /Secret Person/);
  });
});

describe('the preview', () => {
  it('is the public page of what is typed, in any of its languages, and saves nothing', async () => {
    const petition = await makePetition();
    const typed = await openForm(petition, {
      'en-title': 'Not saved <b>yet</b>',
      'en-body': '# Why\n\n<script>alert(1)</script> It is **ours**.',
      'fr-title': 'Pas encore',
      'fr-body': 'À nous.',
      'ask-phone': 'required',
    });
    const html = await (await send(ada, pathOf(petition, 'preview'), typed)).text();
    assert.match(html, /<h1>Not saved &lt;b&gt;yet&lt;\/b&gt;<\/h1>/);
    assert.match(html, /<meta property="og:title" content="Not saved/);
    assert.match(html, /<h2>Why<\/h2>[\s\S]*It is <strong>ours<\/strong>/);
    assert.doesNotMatch(html, /<script>/);
    assert.match(html, /id="field-phone"[^>]* required/);
    assert.match(html, /<button class="button button-big" type="submit" disabled>/);
    const french = await (await send(ada, pathOf(petition, 'preview'), { ...typed, lang: 'fr' })).text();
    assert.match(french, /<h1>Pas encore<\/h1>/);
    assert.equal((await stored(petition)).revision, 0);
    assert.equal((await stored(petition)).texts?.en?.title, petition.texts?.en?.title);
  });

  it('of a form nobody has filled in, or filled in wrongly, is a page too', async () => {
    const forms: Record<string, string>[] = [
      {},
      {
        'en-title': 'x'.repeat(5_000),
        'goal-number': '-1',
        'goal-kind': 'fixed',
        'group-url': 'javascript:alert(1)',
        timeZone: 'Nowhere',
        'ask-phone': 'perhaps',
        'q1-kind': 'choice',
      },
    ];
    for (const typed of forms) {
      const response = await send(ada, '/organize/petitions/preview', typed);
      assert.equal(response.status, 200);
      assert.doesNotMatch(await response.text(), /href="javascript:/);
    }
  });
});
