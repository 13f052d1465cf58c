import type { Request } from 'express';
import { HttpError } from '../../../errors.ts';
import { formBody, formOf } from '../../../middleware/form-body.ts';
import type { Exchange, OrganizeRoute, SignedIn } from '../../../middleware/guard.ts';
import { changePath, organizePath, petitionPage } from '../../../organize/petition-page.ts';
import { showPage } from '../../../page.ts';
import type { Platform } from '../../../platform.ts';
import { readId } from '../../../record-id.ts';
import { Task } from '../../../tasks/task.ts';
import { beginChange, beginUndo } from './begin.ts';
import { changeForm, whyForm } from './form.ts';
import { changeView, previewChange } from './preview.ts';

const path = '/organize/petitions/:petition/signatures';
const tooShort = 'Say why, in a few words: it goes into the log.';

/** Changing signatures: first how many and which, then why, then a task that can be undone. */
export function changeRoutes(platform: Platform): OrganizeRoute[] {
  const needs = 'signature.change';
  return [
    {
      method: 'get',
      path: `${path}/change`,
      needs,
      handle: (request, response, who) => showPreview({ platform, request, response, who }, request.query),
    },
    {
      method: 'post',
      path: `${path}/change`,
      needs,
      before: [formBody()],
      async handle(request, response, who) {
        const form = formOf(request);
        const change = changeForm.safeParse(form);
        const why = whyForm.safeParse(form.why);
        if (!change.success) throw new HttpError(400);
        if (!why.success) {
          response.status(422);
          return showPreview({ platform, request, response, who }, form, tooShort);
        }
        const begun = await beginChange(platform, who.petition, who.organizer, change.data, why.data);
        if (begun.outcome === 'nothing') {
          response.status(422);
          return showPreview({ platform, request, response, who }, form);
        }
        response.redirect(303, `/organize/tasks/${begun.task.toHexString()}`);
      },
    },
    {
      method: 'get',
      path: `${path}/changes/:task`,
      needs: 'signature.view',
      handle: (request, response, who) => showChange({ platform, request, response, who }),
    },
    {
      method: 'post',
      path: `${path}/changes/:task/undo`,
      needs,
      before: [formBody()],
      async handle(request, response, who) {
        const task = await changeOf(request, who);
        // The page of the task has a button for it, but no field to say why.
        if (formOf(request).why === undefined)
          return response.redirect(303, changePath(who.petition, task._id));
        const why = whyForm.safeParse(formOf(request).why);
        if (!why.success)
          return showChange({ platform, request, response: response.status(422), who }, tooShort);
        const begun = await beginUndo(platform, who.petition, who.organizer, task, why.data);
        if (begun.outcome === 'nothing')
          return showChange({ platform, request, response: response.status(422), who });
        response.redirect(303, `/organize/tasks/${begun.task.toHexString()}`);
      },
    },
  ];
}

async function showPreview(
  { platform, request, response, who }: Exchange,
  asked: Record<string, unknown>,
  error?: string,
): Promise<void> {
  const change = changeForm.safeParse(asked);
  if (!change.success) throw new HttpError(400);
  const preview = await previewChange(platform, who.petition, change.data);
  showPage(request, response, 'organize/signatures/preview', {
    ...petitionPage(platform, who, `${preview.verb}: check first`, 'signatures'),
    preview,
    typed: { why: asked.why },
    error,
    backUrl: `${organizePath(who.petition, 'signatures')}?${preview.filterQuery}`,
    width: 'narrow',
  });
}

async function showChange({ platform, request, response, who }: Exchange, error?: string): Promise<void> {
  const task = await changeOf(request, who);
  const change = await changeView(platform, who.petition, task);
  showPage(request, response, 'organize/signatures/change', {
    ...petitionPage(platform, who, `${change.verb}: what came of it`, 'signatures'),
    change,
    error,
    typed: { why: formOf(request).why },
    width: 'narrow',
  });
}

/** A task of this petition that changed signatures. */
async function changeOf({ params }: Request, { petition }: SignedIn): Promise<Task> {
  const _id = readId(params.task);
  const task =
    _id && (await Task.findOne({ _id, petition: petition._id, kind: 'signatureChange' }).lean<Task>());
  if (!task) throw new HttpError(404);
  return task;
}
