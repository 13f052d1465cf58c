/** What a table says of a person. The first four columns it must have. */
export const fields = [
  ...(['postalCode', 'district', 'office', 'name', 'email', 'title', 'language', 'party'] as const),
];
export type Field = (typeof fields)[number];
export type Columns = Partial<Record<Field, number>>;

/** How organizers know them. */
export const fieldNames: Readonly<Record<Field, string>> = {
  postalCode: 'Postal code',
  district: 'District',
  office: 'Office',
  name: 'Name',
  email: 'E-mail',
  title: 'Title',
  language: 'Language',
  party: 'Party',
};
const needed: readonly Field[] = ['postalCode', 'district', 'office', 'name', 'email'];

/** How columns are called, in small letters without accents. */
const usualNames: Readonly<Record<Field, RegExp>> = {
  postalCode: /^(post.?(al)?.?code|zip|prefix|code postal|prefixe)/,
  district: /^(district|riding|constituency|ward|circonscription|quartier)/,
  office: /^(office|elected office|position|role|fonction|charge|poste)$/,
  name: /^(name|full name|representative|nom|nom complet|representant)$/,
  email: /^(e.?mail|courriel|adresse (e.?mail|courriel))/,
  title: /^(title|titre)/,
  language: /^(lang|langue)/,
  party: /^part[iy]/,
};

/** Which column is which, by the first row, and which of the needed are not there. */
export function readColumns(header: readonly string[]): { columns: Columns; missing: string[] } {
  const names = header.map((name) =>
    name.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().replaceAll('_', ' ').trim(),
  );
  const found = fields.flatMap((field) => {
    const at = names.findIndex((name) => usualNames[field].test(name));
    return at < 0 ? [] : [[field, at] as const];
  });
  const columns: Columns = Object.fromEntries(found);
  const missing = needed.filter((field) => columns[field] === undefined);
  return { columns, missing: missing.map((field) => fieldNames[field]) };
}
