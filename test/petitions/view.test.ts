import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderMarkdown } from '../../server/petitions/markdown.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { shareView } from '../../server/petitions/share.ts';
import { headlineView, petitionMeta } from '../../server/petitions/view.ts';

const now = new Date('2026-08-23T09:00:00Z');

/** A petition that no database has seen. */
function petition(differences: Record<string, unknown> = {}): Petition {
  return new Petition({
    slug: 'pond-bench',
    language: 'en',
    texts: {
      en: {
        title: 'Keep the bench & the pond',
        addressedTo: 'The council',
        summary: 'It is a bench.',
        body: 'Stay.',
      },
      fr: { title: 'Gardons le banc', addressedTo: 'Le conseil', summary: 'Un banc.', body: 'Reste.' },
    },
    group: { name: 'Friends of the Pond' },
    goal: { kind: 'auto' },
    publishedAt: new Date('2026-08-01T00:00:00Z'),
    ...differences,
  }).toObject() as Petition;
}

describe('the text of a petition is Markdown, and nothing in it runs', () => {
  it('becomes headings, lists, links and emphasis', () => {
    const html = renderMarkdown(
      '# Why\n\nIt is **ours**, see [the plan](https://example.org/plan).\n\n1. One\n2. Two',
    );
    assert.match(html, /<h2>Why<\/h2>/, 'the page has the one first-level heading');
    assert.match(html, /<strong>ours<\/strong>/);
    assert.match(html, /<a href="https:\/\/example\.org\/plan" rel="noopener nofollow">the plan<\/a>/);
    assert.match(html, /<ol>\s*<li>One<\/li>/);
  });

  const hostile = [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<iframe src="https://example.org"></iframe>',
    '<style>*{display:none}</style>',
    '<a href="https://example.org" onclick="alert(1)">x</a>',
    '<svg/onload=alert(1)>',
    '<form action="https://example.org"><input name=email></form>',
    '[click](javascript:alert(1))',
    '[click](JaVaScRiPt:alert(1))',
    '[click](&#106;avascript:alert(1))',
    '[click](vbscript:x)',
    '[click](data:text/html;base64,PHNjcmlwdD4=)',
    '![x](https://example.org/track.png)',
    '[x](//example.org/?q="onmouseover="alert(1))',
    '<div><!--<script>--><script>alert(1)</script>',
    '[a]: javascript:alert(1)\n\n[a]',
    '<https://example.org/" onmouseover="alert(1)>',
  ];
  for (const text of hostile) {
    it(`defuses ${text.replaceAll('\n', ' ')}`, () => {
      const tags = renderMarkdown(text).match(/<[^>]*>/g) ?? [];
      for (const tag of tags) {
        assert.match(tag, /^<\/?(p|a|br|em|strong|h[2-4]|ul|ol|li|blockquote|hr|code|s)\b/, tag);
        assert.doesNotMatch(tag, /\son\w+=|javascript:|vbscript:|data:|src=|style=/i, tag);
      }
    });
  }
});

describe('the dates of a petition, in words', () => {
  const closing = (closesAt: string, timeZone = 'UTC', lang: 'en' | 'fr' = 'en') =>
    headlineView(petition({ closesAt: new Date(closesAt), timeZone }), lang, now).closing;

  it('say the day and how far it is', () => {
    assert.equal(closing('2026-09-04T21:59:00Z'), 'Closes on 4 September, in 12 days');
    assert.equal(closing('2026-08-24T00:30:00Z'), 'Closes on 24 August, tomorrow');
  });

  it('say the hour on the last day', () => {
    assert.equal(closing('2026-08-23T21:59:00Z'), 'Closes today at 21:59 UTC');
  });

  it('count days as the calendar of the place does', () => {
    assert.equal(closing('2026-08-24T03:30:00Z', 'America/Toronto'), 'Closes today at 23:30 GMT-4');
  });

  it('name the year where it is another', () => {
    assert.match(closing('2027-01-31T12:00:00Z') ?? '', /31 January 2027/);
  });

  it('are in French on a French page', () => {
    assert.match(closing('2026-09-04T21:59:00Z', 'UTC', 'fr') ?? '', /4 septembre.*dans 12 jours/);
  });

  it('look back once it has closed, and forward while it has not opened', () => {
    assert.equal(closing('2026-08-20T00:00:00Z'), 'Closed on 20 August');
    const soon = headlineView(petition({ opensAt: new Date('2026-08-25T12:00:00Z') }), 'en', now);
    assert.equal(soon.opening, 'Opens on 25 August, in 2 days');
    assert.equal(soon.closing, undefined);
  });
});

describe('the links to share a petition', () => {
  const share = shareView(
    petition({ hashtags: ['PondBench', 'Larkmere'] }),
    'en',
    'https://petitions.example.org',
  );
  const link = (network: string) => new URL(share.links.find((each) => each.network === network)?.href ?? '');

  it('are the five networks, each told which link brought people', () => {
    assert.deepEqual(
      share.links.map(({ network }) => network),
      ['whatsapp', 'facebook', 'bluesky', 'x', 'email'],
    );
    assert.equal(
      link('facebook').searchParams.get('u'),
      'https://petitions.example.org/petitions/pond-bench?ref=facebook',
    );
    for (const network of ['whatsapp', 'bluesky']) {
      const text = link(network).searchParams.get('text') ?? '';
      assert.ok(text.includes('Keep the bench & the pond'), text);
      assert.ok(text.includes(`https://petitions.example.org/petitions/pond-bench?ref=${network}`), text);
      assert.ok(text.endsWith('#PondBench #Larkmere'), text);
    }
  });

  it('give X its hashtags and the address apart', () => {
    assert.equal(link('x').searchParams.get('hashtags'), 'PondBench,Larkmere');
    assert.equal(
      link('x').searchParams.get('url'),
      'https://petitions.example.org/petitions/pond-bench?ref=x',
    );
  });

  it('write spaces as mail programs read them', () => {
    const { href } = share.links.find(({ network }) => network === 'email') ?? {};
    assert.ok(href?.startsWith('mailto:?'));
    assert.ok(!href?.includes('+'), 'a plus would be shown as a plus');
    assert.equal(link('email').searchParams.get('subject'), 'Keep the bench & the pond');
  });

  it('lead to the same language', () => {
    const french = shareView(petition(), 'fr', 'https://petitions.example.org');
    assert.equal(french.url, 'https://petitions.example.org/petitions/pond-bench?lang=fr');
    assert.match(decodeURIComponent(french.links[1]?.href ?? ''), /\?lang=fr&ref=facebook/);
  });
});

describe('what a shared link shows', () => {
  it('is the petition in its language, with an absolute picture', () => {
    const meta = petitionMeta(petition(), 'fr', 'https://petitions.example.org');
    assert.equal(meta.title, 'Gardons le banc');
    assert.equal(meta.description, 'Un banc.');
    assert.equal(meta.canonical, 'https://petitions.example.org/petitions/pond-bench?lang=fr');
    assert.match(meta.image ?? '', /^https:\/\/petitions\.example\.org\/assets\/images\/share\.png\?v=/);
    assert.deepEqual(
      meta.alternates?.map(({ href }) => href),
      [
        'https://petitions.example.org/petitions/pond-bench',
        'https://petitions.example.org/petitions/pond-bench?lang=fr',
      ],
    );
  });
});
