import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { freePort, type Part, type PartOptions, startPart } from './part.ts';

/** A private Redis: its own port and password, kept in `folder`, and nothing is evicted. */
export async function startRedis(
  folder: string,
  {
    onLine,
    onExit,
    port,
    password,
  }: Partial<Pick<PartOptions, 'onLine' | 'onExit'>> & { port?: number; password?: string },
): Promise<Part & { url: string; port: number; password: string }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const chosen = port ?? (await freePort());
  const secret = password ?? randomBytes(24).toString('base64url');
  const part = await startPart({
    command: 'redis-server',
    args: ['-'],
    input: [
      ...['bind 127.0.0.1', `port ${chosen}`, `requirepass ${secret}`, `dir "${folder}"`],
      ...['appendonly yes', 'appendfsync everysec', 'save ""', 'maxmemory-policy noeviction', 'daemonize no'],
    ].join('\n'),
    ready: (line) => line.includes('Ready to accept connections'),
    onLine: onLine ?? (() => undefined),
    onExit,
  });
  return { ...part, port: chosen, password: secret, url: `redis://:${secret}@127.0.0.1:${chosen}` };
}
