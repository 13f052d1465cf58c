import { addToEntry, beginEntry, endEntry, endZip, type ZipEntry } from './zip.ts';

/** A workbook under way: what another process needs to go on with it. `size` is how many bytes there are. */
export type Workbook = { size: number; sheets: ZipEntry[]; current: ZipEntry | null; rows: number };

/** A sheet holds 1,048,576 rows (ECMA-376); the next sheet takes what is more. */
const rowsInSheet = 1_000_000;
const xml = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const relations = 'http://schemas.openxmlformats.org/package/2006/relationships';
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const types = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

export const newWorkbook: Workbook = { size: 0, sheets: [], current: null, rows: 0 };

/** Adds rows below the titles; every cell is text. Returns the bytes to append. */
export function addRows(
  workbook: Workbook,
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  limit = rowsInSheet,
): { workbook: Workbook; bytes: Buffer } {
  const writer = new Writer(workbook);
  for (let next = 0; next < rows.length || !writer.state.current; ) {
    if (writer.state.current && writer.state.rows >= limit) writer.endSheet();
    if (!writer.state.current) writer.beginSheet(titles);
    const taken = rows.slice(next, next + limit - writer.state.rows);
    writer.addRows(taken);
    next += taken.length;
  }
  return writer.taken();
}

/** Closes the last sheet and writes what makes an archive of sheets a workbook (ECMA-376, part 2). */
export function endWorkbook(workbook: Workbook): Buffer {
  const writer = new Writer(workbook);
  writer.endSheet();
  const numbers = writer.state.sheets.map((_, index) => index + 1);
  const others: Record<string, string> = {
    '[Content_Types].xml': `${xml}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${types}.sheet.main+xml"/>${numbers.map((n) => `<Override PartName="/xl/worksheets/sheet${n}.xml" ContentType="${types}.worksheet+xml"/>`).join('')}</Types>`,
    '_rels/.rels': `${xml}<Relationships xmlns="${relations}"><Relationship Id="rId1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `${xml}<workbook xmlns="${main}" xmlns:r="${office}"><sheets>${numbers.map((n) => `<sheet name="Signatures${n > 1 ? ` ${n}` : ''}" sheetId="${n}" r:id="rId${n}"/>`).join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `${xml}<Relationships xmlns="${relations}">${numbers.map((n) => `<Relationship Id="rId${n}" Type="${office}/worksheet" Target="worksheets/sheet${n}.xml"/>`).join('')}</Relationships>`,
  };
  for (const [name, text] of Object.entries(others)) writer.addFile(name, text);
  return writer.end();
}

class Writer {
  state: Workbook;
  readonly #chunks: Buffer[] = [];
  readonly #others: ZipEntry[] = [];

  constructor(workbook: Workbook) {
    this.state = { ...workbook, sheets: [...workbook.sheets] };
  }

  beginSheet(titles: readonly string[]): void {
    const begun = beginEntry(`xl/worksheets/sheet${this.state.sheets.length + 1}.xml`, this.state.size);
    this.#take(begun);
    this.#add(`${xml}<worksheet xmlns="${main}"><sheetData>${rowOf(titles)}`);
    this.state.rows = 0;
  }

  addRows(rows: readonly (readonly string[])[]): void {
    if (rows.length > 0) this.#add(rows.map(rowOf).join(''));
    this.state.rows += rows.length;
  }

  endSheet(): void {
    if (!this.state.current) return;
    this.#add('</sheetData></worksheet>');
    this.#take(endEntry(this.state.current));
    this.state.sheets.push(this.state.current);
    this.state.current = null;
  }

  addFile(name: string, text: string): void {
    this.#take(beginEntry(name, this.state.size));
    this.#add(text);
    if (!this.state.current) return;
    this.#take(endEntry(this.state.current));
    this.#others.push(this.state.current);
  }

  taken(): { workbook: Workbook; bytes: Buffer } {
    const [first] = this.#chunks;
    const bytes = first && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    return { workbook: this.state, bytes };
  }

  end(): Buffer {
    return Buffer.concat([...this.#chunks, endZip([...this.state.sheets, ...this.#others], this.state.size)]);
  }

  #add(text: string): void {
    if (this.state.current) this.#take(addToEntry(this.state.current, text));
  }

  #take({ entry, bytes }: { entry: ZipEntry; bytes: Buffer }): void {
    this.#chunks.push(bytes);
    this.state.size += bytes.length;
    this.state.current = entry;
  }
}

const rowOf = (cells: readonly string[]): string =>
  `<row>${cells.map((cell) => (cell ? `<c t="inlineStr"><is><t xml:space="preserve">${escaped(cell)}</t></is></c>` : '<c/>')).join('')}</row>`;

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Text as XML 1.0 takes it: without the characters it has no place for, and as long as a cell can be. */
const escaped = (text: string): string =>
  text
    .slice(0, 32_767)
    .toWellFormed()
    .replaceAll(/[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu, '')
    .replaceAll(/[&<>]/g, (sign) => entities[sign] ?? sign);
