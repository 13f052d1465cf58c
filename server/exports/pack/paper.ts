import PDFDocument from 'pdfkit';
import { translate } from '../../locales.ts';
import type { Language } from '../../petitions/petition.ts';
import { beginsRight } from './direction.ts';
import { Fonts, type Weight } from './fonts.ts';
import { breakText, type Line, type Run } from './lines.ts';

type Pdf = InstanceType<typeof PDFDocument>;

type Style = { size: number; weight: Weight; color: string };
type Said = Partial<Style> & {
  size: number;
  /** Space before it. */
  above?: number;
  /** Space to leave free at the right. */
  right?: number;
  /** Space that must be left below its first line, so that it does not stand alone. */
  keep?: number;
  /** Runs from the left though it begins in a script that does not: an entry of a list. */
  fromLeft?: boolean;
};

const margin = 64;
const footerHeight = 40;
const lineHeight = 1.25;
export const ink = '#15181f';
export const soft = '#545a66';

/** Numbered pages of A4, written on from the top to the bottom. Lengths are in points. */
export class Paper {
  /** The number of the next page. */
  next: number;
  readonly pdf: Pdf;
  readonly fonts: Fonts;
  readonly #lang: Language;

  constructor({ lang, title, page }: { lang: Language; title: string; page: number }) {
    this.pdf = new PDFDocument({
      ...{ size: 'A4', margin, autoFirstPage: false, lang, displayTitle: true },
      info: { Title: title, Creator: 'Undersigned', Producer: 'Undersigned' },
    });
    this.fonts = new Fonts(this.pdf);
    this.#lang = lang;
    this.next = page;
  }

  newPage(): void {
    this.pdf.addPage();
    this.#footer(translate(this.#lang, 'pack.page', { page: this.next }));
    this.next += 1;
  }

  /** Leaves space, and a text of several lines goes on on the next page where this one is full. */
  say(text: string, said: Said): void {
    const { size, above = 0, right = 0, keep = 0, fromLeft } = said;
    const width = this.#width - right;
    const isRight = !fromLeft && beginsRight(text);
    this.pdf.y += above;
    for (const [index, line] of this.#broken(text, width, isRight, said).entries()) {
      this.ensure(size * lineHeight + (index === 0 ? keep : 0));
      this.#draw(line, margin + (isRight ? width - line.width : 0), this.pdf.y, said);
      this.pdf.y += size * lineHeight;
    }
  }

  /** A name at the left, a number at the right, and a line below. */
  row(name: string, number: string, { size }: { size: number }): void {
    this.ensure(size * lineHeight * 2);
    const { y } = this.pdf;
    const [line] = this.#broken(number, this.#width, false, { size });
    if (line) this.#draw(line, margin + this.#width - line.width, y, { size });
    this.say(name, { size, right: 90, fromLeft: true });
    this.pdf.moveTo(margin, this.pdf.y + 2).lineTo(margin + this.#width, this.pdf.y + 2);
    this.pdf.lineWidth(0.5).strokeColor('#dcd8ce').stroke();
    this.pdf.y += 7;
  }

  /** Begins a new page where there is no such space left on this one. */
  ensure(height: number): void {
    if (this.pdf.y + height > this.pdf.page.height - margin) this.newPage();
  }

  get #width(): number {
    return this.pdf.page.width - 2 * margin;
  }

  #broken(text: string, width: number, isRight: boolean, { size, weight = 'regular' }: Said): Line[] {
    this.pdf.fontSize(size);
    const measure = ({ font, text }: Run) => this.pdf.font(font).widthOfString(text);
    return breakText(text, { width, weight, isRight, measure, fonts: this.fonts });
  }

  #draw({ runs }: Line, from: number, top: number, { size, color = ink }: Said): void {
    this.pdf.fontSize(size).fillColor(color);
    let x = from;
    for (const { font, text } of runs) {
      this.pdf.font(font);
      const { y } = this.pdf;
      this.pdf.text(text, x, top + size, { lineBreak: false, baseline: 'alphabetic' });
      this.pdf.y = y;
      x += this.pdf.widthOfString(text);
    }
  }

  /** Below the margin. */
  #footer(text: string): void {
    const { y } = this.pdf;
    const style = { size: 9, color: soft };
    for (const line of this.#broken(text, this.#width, false, style))
      this.#draw(line, (this.pdf.page.width - line.width) / 2, this.pdf.page.height - footerHeight, style);
    this.pdf.y = y;
  }
}
