/**
 * Measures two sides in turns, so that whatever else the machine does falls on both; the first turn only warms up.
 * Returns the middle rate of each.
 */
export async function inTurns(
  turns: number,
  one: () => Promise<number>,
  other: () => Promise<number>,
): Promise<[number, number]> {
  const rates: [number[], number[]] = [[], []];
  for (let turn = 0; turn <= turns; turn += 1) {
    // Who goes first changes, so that neither always follows the other.
    const sides = turn % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const);
    for (const side of sides) {
      const rate = await [one, other][side]?.();
      if (turn > 0 && rate !== undefined) rates[side].push(rate);
    }
  }
  return [percentile(rates[0], 50), percentile(rates[1], 50)];
}

/** The value that `share` percent of the values do not exceed; of an even number of values the middle is between two. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share / 100) * (sorted.length - 1);
  const [below = Number.NaN, above = Number.NaN] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return below + (above - below) * (at - Math.floor(at));
}
