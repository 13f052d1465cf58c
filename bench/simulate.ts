import { parseArgs } from 'node:util';
import { checkConserved, simulate, sumOf } from './simulation/model.ts';
import { type Name, names, readParameters } from './simulation/parameters.ts';
import { basisOf, chartOf, tableOf } from './simulation/report.ts';
import { describe, recorded, wanted } from './simulation/shape.ts';

/**
 * `node bench/simulate.ts --scale 5.2 --web 4`: a day like the busiest of the largest petition on record, so many times
 * as large, on so many processes. Any parameter that is printed can be given. See docs/scale.md.
 */
const { values: options } = parseArgs({
  options: {
    ...Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
    /** `wanted` (the record and what it is assumed to hide) or `recorded`. */
    shape: { type: 'string', default: 'wanted' },
    /** Hours of the day. */
    from: { type: 'string', default: '0' },
    to: { type: 'string', default: '24' },
    /** Minutes in a row of the table. */
    every: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
  },
}) as { values: Record<string, string | undefined> };

const number = (name: string): number => {
  const value = Number(options[name]);
  if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} takes a number`);
  return value;
};
const given = names.filter((name) => options[name] !== undefined);
const spoken = await readParameters(
  Object.fromEntries(given.map((name) => [name, number(name)])) as Partial<Record<Name, number>>,
);
const { values } = spoken;
if (values.web <= values.streams) throw new Error('At least one web process must take forms');
const shape = { recorded, wanted }[options.shape ?? ''];
if (!shape) throw new Error('--shape is recorded or wanted');

const [from, to] = [number('from'), number('to')];
const outcome = simulate(values, { shape, from, to, seed: number('seed') });
const wrong = checkConserved(outcome);
const { total, peak } = describe(shape, from, to);
const sum = (name: Parameters<typeof sumOf>[1]) => sumOf(outcome.minutes, name).toLocaleString('en');

process.stdout.write(
  [
    basisOf(spoken),
    '',
    `${Math.round(total * values.scale).toLocaleString('en')} people want to sign from ${from} to ${to} h, at most ${(peak * values.scale).toFixed(0)} a second`,
    '',
    tableOf(outcome, from, number('every')),
    'p50, p99: answers. depth, unsent, uncounted, web, streams, shard, redis: of the fullest minute; over 100 % is more work than time. Mail lag is in whole seconds.',
    '',
    chartOf(outcome),
    '',
    `people ${outcome.people.toLocaleString('en')}, stored ${sum('stored')}, gave up ${sum('gaveUp')}; forms sent ${sum('tries')}, turned away ${sum('refused')}, limited ${sum('limited')}`,
    `mailed ${sum('mailed')}, confirmed ${sum('confirmed')}, counted ${sum('counted')}`,
    wrong.length === 0
      ? 'conserved: nobody is lost, nobody counted twice'
      : `NOT CONSERVED: ${wrong.join('; ')}`,
    '',
  ].join('\n'),
);
if (wrong.length > 0) process.exitCode = 1;
