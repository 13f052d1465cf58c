import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureConfirm } from './measures/confirm.ts';
import { measureExport } from './measures/export.ts';
import { measureMail } from './measures/mail.ts';
import {
  measureDashboardMillion,
  measureListMillion,
  measurePageMillion,
  measureSignMillion,
} from './measures/million.ts';
import { measureCount, measurePage } from './measures/page.ts';
import { measureSign } from './measures/sign.ts';
import { measureSignRate } from './measures/sign-rate.ts';
import { measureViewers } from './measures/viewers.ts';
import { printProfiles } from './profile.ts';
import { describeMachine, tableOf, writeResults } from './results.ts';
import { judge, type Measured, type RowId, rows } from './rows.ts';
import { scaleOf } from './scale.ts';
import { type Endings, end, startWorld, type World } from './world.ts';

type Measure = { gives: RowId[]; run: (world: World) => Promise<Measured[]>; isLong?: boolean };

/** Every measure, in the order they run. `isLong`: not in a quick run. */
const measures: Measure[] = [
  { gives: ['page'], run: measurePage },
  { gives: ['count_json'], run: measureCount },
  { gives: ['sign'], run: measureSign },
  { gives: ['sign_rate'], run: measureSignRate },
  { gives: ['confirm_to_event_p99'], run: measureConfirm },
  { gives: ['viewers', 'viewer_memory'], run: measureViewers },
  { gives: ['mail'], run: measureMail },
  { gives: ['page_million'], run: measurePageMillion, isLong: true },
  { gives: ['dashboard_million'], run: measureDashboardMillion, isLong: true },
  { gives: ['list_million'], run: measureListMillion, isLong: true },
  { gives: ['export_rate', 'export_memory'], run: measureExport, isLong: true },
  { gives: ['sign_million'], run: measureSignMillion, isLong: true },
];

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    /** Ids of rows, separated by commas. */
    only: { type: 'string' },
    profile: { type: 'boolean', default: false },
  },
});
const say = (line: string) => process.stderr.write(`${line}\n`);

const endings: Endings = [];
let isStopping = false;
for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  process.on(signal, async () => {
    if (isStopping) return;
    isStopping = true;
    say('stopping');
    await end(endings);
    process.exit(status);
  });
process.exitCode = await run().catch((error) => {
  // What is being stopped breaks what is being measured; the process ends once all is stopped.
  if (isStopping) return new Promise<number>(() => undefined);
  throw error;
});

/** Returns the exit status: whether everything could be measured, not whether the budgets are met. */
async function run(): Promise<number> {
  const begun = Date.now();
  const machine = describeMachine();
  const profiles = options.profile ? await mkdtemp(join(tmpdir(), 'undersigned-profiles-')) : undefined;
  const { measured, failed } = await startWorld({ scale: scaleOf(options.quick), profiles }, endings)
    .then((world) => measureAll(world, chosen()))
    .finally(() => end(endings));

  const results = {
    at: new Date(begun).toISOString(),
    ...{ machine, quick: options.quick, rows: measured.map(judge) },
  };
  process.stdout.write(tableOf(results, measured));
  if (profiles) await printProfiles(profiles);
  // What is a part, or was slowed down by a profiler, must not pass for the whole.
  if (!profiles && !options.only) say(`written to ${await writeResults(results)}`);
  say(`${((Date.now() - begun) / 1000).toFixed(0)} s in all`);
  for (const why of failed) say(`NOT MEASURED: ${why}`);
  return failed.length > 0 ? 1 : 0;
}

function chosen(): Measure[] {
  const ids = options.only?.split(',');
  const unknown = ids?.filter((id) => !Object.hasOwn(rows, id)) ?? [];
  if (unknown.length > 0)
    throw new Error(`There is no row ${unknown}. There are: ${Object.keys(rows).join(', ')}`);
  return measures.filter(({ gives, isLong }) =>
    ids ? gives.some((id) => ids.includes(id)) : !(isLong && options.quick),
  );
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** One measure that fails does not keep the others from being made. */
async function measureAll(running: World, wanted: Measure[]) {
  const measured: Measured[] = [];
  const failed: string[] = [];
  for (const { gives, run: measure } of wanted) {
    const begun = Date.now();
    try {
      measured.push(...(await measure(running)));
      say(`${gives.join(', ')}: measured in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
    } catch (error) {
      if (isStopping) throw error;
      failed.push(`${gives.join(', ')}: ${messageOf(error)}`);
      say(failed.at(-1) ?? '');
    }
    // What it left behind would be measured with the next, but what was measured stands.
    await running.forget().catch((error) => failed.push(`what comes after ${gives[0]}: ${messageOf(error)}`));
  }
  return { measured, failed };
}
