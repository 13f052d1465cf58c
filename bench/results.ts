import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { declarationOf, type Measured, type Row } from './rows.ts';

const folder = join(import.meta.dirname, 'results');

export type Results = {
  at: string;
  machine: ReturnType<typeof describeMachine>;
  quick: boolean;
  rows: Row[];
};

/** What the numbers were measured on. `load` is what the machine did before we began. */
export function describeMachine() {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    database: process.env.BENCH_MONGODB_URL ? 'MongoDB' : 'embedded',
    load: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}

/** Where the results were written. */
export async function writeResults(results: Results): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'latest.json');
  await writeFile(file, `${JSON.stringify({ ...results, rows: results.rows.map(rounded) }, null, 2)}\n`);
  return file;
}

const rounded = (row: Row): Row => ({
  ...row,
  value: significant(row.value),
  floor: row.floor === null ? null : significant(row.floor),
  ratio: row.ratio === null ? null : Number(row.ratio.toFixed(3)),
});
const significant = (value: number): number => Number(value.toPrecision(4));

/** The table for people: one line a row, and below it what the rows are. */
export function tableOf({ machine, quick, rows: measured }: Results, notes: Measured[]): string {
  const { cpu, cores, memoryGiB, node, platform, database, load } = machine;
  const heading = [
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, Node ${node}, database: ${database}`,
    `load when it began: ${load}${load > 0.5 ? ' (NOT IDLE: compare ratios, not rates)' : ''}${quick ? '; quick' : ''}`,
  ];
  const cells = [
    ['id', 'value', 'unit', 'floor', 'ratio', 'budget', 'met'],
    ...measured.map((row) => [
      row.id,
      shown(row.value),
      row.unit,
      row.floor === null ? '' : shown(row.floor),
      row.ratio === null ? '' : row.ratio.toFixed(2),
      row.budget === null ? '' : boundOf(row),
      { true: 'yes', false: 'NO', null: '' }[String(row.met)] ?? '',
    ]),
  ];
  const widths =
    cells[0]?.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0))) ?? [];
  const isNumber = (column: number) => [1, 3, 4, 5].includes(column);
  const lines = cells.map((line) =>
    line
      .map((cell, i) => (isNumber(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  const legend = measured.map(({ id }) => {
    const { of, floor } = declarationOf(id);
    const note = notes.find((one) => one.id === id)?.note;
    return `${id}: ${of}${floor ? `; floor: ${floor}` : ''}${note ? ` (${note})` : ''}`;
  });
  return ['', ...heading, '', ...lines, '', ...legend, ''].join('\n');
}

function boundOf({ id, budget }: Row): string {
  const declared = declarationOf(id).budget;
  const sign = declared?.atMost === undefined ? '>=' : '<=';
  return `${sign} ${budget}${declared?.of === 'ratio' ? ' of floor' : ''}`;
}

const shown = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : significant(value).toLocaleString('en');
