import { randomBytes } from 'node:crypto';
import type { Answer } from './pool.ts';

/** How many, and how long they took in milliseconds. */
export type Times = { count: number; p50: number; p99: number };

export function timesOf(answers: Answer[]): Times {
  const times = answers.map(({ took }) => took).sort((a, b) => a - b);
  const at = (share: number) => Math.round(times[Math.floor(times.length * share)] ?? 0);
  return { count: times.length, p50: at(0.5), p99: at(0.99) };
}

/** How many ended in each way. */
export type Ends = Record<string, number>;

/** What became of those that were neither taken nor turned away. */
export function failuresOf(answers: Answer[]): Ends {
  const ends: Ends = {};
  for (const { status } of answers)
    if (status !== 303 && status !== 503) ends[status] = (ends[status] ?? 0) + 1;
  return ends;
}

const lines = (...head: string[]) => `${head.join('\r\n')}\r\n\r\n`;

/** A request for a page, as bytes. */
export const visit = (path: string): string =>
  lines(`GET ${path} HTTP/1.1`, 'host: localhost', 'accept: text/html');

/** A signature of somebody else from another network each time, as bytes. */
export function signature(slug: string): string {
  const email = `${randomBytes(9).toString('hex')}%40example.org`;
  const body = `name=Robin+Example&country=CA&comment=I+rest+there+every+morning.&email=${email}`;
  const address = [...randomBytes(3)].reduce((text, byte) => `${text}.${byte}`, '10');
  const head = lines(
    `POST /petitions/${slug}/signatures HTTP/1.1`,
    ...['host: localhost', 'accept: text/html', 'content-type: application/x-www-form-urlencoded'],
    ...[`content-length: ${body.length}`, `x-forwarded-for: ${address}`],
  );
  return head + body;
}

export const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
