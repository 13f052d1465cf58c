import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connectionLimits, fileLimits, stopWork } from '../config/limits.ts';

type Limits = { readonly [name in keyof typeof connectionLimits]: number };

/** Listens, and bounds what a connection may hold and for how long. Throws where the port is taken. */
export async function openServer(
  app: RequestListener,
  port: number,
  limits: Limits = connectionLimits,
): Promise<Server> {
  const server = createServer(
    {
      requestTimeout: fileLimits.uploadTime,
      headersTimeout: limits.headers,
      keepAliveTimeout: limits.keepAlive,
      connectionsCheckingInterval: limits.look,
      maxHeaderSize: limits.headerBytes,
    },
    app,
  );
  server.setTimeout(limits.silent);
  server.maxConnections = Math.min(limits.most, openFiles() - limits.otherFiles);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, resolve);
  });
  return server;
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
 * for the requests that are under way, and cuts those that take too long.
 */
export async function closeServer(server: Server): Promise<void> {
  await untilQuiet(server);
  // Right after the loop took the connections that had come: one that nobody took would be reset.
  await new Promise((resolve) => setImmediate(resolve));
  const closed = new Promise((resolve) => server.close(resolve));
  // A connection whose last answer could no longer say that it ends.
  const leaving = setInterval(() => server.closeIdleConnections(), stopWork.quiet);
  const cut = setTimeout(() => server.closeAllConnections(), stopWork.drain);
  await closed;
  clearInterval(leaving);
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
