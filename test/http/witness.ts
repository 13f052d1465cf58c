import { parentPort, workerData } from 'node:worker_threads';
import { type Answer, openPool } from './pool.ts';
import { type Ends, failuresOf, pause, signature, type Times, timesOf, visit } from './visits.ts';

/** What somebody in the crowd sees who has a clock of their own. */
export type Witnessed = {
  read: Times & { wrong: number };
  taken: Times;
  turnedAway: Times;
  failures: Ends;
};

/**
 * A thread beside the crowd: reads pages and signs now and then, so that what it measures has little of the crowd's own
 * haste in it. Tells when it is told to stop.
 */
const { port, slug } = workerData as { port: number; slug: string };
const send = openPool(port, 16);
const read: Answer[] = [];
const signed: Answer[] = [];
const pages = [`/petitions/${slug}`, `/petitions/${slug}/count.json`, '/healthz'].map(visit);
let isOver = false;
parentPort?.once('message', () => {
  isOver = true;
});

async function readOn(): Promise<void> {
  while (!isOver) {
    read.push(...(await Promise.all(pages.map(send))));
    await pause(50);
  }
}

async function signOn(): Promise<void> {
  while (!isOver) {
    signed.push(await send(signature(slug)));
    await pause(10);
  }
}

await Promise.all([readOn(), ...Array.from({ length: 4 }, signOn)]);
const by = (status: number) => signed.filter((answer) => answer.status === status);
const witnessed: Witnessed = {
  read: { ...timesOf(read), wrong: read.filter(({ status }) => status !== 200).length },
  taken: timesOf(by(303)),
  turnedAway: timesOf(by(503)),
  failures: failuresOf(signed),
};
parentPort?.postMessage(witnessed);
