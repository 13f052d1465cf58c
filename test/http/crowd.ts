import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Answer, openPool } from './pool.ts';
import { type Ends, failuresOf, pause, signature, type Times, timesOf } from './visits.ts';
import type { Witnessed } from './witness.ts';

/**
 * A crowd in a process of its own: `node crowd.ts URL SLUG`. It first signs as fast as it is answered, then for a while at
 * three times that rate however long answers take, with a witness beside it; then sees how soon all is well again. Prints
 * one line of JSON, a {@link Report}.
 */
export type Phase = {
  seconds: number;
  sent: number;
  taken: Times;
  turnedAway: Times;
  /** What became of all others: other statuses, and the codes of what broke. */
  failures: Ends;
};
export type Report = {
  rate: number;
  calm: Phase;
  crowded: Phase & {
    /** The share of its time in which the crowd itself was busy: near 1 its times are its own. */
    busy: number;
  };
  witnessed: Witnessed;
  recovered: number;
  /** How many signatures were taken in all, from the first on. */
  acknowledged: number;
};

const [url = '', slug = ''] = process.argv.slice(2);
const port = Number(new URL(url).port);
const send = openPool(port, 4_000);
let acknowledged = 0;

async function sign(): Promise<Answer> {
  const answer = await send(signature(slug));
  if (answer.status === 303) acknowledged += 1;
  return answer;
}

function phaseOf(answers: Answer[], begun: number): Phase {
  const by = (status: number) => answers.filter((answer) => answer.status === status);
  const [taken, turnedAway] = [by(303), by(503)];
  return {
    seconds: (performance.now() - begun) / 1_000,
    sent: answers.length,
    taken: timesOf(taken),
    turnedAway: timesOf(turnedAway),
    failures: failuresOf(answers),
  };
}

/** Each of a few signs again as soon as they are answered. */
async function signAsAnswered(seconds: number): Promise<Phase> {
  const begun = performance.now();
  const answers: Answer[] = [];
  const loop = async () => {
    while (performance.now() - begun < seconds * 1_000) answers.push(await sign());
  };
  await Promise.all(Array.from({ length: 48 }, loop));
  return phaseOf(answers, begun);
}

/** So many a second, on time, however long answers take. */
async function signOnTime(rate: number, seconds: number): Promise<Report['crowded']> {
  const [begun, before] = [performance.now(), performance.eventLoopUtilization()];
  const underWay: Promise<Answer>[] = [];
  for (let passed = 0; passed < seconds; passed = (performance.now() - begun) / 1_000) {
    while (underWay.length < rate * passed) underWay.push(sign());
    await pause(5);
  }
  const busy = performance.eventLoopUtilization(before).utilization;
  return { ...phaseOf(await Promise.all(underWay), begun), busy };
}

async function witness<Value>(during: () => Promise<Value>): Promise<[Value, Witnessed]> {
  const thread = new Worker(join(import.meta.dirname, 'witness.ts'), { workerData: { port, slug } });
  const value = await during();
  thread.postMessage('over');
  const [witnessed] = (await once(thread, 'message')) as [Witnessed];
  acknowledged += witnessed.taken.count;
  return [value, witnessed];
}

/** Milliseconds until twenty in a row are taken, each within a second. */
async function recover(): Promise<number> {
  const begun = performance.now();
  for (let inARow = 0; inARow < 20 && performance.now() - begun < 60_000; ) {
    const { status, took } = await sign();
    inARow = status === 303 && took < 1_000 ? inARow + 1 : 0;
  }
  return Math.round(performance.now() - begun);
}

await signAsAnswered(2);
const calm = await signAsAnswered(3);
const rate = calm.taken.count / calm.seconds;
const [crowded, witnessed] = await witness(() => signOnTime(3 * rate, 5));
const recovered = await recover();
const report: Report = { rate, calm, crowded, witnessed, recovered, acknowledged };
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(0);
