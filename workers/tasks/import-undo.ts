import { undoStep } from '../../server/imports/result/undo.ts';
import { formatNumber } from '../../server/locales.ts';
import type { Step, Task } from '../../server/tasks/task.ts';
import type { TaskTools } from '../task.ts';

/** Takes back what an import stored, wherever nobody has changed it since. */
export async function undoImport(tools: TaskTools, task: Task): Promise<Step> {
  const step = await undoStep(tools, task);
  const n = task.done + step.done;
  const summary = `${formatNumber('en', n)} ${n === 1 ? 'signature' : 'signatures'} taken back.`;
  return { ...step, result: { summary } };
}
