import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** How one part of the system is started. `ready` says, line by line, whether what it printed means that it is. */
export type PartOptions = {
  command: string;
  args: string[];
  env?: Record<string, string | undefined>;
  /** Written to its standard input, which is then closed: for what must not stand in the process list. */
  input?: string;
  ready: (line: string) => boolean;
  onLine: (line: string) => void;
  /** Told when it ended by itself. */
  onExit?: (status: string) => void;
};

/** A running part. */
export type Part = { pid: number; stop(signal?: NodeJS.Signals, patience?: number): Promise<void> };

const mains = {
  web: ['server/main.ts'],
  // A million rows of an export would let V8's young generation grow by 60 MiB, at no gain.
  workers: ['workers/main.ts', '--max-semi-space-size=8'],
  database: ['embedded/main.ts'],
} as const;
export type Main = keyof typeof mains;

/** What node is given to run one of our processes; package.json says the same. */
export function mainArgs(name: Main): string[] {
  const [file, ...flags] = mains[name];
  return [...flags, join(import.meta.dirname, '..', file)];
}

const setpriv = '/usr/bin/setpriv';

/**
 * Starts a part in a process group of its own, so that Ctrl-C reaches only whoever decides the order of stopping; the
 * kernel ends it if this process dies (Linux). Resolves when it is ready; throws with its last words where it is not.
 */
export async function startPart(options: PartOptions): Promise<Part> {
  const child = spawnTied(options);
  const lastWords: string[] = [];
  let isStopping = false;
  let ended: string | undefined;
  const exited = new Promise<void>((resolve) => {
    child.once('error', (error) => lastWords.push(error.message));
    child.once('close', (code, signal) => {
      ended = signal ?? `status ${code}`;
      resolve();
    });
  });
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        lastWords.push(line);
        if (lastWords.length > 20) lastWords.shift();
        options.onLine(line);
        if (options.ready(line)) resolve();
      });
    }
    void exited.then(() => reject(new Error(lastWords.join('\n') || `ended with ${ended}`)));
  });
  void exited.then(() => {
    if (!isStopping) options.onExit?.(ended ?? '');
  });

  return {
    pid: child.pid ?? 0,
    async stop(signal = 'SIGTERM', patience = 20_000) {
      isStopping = true;
      if (ended !== undefined) return;
      child.kill(signal);
      const cut = setTimeout(() => child.kill('SIGKILL'), patience);
      await exited;
      clearTimeout(cut);
    },
  };
}

function spawnTied({ command, args, env, input }: PartOptions): ChildProcess {
  const tied = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'TERM', command, ...args] : [command, ...args];
  const [program = command, ...rest] = tied;
  const child = spawn(program, rest, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    detached: true,
  });
  child.stdin?.on('error', () => undefined).end(input ?? '');
  return child;
}

/**
 * A port nobody listens on. Not one that the system would give away by itself: between our asking and our using it,
 * that would be somebody else's.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(11_000, 30_000);
    if (await isFree(port)) return port;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
