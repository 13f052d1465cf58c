import { z } from 'zod';
import { countries } from '../../config/places.ts';

/** What a column can hold. */
export const importFields = [
  ...([
    'name',
    'firstName',
    'lastName',
    'email',
    'postalCode',
    'region',
    'country',
    'comment',
    'signedAt',
  ] as const),
];
export type ImportField = (typeof importFields)[number];

export const fieldNames: Record<ImportField, string> = {
  name: 'Whole name',
  firstName: 'First name',
  lastName: 'Last name',
  email: 'E-mail address',
  postalCode: 'Postal code',
  region: 'Region or province',
  country: 'Country',
  comment: 'Comment',
  signedAt: 'Date of signing',
};

/** How columns are called in sheets people have, in small letters without accents. */
const usualNames: Record<ImportField, RegExp> = {
  name: /^(full |whole )?name$|^nom complet$|^signer$|^signataire$/,
  firstName: /^(first|given).?name$|^prenom$/,
  lastName: /^(last|family).?name$|^surname$|^nom( de famille)?$/,
  email: /^e.?mail|^courriel|^adresse (e.?mail|courriel)/,
  postalCode: /^post.?(al)?.?code$|^zip|^code postal$/,
  region: /^region$|^province$|^state$|^etat$/,
  country: /^country$|^pays$/,
  comment: /^comment|^reason|^remark|^commentaire|^raison/,
  signedAt: /^(signed|date)|^signe le/,
};

const column = z.preprocess(
  (value) => (value === '' ? undefined : value),
  z.coerce.number().int().min(0).max(999).optional(),
);
const columnsForm = Object.fromEntries(importFields.map((field) => [field, column])) as Record<
  ImportField,
  typeof column
>;

/** Which column holds what, by its number from 0; how dates are written; and the country of rows that name none. */
export const mappingForm = z.object({
  ...columnsForm,
  dates: z.enum(['ymd', 'dmy', 'mdy']).default('ymd'),
  defaultCountry: z.enum(countries).default('CA'),
});
export type Mapping = z.output<typeof mappingForm>;

/** A first idea of a sheet that nobody has mapped yet. */
export function guessMapping(header: readonly string[], defaultCountry: string): Mapping {
  const names = header.map((name) =>
    name.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().replaceAll('_', ' ').trim(),
  );
  const guessed = importFields.map((field) => {
    const index = names.findIndex((name) => usualNames[field].test(name));
    return [field, index < 0 ? undefined : index] as const;
  });
  const mapping = mappingForm.parse({ ...Object.fromEntries(guessed), defaultCountry });
  // `Nom` alone is a whole name; beside `Prénom` it is the family's.
  if (mapping.name === undefined && mapping.firstName === undefined)
    return { ...mapping, name: mapping.lastName, lastName: undefined };
  return mapping;
}

/** What is wrong with a mapping of a sheet with so many columns. */
export function mappingProblem(mapping: Mapping, columns: number): string | undefined {
  const used = importFields.map((field) => mapping[field]).filter((index) => index !== undefined);
  if (used.some((index) => index >= columns)) return 'The file has no such column. Choose the columns again.';
  if (new Set(used).size < used.length)
    return 'One column is chosen twice. Choose each column for one thing.';
  if (mapping.name === undefined && (mapping.firstName === undefined || mapping.lastName === undefined))
    return 'Choose the column with the whole name, or those with first and last name.';
  if (mapping.email === undefined && mapping.postalCode === undefined)
    return 'Choose the column with the e-mail address or the one with the postal code: without either, nobody could tell whether a person is counted twice.';
  return undefined;
}
