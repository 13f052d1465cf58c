import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { checkConserved, type Outcome, simulate, sumOf } from '../../bench/simulation/model.ts';
import { Waits } from '../../bench/simulation/numbers.ts';
import { type Name, type Parameters, readParameters } from '../../bench/simulation/parameters.ts';

/** The machine of these tests, whatever was measured elsewhere. */
const plain = { sign: 1_000, page: 5_000, mail: 300, viewers: 0, web: 1, workers: 1, deferred: 0.1 };
const parametersOf = async (changes: Partial<Record<Name, number>> = {}): Promise<Parameters> =>
  (await readParameters({ ...plain, ...changes })).values;

/** So many a second for a minute. */
const steady = (rate: number, parameters: Parameters, seed = 1): Outcome =>
  simulate(parameters, { shape: () => rate, from: 0, to: 1 / 60, seed });
const waitsOf = ({ minutes }: Outcome, kind: 'web' | 'mail' | 'tally'): Waits => {
  const waits = new Waits();
  for (const minute of minutes) waits.merge(minute.waits[kind]);
  return waits;
};

suite('The simulation of a surge', () => {
  test('loses nobody and counts nobody twice, with mails put off and people turned away', async () => {
    for (const [rate, changes] of [
      [50, {}],
      [400, { sign: 100, smtp: 0.5 }],
      [300, { perMinute: 5_000 }],
    ] as const)
      assert.deepEqual(checkConserved(steady(rate, await parametersOf(changes))), []);
  });

  test('says so where somebody is lost', async () => {
    const outcome = steady(20, await parametersOf());
    const last = outcome.minutes[0];
    assert.ok(last);
    last.counted -= 1;
    assert.match(checkConserved(outcome).join(), /counted = confirmed/);
  });

  test('gives the same numbers for the same seed, and others for another', async () => {
    const parameters = await parametersOf();
    const first = steady(50, parameters, 7);
    assert.deepEqual(steady(50, parameters, 7), first);
    assert.notEqual(steady(50, parameters, 8).people, first.people);
  });

  test('turns nobody away below what the processes can take, and stays quick for the others above it', async () => {
    const below = steady(70, await parametersOf({ sign: 100 }));
    assert.equal(sumOf(below.minutes, 'refused'), 0);
    const above = steady(300, await parametersOf({ sign: 100, turnAway: 50 }));
    const share = sumOf(above.minutes, 'refused') / sumOf(above.minutes, 'tries');
    assert.ok(share > 0.4, `${share} were turned away`);
    const worst = waitsOf(above, 'web').at(0.99);
    assert.ok(worst < 12, `of those who were taken one in a hundred waited ${worst} s`);
  });

  test('more processes turn fewer away, and fewer connections make mails wait', async () => {
    const refused = async (web: number) =>
      sumOf(steady(300, await parametersOf({ sign: 100, turnAway: 50, web })).minutes, 'refused');
    assert.ok((await refused(4)) < (await refused(1)));
    const mailLag = async (connections: number) =>
      waitsOf(steady(40, await parametersOf({ connections })), 'mail').at(0.5);
    assert.ok((await mailLag(1)) > 10 * (await mailLag(10)) + 10);
  });

  test('a tally that is slower than people confirm falls behind and catches up', async () => {
    const behind = steady(
      100,
      await parametersOf({ roundEach: 0.05, median: 5, spread: 0.2, connections: 20 }),
    );
    assert.ok(Math.max(...behind.minutes.map(({ tallyDepth }) => tallyDepth)) > 1_000);
    assert.equal(sumOf(behind.minutes, 'counted'), sumOf(behind.minutes, 'confirmed'));
  });

  test('says of every number where it comes from', async () => {
    const { said } = await readParameters({ web: 3 });
    assert.equal(said.web.from, 'option');
    assert.equal(said.batch.from, 'config');
    assert.match(said.sign.of, said.sign.from === 'measured' ? /row sign/ : /not measured yet/);
  });
});
