import { connect } from 'node:net';
import type { TestContext } from 'node:test';

/** A connection on which a test says what it likes; `said` is what came back. */
export function dial(port: number, t: TestContext) {
  const socket = connect(port, '127.0.0.1');
  const begun = performance.now();
  const line = { socket, said: '', isClosed: false, lasted: 0 };
  socket.on('data', (chunk: Buffer) => {
    line.said += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    line.isClosed = true;
    line.lasted = performance.now() - begun;
  });
  t.after(() => socket.destroy());
  return line;
}
