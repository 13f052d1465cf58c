import { connect, type Socket } from 'node:net';

/** How one request ended: a status, or the code of what broke; and how long it took, in milliseconds. */
export type Answer = { status: number | string; took: number };
type Waiting = { bytes: string; begun: number; resolve(answer: Answer): void };

/**
 * A client that costs little, so that a crowd leaves the cores to the server: writes whole requests on connections that
 * are used again, one at a time on each, and reads of an answer only where it ends. More than `most` at once wait their
 * turn, and their time runs.
 */
export function openPool(port: number, most: number) {
  const idle: Socket[] = [];
  const line: Waiting[] = [];
  let open = 0;

  const dial = (first: Waiting): void => {
    open += 1;
    let current: Waiting | undefined;
    let read = '';
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const end = (status: number | string) => {
      const done = current;
      current = undefined;
      read = '';
      done?.resolve({ status, took: performance.now() - done.begun });
    };
    const use = (next: Waiting) => {
      current = next;
      socket.write(next.bytes, 'latin1');
    };
    uses.set(socket, use);
    socket.setTimeout(30_000, () => socket.destroy());
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      read += chunk;
      const head = read.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(read)?.[1] ?? 0);
      if (read.length < head + 4 + length) return;
      const isLast = /\r\nconnection: close/i.test(read.slice(0, head));
      end(Number(read.slice(9, 12)));
      const next = isLast ? undefined : line.shift();
      if (next) use(next);
      else if (!isLast) idle.push(socket);
    });
    socket.on('error', ({ code, message }: NodeJS.ErrnoException) => end(code ?? message));
    socket.on('close', () => {
      open -= 1;
      const place = idle.indexOf(socket);
      if (place >= 0) idle.splice(place, 1);
      end('closed');
      const next = line.shift();
      if (next) dial(next);
    });
    use(first);
  };
  const uses = new WeakMap<Socket, (next: Waiting) => void>();

  return (bytes: string): Promise<Answer> =>
    new Promise((resolve) => {
      const next = { bytes, begun: performance.now(), resolve };
      const socket = idle.pop();
      if (socket) uses.get(socket)?.(next);
      else if (open < most) dial(next);
      else line.push(next);
    });
}
