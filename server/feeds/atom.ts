/** One entry of a feed. Times are real times; `html` is sanitised; `id` never changes. */
export type FeedEntry = {
  id: string;
  title: string;
  url: string;
  published: Date;
  updated: Date;
  html: string;
  author?: string;
  category?: string;
  /** A picture with its absolute address, shown above the text. */
  image?: { url: string; alt: string };
  lang?: string;
};
export type Feed = {
  id: string;
  title: string;
  /** The page it is the feed of, and its own address. */
  url: string;
  self: string;
  updated: Date;
  entries: readonly FeedEntry[];
  lang: string;
  author: string;
};

/** A feed's name for ever (RFC 4151): it says when a host was ours, and outlives every address. */
export const tagOf = (baseUrl: string, what: string): string =>
  `tag:${new URL(baseUrl).hostname},2026:${what}`;

/** An Atom feed (RFC 4287). Whatever a title holds is text: characters that XML does not have are left out. */
export function atomFeed({ id, title, url, self, updated, entries, lang, author }: Feed): string {
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="${escaped(lang)}">`,
    `<id>${escaped(id)}</id>`,
    `<title>${escaped(title)}</title>`,
    `<updated>${updated.toISOString()}</updated>`,
    `<link rel="alternate" type="text/html" href="${escaped(url)}"/>`,
    `<link rel="self" type="application/atom+xml" href="${escaped(self)}"/>`,
    `<author><name>${escaped(author)}</name></author>`,
    ...entries.map(entryXml),
    '</feed>',
    '',
  ].join('\n');
}

function entryXml({ id, title, url, published, updated, html, author, category, image, lang }: FeedEntry) {
  const picture = image ? `<p><img src="${escaped(image.url)}" alt="${escaped(image.alt)}"></p>` : '';
  return [
    `<entry${lang ? ` xml:lang="${escaped(lang)}"` : ''}>`,
    `<id>${escaped(id)}</id>`,
    `<title>${escaped(title)}</title>`,
    `<published>${published.toISOString()}</published>`,
    `<updated>${updated.toISOString()}</updated>`,
    `<link rel="alternate" type="text/html" href="${escaped(url)}"/>`,
    ...(author ? [`<author><name>${escaped(author)}</name></author>`] : []),
    ...(category ? [`<category term="${escaped(category)}"/>`] : []),
    `<content type="html">${escaped(picture + html)}</content>`,
    '</entry>',
  ].join('\n');
}

/** What XML 1.0 has no way to write: controls, halves of pairs, and two that stand for nothing. */
const notXml = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const entities: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
};

const escaped = (text: string): string =>
  text.replaceAll(notXml, '').replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
