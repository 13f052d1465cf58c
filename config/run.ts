import { type Env, EnvError, readEnv } from './env.ts';
import { createLog, type Log } from './log.ts';

type Running = { close(): Promise<void> };

/** How long a process may take to stop, in milliseconds, before it is cut short. */
const stopTime = 15_000;

/**
 * The life of one process: reads the configuration, starts, and closes on SIGINT, SIGTERM or when the process that
 * started it is gone. A start that cannot succeed ends with a sentence, not with a stack.
 */
export async function runProcess(
  part: string,
  start: (env: Env, log: Log) => Promise<Running>,
): Promise<void> {
  try {
    const env = readEnv();
    const log = createLog(part, env.LOG_LEVEL);
    const running = await start(env, log);
    process.send?.('ready');
    const stop = () => {
      log.info('stopping');
      setTimeout(() => process.exit(1), stopTime).unref();
      running.close().then(
        () => process.exit(0),
        (error) => {
          log.error({ err: error }, 'did not stop cleanly');
          process.exit(1);
        },
      );
    };
    let stopping = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'disconnect'] as const) {
      process.on(signal, () => {
        if (!stopping) stop();
        stopping = true;
      });
    }
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exit(1);
  }
}

function explain(error: unknown): string {
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (error instanceof EnvError) return error.message;
  if (code === 'EADDRINUSE') return `Port ${port} is in use by another program. Choose another with PORT.`;
  return error instanceof Error ? String(error.stack) : String(error);
}
