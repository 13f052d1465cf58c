import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import {
  type AddressInfo,
  createServer as createNetServer,
  type Server as NetServer,
  type Socket,
} from 'node:net';
import { connectionLimits, fileLimits, stopWork } from '../config/limits.ts';
import { cutBare, keepBare } from './bare-connections.ts';

type Limits = { readonly [name in keyof typeof connectionLimits]: number };

/** An HTTP server with its connections, and more ears on its port. */
type Listening = { server: Server; sockets: Set<Socket>; ears: NetServer[]; port: number };

/** Listens, and bounds what a connection may hold and for how long. Throws where the port is taken. */
export async function openServer(
  app: RequestListener,
  wanted: number,
  limits: Limits = connectionLimits,
): Promise<Listening> {
  const server = createServer(
    {
      requestTimeout: fileLimits.uploadTime,
      headersTimeout: limits.headers,
      keepAliveTimeout: limits.keepAlive,
      connectionsCheckingInterval: limits.look,
      maxHeaderSize: limits.headerBytes,
      // What asks for another protocol is answered in this one.
      shouldUpgradeCallback: () => false,
    },
    app,
  );
  server.setTimeout(limits.silent);
  keepBare(server);
  const sockets = turnAwayAbove(Math.min(limits.most, openFiles() - limits.otherFiles), server);
  if (process.platform !== 'linux') return { server, sockets, ears: [], port: await listen(server, wanted) };

  // Whoever shares a port is not told that another program has it.
  const probe = createNetServer();
  await listen(probe, wanted);
  await new Promise((resolve) => probe.close(resolve));
  const port = await listen(server, wanted, true);
  const ears = Array.from({ length: limits.ears - 1 }, () =>
    createNetServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit('connection', socket)),
  );
  for (const ear of ears) await listen(ear, port, true);
  return { server, sockets, ears, port };
}

async function listen(server: NetServer, port: number, reusePort = false): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ port, reusePort }, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Returns the connections that are open. */
function turnAwayAbove(most: number, server: Server): Set<Socket> {
  const open = new Set<Socket>();
  function closed(this: Socket) {
    open.delete(this);
  }
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', closed);
    if (open.size > most) socket.destroy();
  });
  return open;
}

/** How many files this process may have open, where the system says so: a connection is one. */
function openFiles(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return Number(soft ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/**
 * Goes on taking requests for a moment, each answered with `Connection: close`: whoever stands in front moves to another
 * process by themselves, and no request is under way on a connection that we close. Then takes no new connection, waits
 * for the requests that are under way, and cuts those that take too long. Who has connected ahead and said nothing, as
 * browsers do, is not waited for.
 */
export async function closeServer({ server, sockets, ears }: Listening): Promise<void> {
  await untilQuiet(server);
  // Right after the loop took connections: one that nobody took is reset.
  await new Promise((resolve) => setImmediate(resolve));
  const closed = Promise.all([server, ...ears].map((one) => new Promise((resolve) => one.close(resolve))));
  // A connection whose last answer could no longer say that it ends.
  const leaving = setInterval(() => server.closeIdleConnections(), stopWork.quiet);
  const unheard = setTimeout(() => {
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  }, stopWork.unheard);
  const cut = setTimeout(() => {
    server.closeAllConnections();
    cutBare(server);
  }, stopWork.drain);
  await closed;
  clearInterval(leaving);
  clearTimeout(unheard);
  clearTimeout(cut);
}

async function untilQuiet(server: Server): Promise<void> {
  let latest = performance.now();
  server.on('request', () => {
    latest = performance.now();
  });
  const end = latest + stopWork.notice;
  while (performance.now() < Math.min(end, latest + stopWork.quiet))
    await new Promise((resolve) => setTimeout(resolve, stopWork.quiet / 4));
}
