import { type Minute, type Outcome, sumOf } from './model.ts';
import { Waits } from './numbers.ts';
import { type Name, names, type Spoken } from './parameters.ts';

/** Some minutes as one row: rates a second on average, waits of all, depths and work of the fullest minute. */
function summarise(minutes: Minute[]) {
  const waits = { web: new Waits(), mail: new Waits(), tally: new Waits() };
  for (const minute of minutes)
    for (const kind of ['web', 'mail', 'tally'] as const) waits[kind].merge(minute.waits[kind]);
  const rate = (name: 'tries' | 'stored' | 'mailed' | 'confirmed') =>
    sumOf(minutes, name) / minutes.length / 60;
  const most = (name: Exclude<keyof Minute, 'waits'>) => Math.max(...minutes.map((minute) => minute[name]));
  const tries = sumOf(minutes, 'tries');
  return {
    ...{ tries: rate('tries'), stored: rate('stored'), mailed: rate('mailed'), confirmed: rate('confirmed') },
    refused: tries === 0 ? 0 : sumOf(minutes, 'refused') / tries,
    limited: tries === 0 ? 0 : sumOf(minutes, 'limited') / tries,
    ...{ web: most('web'), streams: most('streams'), shard: most('shard'), redis: most('redis') },
    ...{ depth: most('depth'), mailDepth: most('mailDepth'), tallyDepth: most('tallyDepth') },
    ...{ half: waits.web.at(0.5), worst: waits.web.at(0.99) },
    ...{ mailHalf: waits.mail.at(0.5), mailWorst: waits.mail.at(0.99), tallyWorst: waits.tally.at(0.99) },
  };
}
type Summary = ReturnType<typeof summarise>;

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const percent = (share: number): string =>
  share > 0 && share < 0.001 ? '<0.1%' : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`;
function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1_000)}ms`;
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 1 : 0)}s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)}min` : `${(seconds / 3_600).toFixed(1)}h`;
}

const columns: readonly (readonly [string, (row: Summary) => string])[] = [
  ['tries/s', (row) => whole(row.tries)],
  ['stored/s', (row) => whole(row.stored)],
  ['503', (row) => percent(row.refused)],
  ['429', (row) => percent(row.limited)],
  ['p50', (row) => duration(row.half)],
  ['p99', (row) => duration(row.worst)],
  ['depth', (row) => whole(row.depth)],
  ['web', (row) => percent(row.web)],
  ['streams', (row) => percent(row.streams)],
  ['shard', (row) => percent(row.shard)],
  ['redis', (row) => percent(row.redis)],
  ['mails/s', (row) => whole(row.mailed)],
  ['unsent', (row) => whole(row.mailDepth)],
  ['mail p50', (row) => duration(row.mailHalf)],
  ['mail p99', (row) => duration(row.mailWorst)],
  ['confirmed/s', (row) => whole(row.confirmed)],
  ['uncounted', (row) => whole(row.tallyDepth)],
  ['count p99', (row) => duration(row.tallyWorst)],
];

function grouped(minutes: Minute[], each: number): Minute[][] {
  return Array.from({ length: Math.ceil(minutes.length / each) }, (_, n) =>
    minutes.slice(n * each, (n + 1) * each),
  );
}
const clock = (minute: number): string => {
  const [hour, rest] = [Math.floor(minute / 60), Math.round(minute % 60)];
  return `${String(hour).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
};

/** A row for so many minutes each, while anybody signs or a mail is unsent, and one of all. */
export function tableOf({ minutes }: Outcome, from: number, each: number): string {
  const lines = grouped(minutes, each).flatMap((group, n) => {
    const row = summarise(group);
    return row.tries + row.mailed > 0
      ? [[clock(from * 60 + n * each), ...columns.map(([, cell]) => cell(row))]]
      : [];
  });
  const all = summarise(minutes.filter(({ tries }) => tries > 0));
  const cells = [
    ['from', ...columns.map(([name]) => name)],
    ...lines,
    ['all', ...columns.map(([, cell]) => cell(all))],
  ];
  const widths = cells[0]?.map((_, n) => Math.max(...cells.map((line) => line[n]?.length ?? 0))) ?? [];
  return cells.map((line) => line.map((cell, n) => cell.padStart(widths[n] ?? 0)).join(' ')).join('\n');
}

const bars = ' ▁▂▃▄▅▆▇█';
const charted: readonly (readonly [string, (row: Summary) => number, (value: number) => string])[] = [
  ['stored/s', ({ stored }) => stored, whole],
  ['turned away', ({ refused }) => refused, percent],
  ['web at work', ({ web }) => web, percent],
  ['answers p99', ({ worst }) => worst, duration],
  ['mails unsent', ({ mailDepth }) => mailDepth, whole],
  ['mail lag p99', ({ mailWorst }) => mailWorst, duration],
  ['count lag p99', ({ tallyWorst }) => tallyWorst, duration],
];

/** A line for each of the numbers that matter; the fullest bar is the most there was, which stands behind it. */
export function chartOf({ minutes }: Outcome): string {
  const shown = minutes.slice(0, 1 + minutes.findLastIndex(({ tries, mailDepth }) => tries + mailDepth > 0));
  const each = Math.max(1, Math.ceil(shown.length / 96));
  const rows = grouped(shown, each).map(summarise);
  const lines = charted.map(([name, number, text]) => {
    const most = Math.max(...rows.map(number));
    const line = rows.map((row) => bars[most > 0 ? Math.ceil((number(row) / most) * 8) : 0]).join('');
    return `${name.padStart(13)} |${line}| ${text(most)}`;
  });
  return [`${''.padStart(13)}  one column: ${each} min`, ...lines].join('\n');
}

/** What the numbers rest on, so that nobody takes an assumption for a measurement. */
export function basisOf({ said, measured }: Spoken): string {
  const line = (name: Name) =>
    `  ${name.padEnd(11)} ${String(said[name].value).padStart(8)}  ${said[name].from.padEnd(8)}  ${said[name].of}`;
  const heading = measured
    ? `measured at ${measured.at} on ${measured.machine.cpu}, ${measured.machine.cores} cores, with everything on it (bench/results/latest.json)`
    : 'NOTHING HERE IS MEASURED: there is no bench/results/latest.json (npm run bench)';
  return [heading, ...names.map(line)].join('\n');
}
