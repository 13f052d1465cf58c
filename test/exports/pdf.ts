import { inflateSync } from 'node:zlib';

/** The words of each page of a PDF that pdfkit wrote: its streams inflated, its glyphs read back through their fonts' maps. */
export function pagesOf(pdf: Buffer): string[] {
  const text = pdf.toString('latin1');
  const objects = new Map(
    [...text.matchAll(/(?:^|\n)(\d+) 0 obj\n([\s\S]*?)\nendobj/g)].map(([, id, body]) => [
      id ?? '',
      body ?? '',
    ]),
  );
  const streamOf = (id: string): string => {
    const body = objects.get(id) ?? '';
    const from = body.indexOf('stream\n') + 'stream\n'.length;
    const bytes = Buffer.from(body.slice(from, body.lastIndexOf('\nendstream')), 'latin1');
    return body.includes('/FlateDecode') ? inflateSync(bytes).toString('latin1') : bytes.toString('latin1');
  };
  const fontMap = (id: string): Map<string, string> => {
    const map = /\/ToUnicode (\d+) 0 R/.exec(objects.get(id) ?? '')?.[1];
    return map ? readMap(streamOf(map)) : new Map();
  };
  return [...objects.values()]
    .filter((body) => /\/Type \/Page\n/.test(body))
    .map((body) => {
      const resources = objects.get(/\/Resources (\d+) 0 R/.exec(body)?.[1] ?? '') ?? '';
      const fonts = new Map(
        [...resources.matchAll(/\/(F\d+) (\d+) 0 R/g)].map(([, name, id]) => [name, fontMap(id ?? '')]),
      );
      return wordsOf(streamOf(/\/Contents (\d+) 0 R/.exec(body)?.[1] ?? ''), fonts);
    });
}

function wordsOf(content: string, fonts: Map<string | undefined, Map<string, string>>): string {
  let map: Map<string, string> | undefined;
  let words = '';
  for (const [, font, shown] of content.matchAll(/\/(F\d+) [\d.]+ Tf|\[([^\]]*)\] TJ/g)) {
    if (font) map = fonts.get(font);
    for (const [, glyphs = ''] of (shown ?? '').matchAll(/<([0-9a-f]+)>/g))
      words += glyphs.replaceAll(/.{4}/g, (glyph) => map?.get(glyph) ?? '');
    if (shown) words += ' ';
  }
  return words.replaceAll(/\s+/g, ' ').trim();
}

/** `<0001> <0010> [<0041> <00420043>]`: the characters of glyphs from one number on. */
function readMap(cmap: string): Map<string, string> {
  const map = new Map<string, string>();
  for (const [, from = '', list = ''] of cmap.matchAll(/<([0-9a-f]+)> <[0-9a-f]+> \[([^\]]*)\]/g)) {
    for (const [index, [, units = '']] of [...list.matchAll(/<([0-9a-f]*)>/g)].entries()) {
      const glyph = (Number.parseInt(from, 16) + index).toString(16).padStart(4, '0');
      map.set(glyph, Buffer.from(units, 'hex').swap16().toString('utf16le'));
    }
  }
  return map;
}
