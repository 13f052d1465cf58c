import type { Log } from '../config/log.ts';
import type { Part } from './part.ts';

/** A part that ends by itself more often than this within a minute cannot run. */
const restartsAMinute = 5;
const restartAfter = 500;

/** Starts a part and is told when it ends by itself. */
export type Starter = (onExit: (status: string) => void) => Promise<Part>;

/** Keeps the parts of one machine running. `giveUp` is called with a reason when one of them cannot be. */
export function createSupervisor(log: Log, giveUp: (because: string) => void) {
  const parts = new Map<string, Part>();
  let isStopping = false;

  return {
    /** Starts a part, and starts it again whenever it ends. Throws where the first start fails. */
    async keepRunning(name: string, start: Starter): Promise<void> {
      let endings: number[] = [];
      const run = async () => {
        parts.set(name, await start(onExit));
      };
      const onExit = (status: string): void => {
        if (isStopping) return;
        endings = [...endings.filter((at) => at > Date.now() - 60_000), Date.now()];
        if (endings.length > restartsAMinute) {
          giveUp(`${name} cannot keep running (${status}), see above.`);
          return;
        }
        log.error(`${name} ended (${status}) and is started again`);
        setTimeout(() => {
          if (!isStopping) run().catch((error: Error) => onExit(error.message));
        }, restartAfter);
      };
      await run();
    },

    /** Stops the parts, group after group, each part of a group at once. */
    async stop(...groups: string[][]): Promise<void> {
      isStopping = true;
      for (const group of groups) await Promise.all(group.map((name) => parts.get(name)?.stop()));
    },
  };
}
