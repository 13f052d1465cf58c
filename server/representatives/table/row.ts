import { z } from 'zod';
import { representativeLimits } from '../../../config/limits.ts';
import type { CsvRecord } from '../../imports/records.ts';
import type { Language } from '../../petitions/petition.ts';
import { controlCharacters } from '../../signatures/characters.ts';
import { plainName } from '../../signatures/form.ts';
import { parseAddress } from '../../signers/address.ts';
import { readPrefix } from '../postal-code.ts';
import type { Told } from '../representative.ts';
import type { Columns, Field } from './columns.ts';

type ReadRow = { outcome: 'read'; prefix: string; told: Told } | { outcome: 'refused'; problem: string };

const languageNames: Readonly<Record<string, Language>> = {
  ...{ en: 'en', english: 'en', anglais: 'en', fr: 'fr', french: 'fr', francais: 'fr' },
};

const line = (what: string) =>
  z
    .string()
    .max(representativeLimits.text, { error: `${what} is too long.`, abort: true })
    .refine((text) => !controlCharacters.test(text), {
      error: `${what} has characters or line breaks that do not belong there.`,
    });
const whatIsWrong: Readonly<Record<string, string>> = {
  missing: 'The name is missing.',
  tooLong: 'The name is too long.',
  control: 'The name has characters or line breaks that do not belong there.',
  url: 'The name has an address in it.',
};

const row = z.object({
  postalCode: z
    .string()
    .min(1, { error: 'The postal code is missing.', abort: true })
    .transform((typed, context) => {
      const code = readPrefix(typed);
      if (code) return code;
      context.addIssue('The postal code does not look like one: letters and digits, ten at most.');
      return z.NEVER;
    }),
  district: line('The district'),
  office: line('The office').min(1, { error: 'The office is missing.' }),
  name: plainName,
  email: z.string().transform((typed, context) => {
    if (typed === '') return undefined;
    const address = parseAddress(typed)?.address;
    if (address) return address;
    context.addIssue('The e-mail address does not look like one.');
    return z.NEVER;
  }),
  title: line('The title'),
  language: z.string().transform((typed, context) => {
    if (typed === '') return undefined;
    const language = languageNames[typed.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()];
    if (language) return language;
    context.addIssue('The language is neither English nor French.');
    return z.NEVER;
  }),
  party: line('The party'),
});

/** One row as a person and a place, or a sentence about what is wrong with it that repeats nothing of what it says. */
export function readRow({ cells }: Pick<CsvRecord, 'cells'>, columns: Columns, width: number): ReadRow {
  if (cells.length !== width)
    return { outcome: 'refused', problem: `Has ${cells.length} cells where the first row has ${width}.` };
  const cell = (field: Field) => (columns[field] === undefined ? '' : (cells[columns[field]] ?? '').trim());
  const names = Object.keys(row.shape) as Field[];
  const read = row.safeParse(Object.fromEntries(names.map((field) => [field, cell(field)])));
  if (!read.success) {
    const { path, message = '' } = read.error.issues[0] ?? { path: [] };
    return { outcome: 'refused', problem: path[0] === 'name' ? (whatIsWrong[message] ?? message) : message };
  }
  const { postalCode, title, office, ...rest } = read.data;
  return { outcome: 'read', prefix: postalCode, told: { ...rest, office, title: title || office } };
}
