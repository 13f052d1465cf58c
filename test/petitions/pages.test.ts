import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makePetition } from '../support/factories.ts';
import { metaOf, textOf } from '../support/page.ts';
import { visitor } from '../support/visitor.ts';
import { startWorld, type World } from '../support/world.ts';
import { hours, openPage } from './support.ts';

let world: World;
before(async () => {
  world = await startWorld({ workers: false });
});
after(() => world.close());

const open = (path: string) => openPage(world, path);

describe('the page of a petition', () => {
  it('says what is asked, of whom, by whom, and how the press reaches them', async () => {
    const { slug } = await makePetition();
    const { response, html } = await open(`/petitions/${slug}`);
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^text\/html; charset=utf-8/);
    const text = textOf(html);
    for (const part of ['bench by the pond', 'Larkmere Town Council', 'Friends of the Pond', 'Ada Example'])
      assert.ok(text.includes(part), `${part} is missing`);
    assert.match(html, /<a href="mailto:press@example\.org">/);
    assert.match(html, /It should <strong>stay<\/strong>/);
    assert.match(html, /<form [^>]*method="post" action="\/petitions\/[^"]+\/signatures"/);
  });

  it('is the same for everybody and may be cached: no cookie, no token', async () => {
    const { slug } = await makePetition();
    const first = await open(`/petitions/${slug}`);
    const other = await visitor(world, { cookie: 'a=b', 'accept-language': 'fr' }).get(`/petitions/${slug}`);
    assert.equal((await other.text()).replaceAll('&#x3D;', '='), first.html);
    for (const { headers } of [first.response, other]) {
      assert.equal(headers.get('set-cookie'), null);
      assert.match(headers.get('cache-control') ?? '', /^public, max-age=\d+/);
    }
    const known = await visitor(world, {
      'if-none-match': first.response.headers.get('etag') ?? '',
      'cache-control': 'max-age=0',
    }).get(`/petitions/${slug}`);
    assert.equal(known.status, 304);
  });

  it('keeps which link brought its reader where that is a plain word, and is the same page where it is not', async () => {
    const { slug } = await makePetition();
    const shared = await open(`/petitions/${slug}?ref=Stall-7`);
    assert.match(shared.html, /name="ref" value="stall-7"/);
    const plain = await open(`/petitions/${slug}`);
    for (const ref of ['%22%3E%3Cscript%3E', '-x', 'a'.repeat(41), 'constructor', 'a&ref=b']) {
      const { response, html } = await open(`/petitions/${slug}?ref=${ref}`);
      assert.doesNotMatch(html, /name="ref"/);
      assert.equal(response.headers.get('etag'), plain.response.headers.get('etag'));
    }
  });

  it('gives a shared link a title, a text and a picture', async () => {
    const { slug } = await makePetition({
      image: { file: 'images/samples/bus.png', width: 1200, height: 630 },
    });
    const { html } = await open(`/petitions/${slug}`);
    assert.match(metaOf(html, 'og:title') ?? '', /bench by the pond/);
    assert.equal(metaOf(html, 'og:description'), 'The bench by the pond is where people rest.');
    assert.equal(metaOf(html, 'og:url'), `${world.env.BASE_URL}/petitions/${slug}`);
    assert.equal(metaOf(html, 'twitter:card'), 'summary_large_image');
    const image = new URL(metaOf(html, 'og:image') ?? '');
    const picture = await visitor(world).get(image.pathname + image.search);
    assert.equal(picture.status, 200);
    assert.equal(picture.headers.get('content-type'), 'image/png');
    await picture.body?.cancel();
  });

  it('shows paper signatures apart, and adds them to the total', async () => {
    const ledger = [{ at: hours(-48), who: 'Ada', source: 'the market stall', number: 1_800 }];
    const { slug } = await makePetition({ ledger, goal: { kind: 'fixed', number: 3_000 } });
    const text = textOf((await open(`/petitions/${slug}`)).html);
    assert.match(text, /1,800 signatures/);
    assert.match(text, /Goal: 3,000 1,200 to go/);
    assert.match(text, /0 online\s*, 1,800 on paper/);
    assert.match(text, /1,800 from the market stall/);
    assert.equal(await visitor(world).count(slug), 1_800);
  });

  it('tells what came of it, the latest first', async () => {
    const history = [
      { outcome: 'delivered', at: hours(-72), note: { en: 'In a wheelbarrow.' } },
      { outcome: 'victory', at: hours(-24), note: { en: 'The bench stays.' } },
    ];
    const { slug } = await makePetition({ history, closesAt: hours(-96) });
    const text = textOf((await open(`/petitions/${slug}`)).html);
    assert.match(text, /What happened.*Victory.*The bench stays\..*Delivered.*In a wheelbarrow\./);
  });

  it('escapes whatever is put into its title, names and notes', async () => {
    const hostile = `<script>alert("x")</script>'"><img src=x>{{lang}}$t(site.petitions)`;
    const texts = {
      en: { title: hostile, addressedTo: hostile, summary: hostile, body: 'x', imageAlt: hostile },
    };
    const { slug } = await makePetition({
      texts,
      group: { name: hostile, pressName: hostile, pressEmail: hostile, pressPhone: hostile },
      ledger: [{ at: hours(-1), who: hostile, source: hostile, number: 3 }],
      history: [{ outcome: 'answered', at: hours(-1), note: { en: hostile } }],
      image: { file: 'images/share.png' },
      hashtags: [hostile],
      newsletterUrl: 'https://example.org',
    });
    for (const path of ['', '/check-your-email', '/signed']) {
      const { response, html } = await open(`/petitions/${slug}${path}`);
      assert.equal(response.status, 200);
      assert.doesNotMatch(html, /<script>|<img src=x|alert\("/, path);
      assert.ok(textOf(html).includes('{{lang}}$t(site.petitions)'), 'shown as it was written');
    }
  });
});

describe('a petition that cannot be signed', () => {
  it('is shown without a form before it opens', async () => {
    const { slug } = await makePetition({ opensAt: hours(72) });
    const { response, html } = await open(`/petitions/${slug}`);
    assert.equal(response.status, 200);
    assert.match(textOf(html), /You can sign soon/);
    assert.match(textOf(html), /Opens on .*, in 3 days/);
    assert.doesNotMatch(html, /name="email"/);
  });

  it('is shown without a form after it closed', async () => {
    const { slug } = await makePetition({ closesAt: hours(-1) });
    const { response, html } = await open(`/petitions/${slug}`);
    assert.equal(response.status, 200);
    assert.match(textOf(html), /Signing has ended.*Thank you to everyone/);
    assert.doesNotMatch(html, /name="email"/);
  });

  it('is gone once it was withdrawn, with the date and the reason, wherever one looks', async () => {
    const history = [
      { outcome: 'withdrawn', at: new Date('2026-02-03T12:00:00Z'), note: { en: 'We were wrong.' } },
    ];
    const { slug } = await makePetition({ history });
    for (const path of ['', '/check-your-email', '/signed']) {
      const { response, html } = await open(`/petitions/${slug}${path}`);
      assert.equal(response.status, 410);
      assert.match(textOf(html), /Friends of the Pond withdrew it on 3 February.*We were wrong\./);
      assert.equal(metaOf(html, 'robots'), 'noindex');
      assert.equal(response.headers.get('cache-control'), 'no-store');
    }
    for (const path of ['/count.json', '/events']) {
      const { response } = await open(`/petitions/${slug}${path}`);
      assert.equal(response.status, 410, path);
    }
  });

  it('looks like nothing at all while it is a draft', async () => {
    const { slug } = await makePetition({ publishedAt: undefined });
    for (const path of ['', '/check-your-email', '/signed', '/count.json', '/events']) {
      const [draft, unknown] = await Promise.all([
        open(`/petitions/${slug}${path}`),
        open(`/petitions/nothing-of-the-kind${path}`),
      ]);
      assert.equal(draft.response.status, 404, path);
      assert.equal(unknown.response.status, 404, path);
      const without = (text: string) => text.replace(/"requestId":"[^"]*"/, '');
      assert.equal(without(draft.html), without(unknown.html));
    }
  });

  for (const slug of [
    '%2e%2e%2fetc',
    '%00',
    'a'.repeat(5_000),
    '__proto__',
    '$where',
    'A-B',
    '[object%20Object]',
  ])
    it(`is not found as ${slug.slice(0, 20)}`, async () => {
      const { response } = await open(`/petitions/${slug}`);
      assert.ok([400, 404].includes(response.status), String(response.status));
    });
});

describe('a petition in two languages', () => {
  const bilingual = () =>
    makePetition({
      language: 'fr',
      texts: {
        en: {
          title: 'The late bus',
          addressedTo: 'The council',
          summary: 'A bus at night.',
          body: 'Please.',
        },
        fr: {
          title: 'Le dernier bus',
          addressedTo: 'Le conseil',
          summary: 'Un bus de nuit.',
          body: 'Merci.',
        },
      },
    });

  it('is shown in its own language, and in the other one when asked', async () => {
    const { slug } = await bilingual();
    const [own, english] = await Promise.all([
      open(`/petitions/${slug}`),
      open(`/petitions/${slug}?lang=en`),
    ]);
    assert.match(own.html, /<html lang="fr">/);
    assert.match(textOf(own.html), /Le dernier bus.*Adresse/);
    assert.match(english.html, /<html lang="en">/);
    assert.match(textOf(english.html), /The late bus.*E-mail address/);
    for (const { html } of [own, english]) {
      assert.match(html, new RegExp(`hreflang="en" href="[^"]*/petitions/${slug}\\?lang=en"`));
      assert.match(html, new RegExp(`hreflang="fr" href="[^"]*/petitions/${slug}"`));
    }
  });

  it('falls back to its own language for one that nobody knows', async () => {
    const { slug } = await bilingual();
    for (const query of ['?lang=xx', '?lang=', '?lang=en&lang=fr', '?lang[]=en'])
      assert.match((await open(`/petitions/${slug}${query}`)).html, /<html lang="fr">/, query);
  });

  it('shows its own words in a French frame where there is no translation', async () => {
    const { slug } = await makePetition();
    const { html } = await open(`/petitions/${slug}?lang=fr`);
    assert.match(html, /<html lang="fr">/);
    assert.match(html, /<header class="petition-head" lang="en">/);
  });
});
