import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { serveControl } from '../parts/control.ts';

/** Many open pages: event streams on plain sockets, which cost this process as little as can be. */
type Viewer = { socket: Socket; tail: string; count: number };

/** So many connect at once; a listening socket has a queue of only so many. */
const atOnce = 200;
/** How long opening may take, in milliseconds. */
const openingTime = 120_000;
/** Enough to hold one event. */
const tailLength = 400;

const viewers: Viewer[] = [];
let lost = 0;

/** Opens so many streams, each of which must have been told a count. */
async function open({ port, path, count }: { port: number; path: string; count: number }) {
  const begun = performance.now();
  let left = count;
  const openOn = async () => {
    while (left > 0) {
      left -= 1;
      await openOne(port, path);
    }
  };
  const opening = Promise.all(Array.from({ length: atOnce }, openOn));
  await Promise.race([opening, setTimeout(openingTime, undefined, { ref: false })]);
  const silent = viewers.filter((viewer) => viewer.count < 0).length;
  if (viewers.length < count || silent > 0)
    throw new Error(
      `Of ${viewers.length} of ${count} streams ${silent} were told no count within ${openingTime} ms`,
    );
  return { opened: viewers.length, seconds: (performance.now() - begun) / 1000 };
}

function openOne(port: number, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const viewer: Viewer = { socket, tail: '', count: -1 };
    socket.setEncoding('latin1');
    socket.on('connect', () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n`),
    );
    socket.once('data', (text: string) => {
      if (!text.startsWith('HTTP/1.1 200 ')) reject(new Error(`A stream was answered ${text.slice(9, 12)}`));
    });
    socket.on('data', (text: string) => {
      viewer.tail = (viewer.tail + text).slice(-tailLength);
      const at = viewer.tail.lastIndexOf('"count":');
      // Where the number is not whole yet, the rest comes with the next piece.
      const [, number] = /^"count":(\d+),/.exec(viewer.tail.slice(at)) ?? [];
      if (at < 0 || !number) return;
      if (viewer.count < 0) resolve();
      viewer.count = Number(number);
    });
    socket.on('error', reject);
    socket.on('close', () => {
      lost += 1;
      reject(new Error('A stream was closed before it had a count'));
    });
    viewers.push(viewer);
  });
}

/** How many streams show this count, waited for: until all do or the time is over, in milliseconds. */
async function showing({ count, patience }: { count: number; patience: number }) {
  const how = () => viewers.filter((viewer) => !viewer.socket.destroyed && viewer.count === count).length;
  const begun = performance.now();
  while (how() < viewers.length && performance.now() - begun < patience) await setTimeout(50);
  return { streams: how(), lost, waited: performance.now() - begun };
}

await serveControl({ open, showing });
