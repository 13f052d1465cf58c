/** So many words in a row as in the suggestion are the suggestion's. */
const run = 4;

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/**
 * How much of a letter is in its writer's own words, in percent: the words that are in no run of four that the
 * suggested text has too. Offices set aside letters that are all the same. `public/js/letter.js` counts alike.
 */
export function ownShare(text: string, suggested: string): number {
  const words = wordsOf(text);
  if (words.length === 0) return 0;
  const given = wordsOf(suggested);
  const runs = new Set(given.slice(run - 1).map((_, i) => given.slice(i, i + run).join(' ')));
  const isGiven = words.map(() => false);
  for (let i = 0; i + run <= words.length; i += 1)
    if (runs.has(words.slice(i, i + run).join(' '))) isGiven.fill(true, i, i + run);
  return Math.round((isGiven.filter((is) => !is).length / words.length) * 100);
}
