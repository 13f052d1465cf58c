import { type Env, EnvError, readEnv } from './env.ts';
import { createLog, type Log } from './log.ts';

type Running = { close(): Promise<void> };

/** How long a process may take to stop, in milliseconds, before it is cut short. */
const stopTime = 15_000;
/** The same for one that has not even started: it may be waiting for a store that is gone for good. */
const startTime = 3_000;
/** Asked again within this, in milliseconds, is asked once: npm passes on a Ctrl-C that the terminal sent as well. */
const sameTime = 1_000;

/**
 * The life of one process: reads the configuration, starts, and closes on SIGINT, SIGTERM or when the process that
 * started it is gone; asked a second time, it ends at once. A start that cannot succeed ends with a sentence, not with
 * a stack.
 */
export async function runProcess(
  part: string,
  start: (env: Env, log: Log) => Promise<Running>,
): Promise<void> {
  try {
    // Before the start: who is asked to stop in the middle of it stops as cleanly once it is through.
    const asked = askedToStop();
    let isStarted = false;
    void asked.then(() => setTimeout(() => process.exit(1), isStarted ? stopTime : startTime).unref());
    const env = readEnv();
    const log = createLog(part, env.LOG_LEVEL);
    const running = await start(env, log);
    isStarted = true;
    void asked.then(() => stop(running, log));
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exit(1);
  }
}

const askedToStop = (): Promise<void> =>
  new Promise((resolve) => {
    let first: number | undefined;
    const ask = () => {
      first ??= performance.now();
      if (performance.now() - first > sameTime) process.exit(1);
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.on(signal, ask);
  });

async function stop(running: Running, log: Log): Promise<void> {
  log.info('stopping');
  try {
    await running.close();
    process.exit(0);
  } catch (error) {
    log.error({ err: error }, 'did not stop cleanly');
    process.exit(1);
  }
}

function explain(error: unknown): string {
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (error instanceof EnvError) return error.message;
  if (code === 'EADDRINUSE') return `Port ${port} is in use by another program. Choose another with PORT.`;
  return error instanceof Error ? String(error.stack) : String(error);
}
