import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as limits from '../../config/limits.ts';

type Limits = typeof limits;
type Ours = { [name in keyof Limits]?: Partial<Record<keyof Limits[name], number>> };

/** Makes limits what a test can wait for, in this process: each test file has one of its own. */
export function setLimits<Known extends object>(
  known: Known,
  ours: Partial<Record<keyof Known, number>>,
): void {
  Object.assign(known, ours);
}

/** The environment in which a process of its own has such limits. */
export const limitsOf = (ours: Ours): Record<string, string> => ({
  NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'own-limits.ts'))}`,
  OWN_LIMITS: JSON.stringify(ours),
});
