import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import { Engine } from './engine.ts';
import { startExpiry } from './expiry.ts';
import { lockDirectory } from './lock.ts';
import { listen } from './server.ts';

type Embedded = { url: string; port: number; close(): Promise<void> };

/**
 * Starts the embedded database on a data directory, listening on 127.0.0.1.
 * `port` 0 or left out takes a free one. Throws if another process holds the directory or the port.
 */
export async function startEmbedded({
  dataDir,
  port = 0,
  log = pino({ level: 'silent' }),
}: {
  dataDir: string;
  port?: number;
  log?: Logger;
}): Promise<Embedded> {
  const unlock = lockDirectory(dataDir);
  try {
    const engine = new Engine(dataDir);
    const server = await listen(engine, port, log).catch(async (failure: unknown) => {
      await engine.close();
      throw failure;
    });
    const url = `mongodb://127.0.0.1:${server.port}`;
    writeFileSync(addressFile(dataDir), JSON.stringify({ url, pid: process.pid }));
    const stopExpiry = startExpiry(engine, log);
    return {
      url,
      port: server.port,
      close: async () => {
        stopExpiry();
        await server.close();
        await engine.close();
        rmSync(addressFile(dataDir), { force: true });
        unlock();
      },
    };
  } catch (failure) {
    unlock();
    throw failure;
  }
}

/** Where a running database leaves its address for `npm run backup` and `npm run restore`. */
export function addressFile(dataDir: string): string {
  return join(dataDir, 'embedded.address.json');
}
