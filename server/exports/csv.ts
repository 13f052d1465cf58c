import { stringify } from 'csv-stringify/sync';

/** So that spreadsheet programs read it as UTF-8. */
export const byteOrderMark = '\ufeff';

/** Rows as RFC 4180 has them. */
export const csvOf = (rows: readonly (readonly string[])[]): string =>
  rows.length === 0 ? '' : stringify(rows as string[][], { record_delimiter: '\r\n' });
