import { mainArgs, type Part, startPart } from '../../scripts/part.ts';
import type { World } from './world.ts';

/** One of our processes, by itself, as production runs it; `lines` is its log. */
export type OwnProcess = Part & { lines: string[]; exited(): boolean };

/** Starts a web or worker process on a world's stores. `ready` is a part of the line that says it is up. */
export async function startProcess(
  world: Pick<World, 'source'>,
  name: 'web' | 'workers',
  env: Record<string, string> = {},
  ready: string = { web: '"msg":"listening on ', workers: '"msg":"working"' }[name],
): Promise<OwnProcess> {
  const lines: string[] = [];
  let hasExited = false;
  const part = await startPart({
    command: process.execPath,
    args: mainArgs(name),
    env: { ...world.source, LOG_LEVEL: 'info', ...env },
    ready: (line) => line.includes(ready),
    onLine: (line) => lines.push(line),
    onExit: () => {
      hasExited = true;
    },
  });
  return { ...part, lines, exited: () => hasExited };
}
