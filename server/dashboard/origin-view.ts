import { placeName } from '../places.ts';
import type { Sums } from './facts.ts';
import { counted, numbers, type Row, share } from './words.ts';

/** Rows that are shown; what comes after is summed up in one. */
const mostRows = 12;
const namesOf = { region: regionName, source: sourceName };
type By = keyof typeof namesOf;

/** Where signers come from: the largest first, each with its share of the confirmed. `all` where not all are shown. */
export function originView(by: By, sums: Sums, confirmed: number) {
  const all = inOrder(by, sums);
  const shown = all.length > mostRows ? all.slice(0, mostRows - 1) : all;
  const rest = all.slice(shown.length).reduce((sum, { number }) => sum + number, 0);
  const others = { label: counted(all.length - shown.length, 'other'), number: rest };
  const most = shown[0]?.number ?? 1;
  const rows = (rest > 0 ? [...shown, others] : shown).map(
    (one): Row => ({
      ...rowOf(one, confirmed),
      hasBar: true,
      percent: Math.round((Math.min(one.number, most) / most) * 100),
    }),
  );
  return { rows, all: rest > 0 ? all.map((one) => rowOf(one, confirmed)) : [] };
}

const inOrder = (by: By, sums: Sums) =>
  Object.entries(sums)
    .filter(([, number]) => number > 0)
    .sort(([a, x], [b, y]) => y - x || a.localeCompare(b))
    .map(([key, number]) => ({ label: namesOf[by](key), number }));

const rowOf = ({ label, number }: { label: string; number: number }, confirmed: number): Row => ({
  cells: [label, numbers.format(number), share(number, confirmed)],
});

/** `Ontario, Canada`; a part we know no name of keeps its code. */
function regionName(key: string): string {
  if (key === 'unknown') return 'Not said';
  const [country, region] = key.split('-');
  const whole = placeName('en', country) ?? key;
  const part = placeName('en', country, region);
  return region ? `${part === whole ? region : part}, ${whole}` : whole;
}

function sourceName(key: string): string {
  if (key === 'direct') return 'No link of ours (direct)';
  return key === 'other' ? 'Links beyond the first 500' : key;
}
