import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import type { Step, Task } from '../tasks/task.ts';
import type { Export } from './export.ts';
import { packStep } from './pack/step.ts';
import { tableStep } from './table-step.ts';

/**
 * The next step of an export: a table, or a delivery pack. Called with each step's cursor until it says `finished`, it
 * needs no worker.
 */
export const exportStep = (
  platform: Pick<Platform, 'env' | 'vault'>,
  petition: Petition,
  made: Export,
  task: Pick<Task, 'cursor'>,
): Promise<Step> => (made.kind === 'pdf' ? packStep : tableStep)(platform, petition, made, task);
