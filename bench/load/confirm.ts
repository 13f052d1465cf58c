import { Agent, request } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { serveControl } from '../parts/control.ts';

/** Presses confirm buttons at a steady rate, however long the answers take, and watches the count as a page does. */
type Order = { url: string; events: string; links: string[]; rate: number };

/** When the count was seen to be at least so high. Times in milliseconds of one clock. */
type Shown = { count: number; at: number };

/** How long the last count may take, in milliseconds. */
const patience = 60_000;

async function confirmAll({ url, events, links, rate }: Order) {
  const agent = new Agent({ keepAlive: true });
  const page = await openPage(url + events);
  const base = page.counts[0]?.count ?? 0;
  const acknowledged: { at: number; started: number }[] = [];
  const statuses: Record<string, number> = {};
  let started = 0;

  const confirm = (link: string, from: string) =>
    new Promise<void>((resolve, reject) => {
      const headers = { 'x-forwarded-for': from };
      request(url + link, { method: 'POST', agent, headers }, (response) => {
        const status = String(response.statusCode);
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status === '303') acknowledged.push({ at: performance.now(), started });
        response.resume().on('end', resolve);
      })
        .on('error', reject)
        .end();
    });

  const begun = performance.now();
  const answers: Promise<void>[] = [];
  while (started < links.length) {
    const due = Math.min(links.length, Math.ceil(((performance.now() - begun) / 1000) * rate));
    for (; started < due; ) {
      started += 1;
      answers.push(confirm(links[started - 1] ?? '', addressOf(started)));
    }
    await setTimeout(2);
  }
  const seconds = (performance.now() - begun) / 1000;
  await Promise.all(answers);
  if (statuses['303'] !== links.length) throw new Error(`The answers were ${JSON.stringify(statuses)}`);
  await page.until(base + links.length);
  page.close();
  agent.destroy();
  return { seconds, events: page.counts.length, waits: waits(acknowledged, page.counts, base) };
}

/** Each comes from a network of its own, as far as there are enough: links are limited for each. */
const addressOf = (n: number): string => `12.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;

/**
 * From each answer to the event that shows it. With `started` confirmations under way or done, nothing but a count of
 * as many is sure to hold this one: what is reported is never shorter than what somebody waits.
 */
function waits(acknowledged: { at: number; started: number }[], shown: Shown[], base: number): number[] {
  return acknowledged.map(({ at, started }) => {
    const event = shown.find(({ count }) => count >= base + started);
    return Math.max(0, (event?.at ?? Number.POSITIVE_INFINITY) - at);
  });
}

/** An open event stream. `until` waits for a count, and throws where it does not come. */
async function openPage(url: string) {
  const counts: Shown[] = [];
  let tail = '';
  const stream = request(url);
  stream.on('error', () => undefined).end();
  stream.on('response', (response) =>
    response.setEncoding('utf8').on('data', (text: string) => {
      const events = (tail + text).split('\n\n');
      tail = events.pop() ?? '';
      for (const event of events) {
        const [, count] = /^event: count\ndata: .*"count":(\d+)/.exec(event) ?? [];
        if (count) counts.push({ count: Number(count), at: performance.now() });
      }
    }),
  );
  const until = async (wanted: number) => {
    for (const end = performance.now() + patience; performance.now() < end; await setTimeout(5))
      if ((counts.at(-1)?.count ?? -1) >= wanted) return;
    throw new Error(`The page shows ${counts.at(-1)?.count} and not ${wanted}`);
  };
  await until(0);
  return { counts, until, close: () => stream.destroy() };
}

await serveControl({ confirm: confirmAll });
