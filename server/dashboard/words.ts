import { numberFormat } from '../formats.ts';
export const numbers = numberFormat('en-CA');
const shares = numberFormat('en-CA', { style: 'percent', maximumFractionDigits: 1 });

/** A row of a table: its cells, the first of them its heading, and where the row has a bar, how long that is. */
export type Row = { cells: string[]; hasBar?: true; percent?: number };

/** `12.5%`; a dash where there is nothing to be a part of. */
export const share = (part: number, whole: number): string => (whole > 0 ? shares.format(part / whole) : '–');

/** `1 day`, `2 days`. */
export const counted = (number: number, one: string, other = `${one}s`): string =>
  `${numbers.format(number)} ${number === 1 ? one : other}`;

/** `Open` of `open`. */
export const inCapital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
