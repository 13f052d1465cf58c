import type { Part } from '../../scripts/part.ts';

/** Starts the process anew; tells `onExit` where it ended by itself. */
export type Launch = (onLine: (line: string) => void, onExit: (status: string) => void) => Promise<Part>;
/** How long a process may take to end before it is killed, in milliseconds. */
export const endPatience = 6_000;

export type KeptPart = ReturnType<typeof keepPart>;

/** A process that is killed, paused and started again; `died` hears of one that ends without having been told to. */
export function keepPart(launch: Launch, died: (status: string, lastWords: string[]) => void) {
  let part: Part | undefined;
  let latest: Promise<void> = Promise.resolve();
  /** Faults overlap; what ends and what starts it do not. */
  const inOrder = (work: () => Promise<void>): Promise<void> => {
    const doing = latest.then(work);
    latest = doing.catch(() => undefined);
    return doing;
  };
  const lastWords: string[] = [];
  const start = async () => {
    const hear = (line: string) => {
      lastWords.push(line);
      if (lastWords.length > 30) lastWords.shift();
    };
    part = await launch(hear, (status) => {
      part = undefined;
      died(status, lastWords);
    });
  };
  return {
    /** What it printed last. */
    lastWords,
    /** Starts it unless it runs. */
    start: () =>
      inOrder(async () => {
        if (!part) await start();
      }),
    /** Ends it, and does something before it may be started again. */
    end: (signal: 'SIGKILL' | 'SIGTERM', then?: () => Promise<void>) =>
      inOrder(async () => {
        const ending = part;
        part = undefined;
        await ending?.stop(signal, endPatience);
        await then?.();
      }),
    /** Stops it where it stands. Returns what lets it go on; where it was killed meanwhile that does nothing. */
    pause(): () => void {
      const paused = part;
      if (!paused) return () => undefined;
      process.kill(paused.pid, 'SIGSTOP');
      return () => {
        if (part === paused) process.kill(paused.pid, 'SIGCONT');
      };
    },
  };
}
