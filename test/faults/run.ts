import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Run, runSeed } from './seed.ts';
import { type System, startSystem } from './system.ts';

/**
 * `npm run test:faults -- --seeds 100 --from 1`, or `--seed 7` for one, `--times 10` to repeat it: the schedule is the same each
 * time, how the processes interleave is not.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '20' },
    from: { type: 'string', default: '1' },
    times: { type: 'string', default: '1' },
  },
});

/** After so many seeds everything is started from nothing. */
const together = 20;

const say = (text: string) => process.stdout.write(`${text}\n`);

const report = ({ seed, acts, mails, confirmed, twice, milliseconds, wrong, schedule }: Run): void => {
  const done = Object.entries(acts)
    .toSorted()
    .map(([act, count]) => `${act} ${count}`);
  say(
    `seed ${seed}: ${wrong.length === 0 ? 'passed' : 'FAILED'} in ${milliseconds} ms; ${done.join(', ')}; ` +
      `confirmed ${confirmed}, mails ${mails}, twice ${twice.notAnswered} not answered + ${twice.notRecorded} not recorded`,
  );
  if (wrong.length > 0)
    say(
      `${schedule}\n${wrong.map((each) => `  - ${each}`).join('\n')}\n  again: npm run test:faults -- --seed ${seed}`,
    );
};

let system: System | undefined;

/** Started from nothing now and then, and after a failure, so that it fails alone. */
async function systemFor(n: number, hasFailed: boolean): Promise<System> {
  if (system && n % together > 0 && !hasFailed) return system;
  await system?.close();
  system = await startSystem();
  if (!system.disk && n === 0) say('No disk can be mounted here (only root may): the disk is never full.');
  return system;
}

async function run(seeds: number[]): Promise<number> {
  let failed = 0;
  let hasFailed = false;
  for (const [n, seed] of seeds.entries()) {
    const result = await runSeed(await systemFor(n, hasFailed), seed);
    report(result);
    hasFailed = result.wrong.length > 0;
    failed += Number(hasFailed);
  }
  return failed;
}

/** The kernel ends what does not end by then. */
const stop = async () => {
  await Promise.race([system?.close(), sleep(5_000)]);
  process.exit(1);
};
process.once('SIGINT', stop).once('SIGTERM', stop);
const seeds = values.seed
  ? Array.from({ length: Number(values.times) }, () => Number(values.seed))
  : Array.from({ length: Number(values.seeds) }, (_, n) => n + Number(values.from));
const begun = performance.now();
const failed = await run(seeds).finally(() => system?.close());
say(
  `${seeds.length - failed} of ${seeds.length} passed in ${Math.round((performance.now() - begun) / 1000)} s`,
);
process.exit(failed > 0 ? 1 : 0);
