import { countPeopleStep } from '../../server/dashboard/overview/people.ts';
import type { Step, Task } from '../../server/tasks/task.ts';
import type { TaskTools } from '../task.ts';

/** Counts the different people behind some petitions. */
export const countPeople = (_tools: TaskTools, task: Task): Promise<Step> => countPeopleStep(task);
