import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import { runCommand } from './commands/registry.ts';
import type { Engine } from './engine.ts';
import { encodeReply, nextMessage, parseMessage } from './wire.ts';

/** Listens on the loopback interface only: the protocol's authentication is not part of this database. */
export async function listen(
  engine: Engine,
  port: number,
  log: Logger,
): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    connections += 1;
    const id = connections;
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', (error) => log.debug({ connection: id, error: error.message }, 'connection lost'));
    serve(socket, engine, id).catch((failure: unknown) => {
      log.warn(
        { connection: id, error: failure instanceof Error ? failure.message : failure },
        'connection closed',
      );
      socket.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => stop(server, sockets),
  };
}

/** Answers one connection's messages one after the other. While one is at work the socket is not read. */
async function serve(socket: Socket, engine: Engine, connection: number): Promise<void> {
  let received: Buffer = Buffer.alloc(0);
  const pieces: Buffer[] = [];
  let waitingFor = 4;
  let size = 0;
  for await (const piece of socket) {
    pieces.push(piece as Buffer);
    size += (piece as Buffer).length;
    if (size < waitingFor) continue;
    received = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
    for (let next = nextMessage(received); next; next = nextMessage(received)) {
      received = next.rest;
      await answer(socket, next.message, engine, connection);
    }
    pieces.splice(0, pieces.length, received);
    size = received.length;
    waitingFor = size >= 4 ? received.readInt32LE(0) : 4;
  }
}

async function answer(socket: Socket, bytes: Buffer, engine: Engine, connection: number): Promise<void> {
  const message = parseMessage(bytes);
  const reply = await runCommand(engine, message, connection);
  if (message.silent || socket.destroyed) return;
  if (!socket.write(encodeReply(message, reply))) {
    await new Promise<void>((resolve) => {
      socket.once('drain', resolve);
      socket.once('close', resolve);
    });
  }
}

async function stop(server: Server, sockets: Set<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of sockets) socket.destroy();
  await closed;
}
