import { recountStep } from '../../server/campaigns/members.ts';
import type { Step, Task } from '../../server/tasks/task.ts';
import type { TaskTools } from '../task.ts';

/** Takes petitions into the count of a campaign, or out of it. */
export const recountCampaign = (tools: TaskTools, task: Task): Promise<Step> => recountStep(tools, task);
