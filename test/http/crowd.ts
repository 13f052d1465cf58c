import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { overloadWork } from '../../config/limits.ts';

/**
 * A crowd in a process of its own: `node crowd.ts URL SLUG`. It first signs as fast as it is answered, then for a while at
 * three times that rate however long answers take, reading pages meanwhile; then sees how soon all is well again. Prints
 * one line of JSON, a {@link Report}.
 */
export type Times = { count: number; p50: number; p99: number };
export type Phase = {
  seconds: number;
  sent: number;
  taken: Times;
  turnedAway: Times;
  /** What became of all others: other statuses, and the codes of what broke. */
  failures: (number | string)[];
};
export type Report = {
  rate: number;
  calm: Phase;
  crowded: Phase;
  read: Times & { wrong: number };
  recovered: number;
  /** How many signatures were taken in all, from the first on. */
  acknowledged: number;
};

type Answer = { status: number | string; took: number };

const [url = '', slug = ''] = process.argv.slice(2);
const signers = new Agent({ keepAlive: true, maxSockets: 4_000 });
const readers = new Agent({ keepAlive: true, maxSockets: 8 });
const form = { name: 'Robin Example', country: 'CA', comment: 'I rest there every morning.' };

function send(agent: Agent, path: string, body?: string): Promise<Answer> {
  const begun = performance.now();
  return new Promise((resolve) => {
    const end = (status: number | string) => resolve({ status, took: performance.now() - begun });
    const fail = ({ code, message }: NodeJS.ErrnoException) => end(code ?? message);
    const sent = request(
      url + path,
      {
        agent,
        method: body ? 'POST' : 'GET',
        headers: {
          accept: 'text/html',
          ...(body && {
            'content-type': 'application/x-www-form-urlencoded',
            'content-length': Buffer.byteLength(body),
            'x-forwarded-for': [...randomBytes(3)].reduce((address, byte) => `${address}.${byte}`, '10'),
          }),
        },
      },
      (response) => {
        response.on('end', () => end(response.statusCode ?? 0)).on('error', fail);
        response.resume();
      },
    );
    sent.setTimeout(30_000, () => sent.destroy());
    sent.on('error', fail).end(body);
  });
}

let acknowledged = 0;

async function sign(): Promise<Answer> {
  const email = `${randomBytes(9).toString('hex')}@example.org`;
  const body = String(new URLSearchParams({ ...form, email }));
  const answer = await send(signers, `/petitions/${slug}/signatures`, body);
  if (answer.status === 303) acknowledged += 1;
  return answer;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function timesOf(answers: Answer[]): Times {
  const times = answers.map(({ took }) => took).sort((a, b) => a - b);
  const at = (share: number) => Math.round(times[Math.floor(times.length * share)] ?? 0);
  return { count: times.length, p50: at(0.5), p99: at(0.99) };
}

function phaseOf(answers: Answer[], begun: number): Phase {
  const by = (status: number) => answers.filter((answer) => answer.status === status);
  const [taken, turnedAway] = [by(303), by(503)];
  return {
    seconds: (performance.now() - begun) / 1_000,
    sent: answers.length,
    taken: timesOf(taken),
    turnedAway: timesOf(turnedAway),
    failures: answers.map(({ status }) => status).filter((status) => status !== 303 && status !== 503),
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
async function signOnTime(rate: number, seconds: number): Promise<Phase> {
  const begun = performance.now();
  const underWay: Promise<Answer>[] = [];
  for (let passed = 0; passed < seconds; passed = (performance.now() - begun) / 1_000) {
    while (underWay.length < rate * passed) underWay.push(sign());
    await pause(5);
  }
  return phaseOf(await Promise.all(underWay), begun);
}

async function readOn(isOver: () => boolean): Promise<Report['read']> {
  const answers: Answer[] = [];
  while (!isOver()) {
    const paths = [`/petitions/${slug}`, `/petitions/${slug}/count.json`, '/healthz'];
    answers.push(...(await Promise.all(paths.map((path) => send(readers, path)))));
    await pause(50);
  }
  return { ...timesOf(answers), wrong: answers.filter(({ status }) => status !== 200).length };
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
let isOver = false;
const reading = readOn(() => isOver);
// Two of three cannot be taken: as long as the line needs to fill with them, and some seconds more.
const crowded = await signOnTime(3 * rate, 4 + (1.5 * overloadWork.depth) / (2 * rate));
isOver = true;
const [read, recovered] = [await reading, await recover()];
const report: Report = { rate, calm, crowded, read, recovered, acknowledged };
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(0);
