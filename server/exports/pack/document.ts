import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import PDFDocument from 'pdfkit';
import { translate } from '../../locales.ts';
import type { Language } from '../../petitions/petition.ts';
import { findFonts } from './fonts.ts';

type Pdf = InstanceType<typeof PDFDocument>;

/** One who agreed to be named. */
export type Named = { name: string; place?: string; reason?: string };
export type Cover = {
  title: string;
  addressedTo: string;
  group?: string;
  /** The public total, and in words what of. */
  count: { number: string; words: string; date: string };
  /** The parts of the total, and where the signers live: a name and a number each. */
  parts: [string, string][];
  regions: [string, string][];
};
export type Volume = {
  lang: Language;
  title: string;
  /** From 1; the first has the cover. */
  number: number;
  cover?: Cover;
  namesNote?: string;
  /** The number of its first page. */
  page: number;
  names: AsyncIterable<Named>;
};

type Style = { font: 'regular' | 'bold'; size: number; color: string };

const margin = 64;
const ink = '#15181f';
const soft = '#545a66';
/** Names drawn before others get a turn. */
const atOnce = 50;

/** Writes one volume of a delivery pack, page by page. Returns its size in bytes and the number of the next page. */
export async function writeVolume(path: string, volume: Volume): Promise<{ bytes: number; page: number }> {
  const file = createWriteStream(path, { mode: 0o600 });
  const done = finished(file);
  const pdf = new PDFDocument({
    ...{ size: 'A4', margin, autoFirstPage: false, lang: volume.lang, displayTitle: true },
    info: { Title: volume.title, Creator: 'Undersigned', Producer: 'Undersigned' },
  });
  pdf.pipe(file);
  const page = new Page(pdf, volume);
  if (volume.cover) page.cover(volume.cover);
  await page.names(volume);
  pdf.end();
  await done;
  return { bytes: (await stat(path)).size, page: page.next };
}

class Page {
  next: number;
  readonly #pdf: Pdf;
  readonly #fonts = findFonts();
  #style: Style = { font: 'regular', size: 10, color: ink };

  constructor(pdf: Pdf, { page, lang }: Volume) {
    this.#pdf = pdf;
    this.next = page;
    pdf.registerFont('regular', this.#fonts.face.regular);
    pdf.registerFont('bold', this.#fonts.face.bold);
    pdf.on('pageAdded', () => this.#footer(translate(lang, 'pack.page', { page: this.next })));
  }

  cover({ title, addressedTo, group, count, parts, regions }: Cover): void {
    this.#pdf.addPage();
    this.#pdf.y = 170;
    this.#say(addressedTo, { size: 14, color: soft });
    this.#say(title, { size: 28, font: 'bold', above: 12 });
    this.#say(count.number, { size: 56, font: 'bold', above: 56 });
    this.#say(`${count.words} ${count.date}`, { size: 14 });
    if (group) this.#say(group, { size: 12, color: soft, above: 40 });
    this.#pdf.addPage();
    this.#table(parts);
    const [heading, ...places] = regions;
    if (heading) this.#say(heading[0], { size: 18, font: 'bold', above: 24 });
    this.#pdf.y += 8;
    this.#table(places);
  }

  async names({ names, namesNote, lang, number, title }: Volume): Promise<void> {
    this.#pdf.addPage();
    const volume = number > 1 ? `${translate(lang, 'pack.volume', { volume: number })}: ` : '';
    this.#say(`${volume}${translate(lang, 'pack.names')}`, { size: 18, font: 'bold' });
    this.#say(namesNote ?? title, { size: 10, color: soft, above: 4 });
    this.#pdf.y += 10;
    let drawn = 0;
    for await (const { name, place, reason } of names) {
      this.#say([name, place].filter(Boolean).join(', '), { size: 10, font: 'bold', above: 7 });
      if (reason) this.#say(reason, { size: 10 });
      drawn += 1;
      if (drawn % atOnce === 0) await setImmediate();
    }
  }

  #table(rows: [string, string][]): void {
    const { left, right } = this.#pdf.page.margins;
    const width = this.#pdf.page.width - left - right;
    for (const [name, number] of rows) {
      if (this.#pdf.y > this.#pdf.page.height - margin - 24) this.#pdf.addPage();
      const { y } = this.#pdf;
      this.#use({ font: 'regular', size: 11, color: ink });
      this.#pdf.text(number, left, y, { width, align: 'right' });
      this.#pdf.text(this.#fonts.fits(name), left, y, { width: width - 90 });
      this.#pdf.moveTo(left, this.#pdf.y + 2).lineTo(left + width, this.#pdf.y + 2);
      this.#pdf.lineWidth(0.5).strokeColor('#dcd8ce').stroke();
      this.#pdf.y += 7;
    }
  }

  #say(
    text: string,
    { size, font = 'regular', color = ink, above = 0 }: Partial<Style> & { size: number; above?: number },
  ): void {
    this.#pdf.y += above;
    this.#use({ font, size, color });
    this.#pdf.text(this.#fonts.fits(text), this.#pdf.page.margins.left, this.#pdf.y);
  }

  #use(style: Style): void {
    this.#style = style;
    this.#pdf.font(style.font).fontSize(style.size).fillColor(style.color);
  }

  /** Below the margin, where pdfkit would otherwise begin a new page. */
  #footer(text: string): void {
    const { page, x, y } = this.#pdf;
    const { bottom } = page.margins;
    page.margins.bottom = 0;
    this.#pdf.font('regular').fontSize(9).fillColor(soft);
    this.#pdf.text(text, margin, page.height - 40, {
      width: page.width - 2 * margin,
      align: 'center',
      lineBreak: false,
    });
    page.margins.bottom = bottom;
    this.#pdf.x = x;
    this.#pdf.y = y;
    // A text that goes on from the page before goes on as it was.
    this.#use(this.#style);
    this.next += 1;
  }
}
