import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import type PDFDocument from 'pdfkit';

type Pdf = InstanceType<typeof PDFDocument>;
export type Weight = 'regular' | 'bold';

const dejavu = (file: string): string =>
  createRequire(import.meta.url).resolve(`dejavu-fonts-ttf/ttf/${file}.ttf`);

/** Latin, Greek, Cyrillic, Hebrew, Arabic, Armenian, Georgian and more: with every copy of the software. */
const ours: Record<Weight, string> = { regular: dejavu('DejaVuSans'), bold: dejavu('DejaVuSans-Bold') };

/** Where systems keep fonts, and those with the letters of further scripts. Debian: `fonts-noto-core`, `fonts-noto-cjk`. */
const folders = ['/usr/share/fonts', '/usr/local/share/fonts'];
const further = [
  /^NotoSans[A-Za-z]*-Regular\.(ttf|otf|ttc)$/,
  /^NotoEmoji-Regular\.ttf$/,
  /^DroidSansFallback(Full)?\.ttf$/,
];
/** Files that hold several fonts: the one to take. */
const inCollection: Record<string, string> = { 'NotoSansCJK-Regular.ttc': 'NotoSansCJKsc-Regular' };

/** What stands for a letter that no font has. */
export const replacement = '\ufffd';
/** Joins letters or chooses between their shapes, and is not seen itself. */
const unseen = /\p{Default_Ignorable_Code_Point}/u;
/** Goes with the letters around it: marks, digits, punctuation. */
const goesAlong = /[\p{Script=Inherited}\p{Script=Common}\p{M}]/u;

/** Finds each letter a font that has it. `isMissing` is set once there was a letter that none has. */
export class Fonts {
  isMissing = false;
  readonly #pdf: Pdf;
  readonly #known: Record<Weight, Map<string, string>> = { regular: new Map(), bold: new Map() };
  #further: string[] | undefined;

  constructor(pdf: Pdf) {
    this.#pdf = pdf;
    for (const weight of ['regular', 'bold'] as const) pdf.registerFont(weight, ours[weight]);
  }

  /** A letter as it can be shown, and the name of the font that has it; the present one where that will do. */
  show(letter: string, weight: Weight, present: string | undefined): { letter: string; font: string } {
    if (present && present !== weight && goesAlong.test(letter) && this.#has(present, letter))
      return { letter, font: present };
    const font = this.#fontOf(letter, weight);
    if (font) return { letter, font };
    if (unseen.test(letter)) return { letter: '', font: present ?? weight };
    this.isMissing = true;
    return { letter: replacement, font: weight };
  }

  #fontOf(letter: string, weight: Weight): string | undefined {
    const known = this.#known[weight].get(letter);
    if (known !== undefined) return known || undefined;
    const found =
      [weight, 'regular'].find((font) => this.#has(font, letter)) ??
      this.#furtherFonts().find((font) => this.#has(font, letter));
    this.#known[weight].set(letter, found ?? '');
    return found;
  }

  /** Looked for once there is a letter that our own fonts lack. One that cannot be opened is passed over. */
  #furtherFonts(): string[] {
    this.#further ??= systemFonts().flatMap((path) => {
      try {
        this.#pdf.registerFont(path, path, inCollection[basename(path)]).font(path);
        return typeof openedIn(this.#pdf)?.hasGlyphForCodePoint === 'function' ? [path] : [];
      } catch {
        return [];
      }
    });
    return this.#further;
  }

  #has(font: string, letter: string): boolean {
    this.#pdf.font(font);
    return openedIn(this.#pdf)?.hasGlyphForCodePoint(letter.codePointAt(0) ?? 0) ?? false;
  }
}

/** pdfkit lays text out with the font that fontkit opened, but has no question for which letters are in it. */
const openedIn = (pdf: Pdf) =>
  (pdf as unknown as { _font: { font?: { hasGlyphForCodePoint(codePoint: number): boolean } } })._font.font;

function systemFonts(): string[] {
  const files = folders.flatMap((folder) => {
    try {
      return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file));
    } catch {
      return [];
    }
  });
  return further.flatMap((name) => files.filter((file) => name.test(basename(file))).sort());
}
