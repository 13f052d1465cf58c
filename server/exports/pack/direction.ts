/*
 * Text written from the right among text written from the left: the main rules of the Unicode bidirectional algorithm
 * (https://unicode.org/reports/tr9/), for names and a few sentences. An odd level runs to the left.
 */

const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const anyLetter = /\p{L}/u;
const digit = /\p{Nd}/u;
/** Brackets as they look the other way round. */
export const mirrored = new Map(
  ['()', '[]', '{}', '<>', '«»'].flatMap(
    ([a = '', b = '']) =>
      [
        [a, b],
        [b, a],
      ] as const,
  ),
);

/** Whether text begins in a script that is written from the right. */
export const beginsRight = (text: string): boolean =>
  rightToLeft.test([...text].find((letter) => anyLetter.test(letter)) ?? '');

type Side = 'left' | 'right';

/** Odd where letters run to the left. Numbers run to the right everywhere; what is neither goes with its neighbours. */
export function levelsOf(signs: readonly string[], base: 0 | 1): number[] {
  if (base === 0 && !signs.some((sign) => rightToLeft.test(sign))) return signs.map(() => 0);
  const whole: Side = base === 1 ? 'right' : 'left';
  let before = whole;
  const sides = signs.map((sign): Side | undefined => {
    const isLetter = anyLetter.test(sign);
    if (isLetter) before = rightToLeft.test(sign) ? 'right' : 'left';
    return isLetter || digit.test(sign) ? before : undefined;
  });
  const after: (Side | undefined)[] = [];
  for (let at = signs.length - 1; at >= 0; at -= 1) after[at] = sides[at] ?? after[at + 1];
  before = whole;
  return signs.map((sign, at) => {
    before = sides[at] ?? before;
    const side = before === (after[at] ?? whole) ? before : whole;
    if (side === 'right') return digit.test(sign) ? 2 : 1;
    return 2 * base;
  });
}

/** Turns around each stretch of runs of this level or a higher one (rule L2). */
export function turn<Leveled extends { level: number }>(runs: Leveled[], level: number): void {
  for (let from = 0; from < runs.length; from += 1) {
    let to = from;
    while (to < runs.length && (runs[to]?.level ?? 0) >= level) to += 1;
    if (to - from > 1) runs.splice(from, to - from, ...runs.slice(from, to).reverse());
    from = Math.max(from, to - 1);
  }
}
