import assert from 'node:assert/strict';

export type Element = { name: string; attributes: Record<string, string>; children: (Element | string)[] };

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const text = (raw: string): string => {
  assert.doesNotMatch(raw, /[<]|&(?!(amp|lt|gt|quot|#39);)/, `not escaped: ${raw.slice(0, 80)}`);
  return raw.replaceAll(/&([^;]+);/g, (_, name: string) => entities[name] ?? '');
};

/** Reads XML as strictly as its rules are (https://www.w3.org/TR/xml/), as far as a feed needs them. Throws otherwise. */
export function readXml(xml: string): Element {
  assert.match(xml, /^<\?xml version="1\.0" encoding="utf-8"\?>\n/);
  assert.doesNotMatch(xml, /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u, 'no XML character');
  const body = xml.slice(xml.indexOf('?>') + 2);
  const root: Element = { name: '', attributes: {}, children: [] };
  const open: Element[] = [root];
  const token = /<(\/?)([a-z]+)((?: [a-z:]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  let at = 0;
  for (let found = token.exec(body); found; found = token.exec(body)) {
    at = token.lastIndex;
    const [, closes, name = '', rest = '', isEmpty, raw] = found;
    const inside = open.at(-1);
    assert.ok(inside);
    if (raw !== undefined) inside.children.push(text(raw));
    else if (closes) assert.equal(open.pop()?.name, name, 'closed out of order');
    else {
      const pairs = [...rest.matchAll(/ ([a-z:]+)="([^"]*)"/g)];
      const attributes = Object.fromEntries(pairs.map(([, key = '', value = '']) => [key, text(value)]));
      assert.equal(Object.keys(attributes).length, pairs.length, 'an attribute twice');
      const element: Element = { name, attributes, children: [] };
      inside.children.push(element);
      if (!isEmpty) open.push(element);
    }
  }
  assert.equal(at, body.length, `cannot be read: ${body.slice(at, at + 80)}`);
  assert.equal(open.length, 1, 'something is not closed');
  const elements = childrenOf(root);
  assert.equal(elements.length, 1);
  return elements[0] as Element;
}

export const childrenOf = ({ children }: Element, name?: string): Element[] =>
  children.filter((child) => typeof child !== 'string').filter((child) => !name || child.name === name);

/** The text of the one child of this name. */
export function wordsOf(element: Element, name: string): string {
  const found = childrenOf(element, name);
  assert.equal(found.length, 1, `one ${name}`);
  return found[0]?.children.join('') ?? '';
}

export const linkOf = (element: Element, rel: string): string | undefined =>
  childrenOf(element, 'link').find(({ attributes }) => attributes.rel === rel)?.attributes.href;

const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** RFC 4287, sections 4.1.1 to 4.2.15, where they say MUST and a feed of ours could break it. */
export function readAtom(xml: string) {
  const feed = readXml(xml);
  assert.equal(feed.name, 'feed');
  assert.equal(feed.attributes.xmlns, 'http://www.w3.org/2005/Atom');
  const entries = childrenOf(feed, 'entry');
  for (const element of [feed, ...entries]) {
    assert.match(wordsOf(element, 'id'), /^tag:[a-z0-9.-]+,\d{4}:[\w:.-]+$/);
    assert.ok(wordsOf(element, 'title'));
    assert.match(wordsOf(element, 'updated'), isTime);
    assert.ok(URL.canParse(linkOf(element, 'alternate') ?? ''), 'an alternate link');
    assert.ok(childrenOf(element, 'author').length <= 1);
    for (const author of childrenOf(element, 'author')) assert.ok(wordsOf(author, 'name'));
  }
  assert.equal(childrenOf(feed, 'author').length, 1);
  assert.ok(URL.canParse(linkOf(feed, 'self') ?? ''));
  const ids = entries.map((entry) => wordsOf(entry, 'id'));
  assert.equal(new Set(ids).size, ids.length, 'an id twice');
  for (const entry of entries) {
    assert.equal(childrenOf(entry, 'content')[0]?.attributes.type, 'html');
    assert.ok(Date.parse(wordsOf(entry, 'updated')) >= Date.parse(wordsOf(entry, 'published')));
  }
  return { feed, entries };
}
