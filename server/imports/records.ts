import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';

/** One line of a sheet: its cells, its row as a spreadsheet numbers it, and where the next one begins in the file. */
export type CsvRecord = { cells: string[]; row: number; end: number };

/** Cells larger than this are a quotation mark that was never closed. */
const largestRecord = 64 * 1024;
const separators = [',', ';', '\t', '|'];

/** The file cannot be read on from this row: a quotation mark opens there and never closes. */
export class BrokenCsv extends Error {
  override name = 'BrokenCsv';
  readonly row: number;
  constructor(row: number) {
    super(`Row ${row} cannot be read`);
    this.row = row;
  }
}

/** Reads up to `limit` rows of a UTF-8 file from an offset on; `row` is the number of the first. Throws {@link BrokenCsv}. */
export async function readRecords(
  path: string,
  delimiter: string,
  { offset = 0, row = 1, limit }: { offset?: number; row?: number; limit: number },
): Promise<CsvRecord[]> {
  const source = createReadStream(path, { start: offset });
  const parser = parse({
    ...{ delimiter, info: true, bom: false, encoding: 'utf8', record_delimiter: ['\r\n', '\n', '\r'] },
    ...{ relax_column_count: true, relax_quotes: true, max_record_size: largestRecord },
  });
  source.once('error', (error) => parser.destroy(error)).pipe(parser);
  const records: CsvRecord[] = [];
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { bytes: number };
    }>) {
      records.push({ cells: record, row: row + records.length, end: offset + info.bytes });
      if (records.length === limit) break;
    }
  } catch (error) {
    const { code, records: whole = records.length } = error as { code?: string; records?: number };
    throw code?.startsWith('CSV_') ? new BrokenCsv(row + whole) : error;
  } finally {
    source.destroy();
    parser.destroy();
  }
  return records;
}

/** The separator that gives the first rows the most columns, alike in each. */
export async function findDelimiter(path: string): Promise<string> {
  let best = { delimiter: ',', score: 0 };
  for (const delimiter of separators) {
    const records = await readRecords(path, delimiter, { limit: 20 }).catch(() => []);
    const width = records[0]?.cells.length ?? 1;
    const alike = records.filter(({ cells }) => cells.length === width).length;
    const score = width > 1 ? (alike / records.length) * 100 + width : 0;
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

/** A row between others that nobody filled in. */
export const isBlank = ({ cells }: Pick<CsvRecord, 'cells'>): boolean =>
  cells.every((cell) => cell.trim() === '');
