import { placeName } from '../petitions/view.ts';
import type { Sums } from './facts.ts';
import { counted, numbers, type Row, share } from './words.ts';

/** Rows that are shown; what comes after is summed up in one. */
const mostRows = 12;
/** Each row of a table that people open to see more. */
const namesOf = { region: regionName, source: sourceName };

/** Where signers come from: the largest first, each with its share of the confirmed. */
export function originView(
  by: keyof typeof namesOf,
  sums: Sums,
  confirmed: number,
): { rows: Row[]; more: string } {
  const all = Object.entries(sums)
    .filter(([, number]) => number > 0)
    .sort(([a, x], [b, y]) => y - x || a.localeCompare(b));
  const shown = all.length > mostRows ? all.slice(0, mostRows - 1) : all;
  const rest = all.slice(shown.length);
  const most = shown[0]?.[1] ?? 1;
  const row = (label: string, number: number): Row => ({
    cells: [label, numbers.format(number), share(number, confirmed)],
    hasBar: true,
    percent: Math.round((Math.min(number, most) / most) * 100),
  });
  const rows = shown.map(([key, number]) => row(namesOf[by](key), number));
  if (rest.length > 0)
    rows.push(
      row(
        `${counted(rest.length, 'other')}`,
        rest.reduce((sum, [, n]) => sum + n, 0),
      ),
    );
  return { rows, more: rest.length > 0 ? `${counted(all.length, by)} in all` : '' };
}

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
