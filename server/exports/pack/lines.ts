import { levelsOf, mirrored, turn } from './direction.ts';
import { type Fonts, replacement, type Weight } from './fonts.ts';

/** Letters that stand next to each other on a line, in one font and one direction. */
export type Run = { text: string; font: string };
export type Line = { runs: Run[]; width: number };

type Letter = { letter: string; font: string; level: number };
type Piece = { letters: Letter[]; isSpace: boolean; width: number };

/** Written without spaces: a line can end after each. */
const endsAnywhere =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;

/**
 * Text as lines no wider than `width`, each as the runs to draw from the left to the right. What is written from the
 * right is put in order by the main rules of the Unicode bidirectional algorithm (https://unicode.org/reports/tr9/).
 */
export function breakText(
  text: string,
  {
    width,
    weight,
    fonts,
    measure,
    isRight,
  }: {
    width: number;
    weight: Weight;
    fonts: Fonts;
    measure: (run: Run) => number;
    /** The direction of the whole: where its first word stands. */
    isRight: boolean;
  },
): Line[] {
  return text
    .toWellFormed()
    .split(/[\r\n]+/)
    .flatMap((paragraph) => {
      const pieces = piecesOf(lettersOf(paragraph.trim(), weight, fonts, isRight ? 1 : 0), width, measure);
      return fill(pieces, width).map((line) => ({
        runs: inOrder(line.flatMap(({ letters }) => letters)),
        width: line.reduce((sum, piece) => sum + piece.width, 0),
      }));
    });
}

function lettersOf(text: string, weight: Weight, fonts: Fonts, base: 0 | 1): Letter[] {
  const signs = [...text.normalize('NFC')];
  const levels = levelsOf(signs, base);
  let font: string | undefined;
  return signs.flatMap((sign, index) => {
    const shown = fonts.show(/\s/.test(sign) ? ' ' : sign, weight, font);
    font = shown.letter === replacement ? font : shown.font;
    return shown.letter ? [{ ...shown, level: levels[index] ?? base }] : [];
  });
}

/** Words and the spaces between; a word wider than a line as the parts that fit one. */
function piecesOf(letters: readonly Letter[], width: number, measure: (run: Run) => number): Piece[] {
  const widthOf = (some: readonly Letter[]) => inOrder(some).reduce((sum, run) => sum + measure(run), 0);
  const pieces: Piece[] = [];
  for (const letter of letters) {
    const isSpace = letter.letter === ' ';
    const last = pieces.at(-1);
    const goesOn = last && last.isSpace === isSpace && (isSpace || !endsAnywhere.test(letter.letter));
    if (goesOn) last.letters.push(letter);
    else pieces.push({ letters: [letter], isSpace, width: 0 });
  }
  return pieces.flatMap((piece) => {
    const whole = { ...piece, width: widthOf(piece.letters) };
    return whole.width <= width ? [whole] : cut(piece, width, widthOf);
  });
}

function cut(piece: Piece, width: number, widthOf: (some: readonly Letter[]) => number): Piece[] {
  const parts: Piece[] = [];
  for (const letter of piece.letters) {
    const last = parts.at(-1);
    const longer = [...(last?.letters ?? []), letter];
    const fits = last && widthOf(longer) <= width;
    if (fits) Object.assign(last, { letters: longer, width: widthOf(longer) });
    else parts.push({ letters: [letter], isSpace: piece.isSpace, width: widthOf([letter]) });
  }
  return parts;
}

function fill(pieces: readonly Piece[], width: number): Piece[][] {
  const lines: Piece[][] = [];
  let line: Piece[] = [];
  let used = 0;
  for (const piece of pieces) {
    if (used + piece.width > width && !piece.isSpace) {
      lines.push(line);
      [line, used] = [[], 0];
    }
    if (piece.isSpace && line.length === 0) continue;
    line.push(piece);
    used += piece.width;
  }
  return [...lines, line].map(withoutSpaceAtEnd).filter((pieces) => pieces.length > 0);
}

const withoutSpaceAtEnd = (line: Piece[]): Piece[] => (line.at(-1)?.isSpace ? line.slice(0, -1) : line);

/** Letters from the left to the right, joined into runs. Runs of an odd level are turned by the font as it shapes them. */
function inOrder(letters: readonly Letter[]): Run[] {
  const runs: (Run & { level: number })[] = [];
  for (const { letter, font, level } of letters) {
    const last = runs.at(-1);
    const isOdd = level % 2 === 1;
    const shown = (isOdd && mirrored.get(letter)) || letter;
    // pdfkit sets word after word to the right, so that words to the left are runs of their own.
    const goesOn =
      last?.font === font && last.level === level && !(isOdd && (shown === ' ' || last.text === ' '));
    if (goesOn) last.text += shown;
    else runs.push({ text: shown, font, level });
  }
  for (let level = 2; level >= 1; level -= 1) turn(runs, level);
  return runs;
}
