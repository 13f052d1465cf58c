import type { Request } from 'express';
import { Types } from 'mongoose';
import { record } from '../audit/entry.ts';
import { HttpError } from '../errors.ts';
import { Forbidden, type OrganizeRoute, type SignedIn } from '../middleware/guard.ts';
import { menuOf, organizePage } from '../organize/chrome.ts';
import { type Action, mayDo } from '../organizers/roles.ts';
import { showPage } from '../page.ts';
import { Petition, textIn } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { type Steering, steerTask, Task } from './task.ts';
import { taskView } from './view.ts';

/** Long work: its progress, and steering it. What it takes to see a task is what it took to begin it. */
export function taskRoutes(platform: Platform): OrganizeRoute[] {
  const steer = (wish: Steering): OrganizeRoute => ({
    method: 'post',
    path: `/organize/tasks/:task/${wish}`,
    needs: 'account',
    async handle(request, response, who) {
      const { task } = await taskOf(request, who);
      const steered = await steerTask(platform, task._id, wish);
      const { organizer } = who;
      if (steered) {
        await record({
          organizer: organizer._id,
          action: `task.${wish}`,
          petition: task.petition ?? undefined,
          subject: String(task._id),
        });
      }
      response.redirect(303, `/organize/tasks/${task._id.toHexString()}`);
    },
  });
  return [
    {
      method: 'get',
      path: '/organize/tasks/:task',
      needs: 'account',
      async handle(request, response, who) {
        const { task, petition } = await taskOf(request, who);
        const undo = await Task.findOne({ undoes: task._id }, { _id: 1 }).lean();
        const view = taskView(task);
        const isNewsletter = task.needs.startsWith('newsletter.');
        showPage(request, response, 'organize/task', {
          ...organizePage(platform, who, view.title, isNewsletter ? 'newsletter' : 'home'),
          ...{ isNewsletter, tab: isNewsletter ? 'overview' : undefined },
          width: 'narrow',
          script: 'js/task.js',
          refreshSeconds: view.isOver ? undefined : 3,
          task: view,
          undoneBy: undo?._id.toHexString(),
          undoes: task.undoes?.toHexString(),
          petitionId: task.petition?.toHexString(),
          petitionKind: petition?.kind,
          petitionTitle: petition && textIn(petition, petition.language).title,
          may: menuOf((action) => mayDo(who.organizer, action, petition)),
        });
      },
    },
    {
      method: 'get',
      path: '/organize/tasks/:task/progress.json',
      needs: 'account',
      async handle(request, response, who) {
        response.json(taskView((await taskOf(request, who)).task));
      },
    },
    steer('pause'),
    steer('resume'),
    steer('cancel'),
  ];
}

/** The task of `:task`, where the organizer may see it. */
async function taskOf(
  { params }: Request,
  { organizer }: SignedIn,
): Promise<{ task: Task; petition: Petition | undefined }> {
  const id = String(params.task);
  const task = Types.ObjectId.isValid(id) ? await Task.findById(id).lean<Task>() : null;
  if (!task) throw new HttpError(404);
  const petition = task.petition
    ? ((await Petition.findById(task.petition).lean<Petition>()) ?? undefined)
    : undefined;
  const needs = task.needs as Action;
  if (!mayDo(organizer, needs, petition)) throw new Forbidden(needs);
  return { task, petition };
}
