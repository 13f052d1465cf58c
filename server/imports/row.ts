import { countries } from '../../config/places.ts';
import { plainName, signatureForm } from '../signatures/form.ts';
import { type Address, parseAddress } from '../signers/address.ts';
import type { ImportField, Mapping } from './mapping.ts';
import type { CsvRecord } from './records.ts';

export type Person = {
  name: string;
  email?: Address;
  country: string;
  region: string;
  postalCode: string;
  comment: string;
  signedAt?: Date;
};
type ReadRow = { outcome: 'read'; person: Person } | { outcome: 'refused'; problem: string };

const texts = signatureForm.pick({ region: true, postalCode: true, comment: true });

/** One row as a person, or a sentence about what is wrong with it that repeats nothing of what it says. */
export function readRow({ cells }: CsvRecord, mapping: Mapping, columns: number, now: Date): ReadRow {
  if (cells.length !== columns)
    return refused(`Has ${cells.length} cells where the first row has ${columns}.`);
  const cell = (field: ImportField) =>
    mapping[field] === undefined ? '' : (cells[mapping[field]] ?? '').trim();
  const name = plainName.safeParse(cell('name') || `${cell('firstName')} ${cell('lastName')}`.trim());
  if (!name.success) return refused(wordsFor('name', name.error.issues[0]?.message));
  const email = cell('email') ? parseAddress(cell('email')) : undefined;
  if (cell('email') && !email) return refused(wordsFor('email', 'malformed'));
  const rest = texts.safeParse({
    region: cell('region'),
    postalCode: cell('postalCode'),
    comment: cell('comment'),
  });
  const [issue] = rest.error?.issues ?? [];
  if (!rest.success) return refused(wordsFor(String(issue?.path[0]), issue?.message));
  if (!email && !rest.data.postalCode)
    return refused(
      'Has neither an e-mail address nor a postal code, so nobody could tell whether it is counted twice.',
    );
  const country = cell('country') ? countryOf(cell('country')) : mapping.defaultCountry;
  if (!country) return refused('The country is not one we know.');
  const signedAt = cell('signedAt') ? dateOf(cell('signedAt'), mapping.dates, now) : undefined;
  if (cell('signedAt') && !signedAt) return refused('The date cannot be read, or is not in the past.');
  return { outcome: 'read', person: { name: name.data, email, country, ...rest.data, signedAt } };
}

const refused = (problem: string): ReadRow => ({ outcome: 'refused', problem });

const whatIs: Record<string, string> = {
  name: 'The name',
  email: 'The e-mail address',
  region: 'The region',
  postalCode: 'The postal code',
  comment: 'The comment',
};
const whatIsWrong: Record<string, string> = {
  missing: 'is missing',
  tooLong: 'is too long',
  control: 'has characters or line breaks that do not belong there',
  url: 'has a web address in it',
  malformed: 'does not look like one',
};

const wordsFor = (field: string, problem = ''): string =>
  `${whatIs[field] ?? 'The row'} ${whatIsWrong[problem] ?? 'cannot be used'}.`;

const countryByName = new Map<string, string>(
  (['en', 'fr'] as const).flatMap((lang) => {
    const names = new Intl.DisplayNames(lang, { type: 'region' });
    return countries.map((code) => [(names.of(code) ?? code).toLowerCase(), code] as const);
  }),
);

function countryOf(typed: string): string | undefined {
  const code = typed.toUpperCase();
  return countries.includes(code) ? code : countryByName.get(typed.toLowerCase());
}

/** Noon of the day in UTC, which is that day almost everywhere; never a moment that has not been yet. */
function dateOf(typed: string, order: Mapping['dates'], now: Date): Date | undefined {
  const parts = /^(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})(?:[T ].*)?$/.exec(typed)?.slice(1).map(Number);
  if (!parts) return undefined;
  const [a = 0, b = 0, c = 0] = parts;
  const [year, month, day] = a > 31 || order === 'ymd' ? [a, b, c] : order === 'dmy' ? [c, b, a] : [c, a, b];
  const date = new Date(Date.UTC(year, month - 1, day, 12));
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isReal && year >= 2000 && date.getTime() - 12 * 3_600_000 <= now.getTime()
    ? new Date(Math.min(date.getTime(), now.getTime()))
    : undefined;
}
