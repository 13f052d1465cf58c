/** A stretch of text that stayed, came or went. */
export type Piece = { kind: 'same' | 'added' | 'removed'; text: string };
/** A paragraph with what changed in it; `isSame` where nothing did. */
type ParagraphChange = { isSame: boolean; pieces: Piece[] };

/** The table of a comparison may have this many cells; longer texts are shown as one replaced by the other. */
const largestTable = 1_000_000;

/** What changed between two texts, paragraph by paragraph, word by word inside a paragraph that was rewritten. */
export function differenceOf(before: string, after: string): ParagraphChange[] {
  const changes: ParagraphChange[] = [];
  let removed: string[] = [];
  let added: string[] = [];
  const flush = () => {
    for (let at = 0; at < Math.max(removed.length, added.length); at += 1)
      changes.push({ isSame: false, pieces: rewritten(removed[at], added[at]) });
    removed = [];
    added = [];
  };
  for (const { kind, text } of compare(paragraphsOf(before), paragraphsOf(after))) {
    if (kind === 'removed') removed.push(text);
    else if (kind === 'added') added.push(text);
    else {
      flush();
      changes.push({ isSame: true, pieces: [{ kind, text }] });
    }
  }
  flush();
  return changes;
}

/** The paragraphs of a text as it was typed. */
export const paragraphsOf = (text: string): string[] =>
  text
    .replaceAll('\r\n', '\n')
    .split(/\n[^\S\n]*\n\s*/)
    .map((paragraph) => paragraph.trim())
    .filter(Boolean);

function rewritten(before: string | undefined, after: string | undefined): Piece[] {
  if (before === undefined) return [{ kind: 'added', text: after ?? '' }];
  if (after === undefined) return [{ kind: 'removed', text: before }];
  const pieces = joined(compare(wordsOf(before), wordsOf(after)));
  const kept = pieces.filter(({ kind, text }) => kind === 'same' && text.trim()).map(({ text }) => text);
  // Two paragraphs with little in common read better one after the other.
  return kept.join('').length * 3 > Math.max(before.length, after.length)
    ? pieces
    : [
        { kind: 'removed', text: before },
        { kind: 'added', text: after },
      ];
}

const wordsOf = (text: string): string[] => text.match(/\s+|[^\s]+/g) ?? [];

/** The longest common subsequence, by the usual table (Wagner and Fischer 1974), between what begins and ends alike. */
function compare(before: readonly string[], after: readonly string[]): Piece[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end))
    end += 1;
  const piece = (kind: Piece['kind']) => (text: string) => ({ kind, text });
  const old = before.slice(start, before.length - end);
  const fresh = after.slice(start, after.length - end);
  return [
    ...before.slice(0, start).map(piece('same')),
    ...(old.length * fresh.length > largestTable
      ? [...old.map(piece('removed')), ...fresh.map(piece('added'))]
      : walk(old, fresh)),
    ...before.slice(before.length - end).map(piece('same')),
  ];
}

function walk(old: readonly string[], fresh: readonly string[]): Piece[] {
  const width = fresh.length + 1;
  const common = new Uint32Array((old.length + 1) * width);
  const at = (row: number, column: number) => common[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row -= 1)
    for (let column = fresh.length - 1; column >= 0; column -= 1)
      common[row * width + column] =
        old[row] === fresh[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
  const pieces: Piece[] = [];
  let [row, column] = [0, 0];
  while (row < old.length || column < fresh.length) {
    const [left, right] = [old[row], fresh[column]];
    if (left !== undefined && left === right) {
      pieces.push({ kind: 'same', text: left });
      row += 1;
      column += 1;
    } else if (right === undefined || (left !== undefined && at(row + 1, column) >= at(row, column + 1))) {
      pieces.push({ kind: 'removed', text: left ?? '' });
      row += 1;
    } else {
      pieces.push({ kind: 'added', text: right });
      column += 1;
    }
  }
  return pieces;
}

/** Neighbours of the same kind as one. */
function joined(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = [];
  for (const { kind, text } of pieces) {
    const last = result.at(-1);
    if (last?.kind === kind) last.text += text;
    else result.push({ kind, text });
  }
  return result;
}
