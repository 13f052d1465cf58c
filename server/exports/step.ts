import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import type { Step, Task } from '../tasks/task.ts';
import type { Export } from './export.ts';
import { tableStep } from './table-step.ts';

/**
 * The next step of an export: a table, or a delivery pack. Called with each step's cursor until it says `finished`, it
 * needs no worker.
 */
export async function exportStep(
  platform: Pick<Platform, 'env' | 'vault'>,
  petition: Petition,
  made: Export,
  task: Pick<Task, 'cursor'>,
): Promise<Step> {
  // What writes PDFs is large, and read when the first is written.
  const takeStep = made.kind === 'pdf' ? (await import('./pack/step.ts')).packStep : tableStep;
  return takeStep(platform, petition, made, task);
}
