import type { Request, Response } from 'express';
import { HttpError } from '../../errors.ts';
import { byteOrderMark, csvOf } from '../../exports/csv.ts';
import { formBody, formOf } from '../../middleware/form-body.ts';
import type { OrganizeRoute, SignedIn } from '../../middleware/guard.ts';
import { organizePath, petitionPage } from '../../organize/petition-page.ts';
import { showPage } from '../../page.ts';
import type { Platform } from '../../platform.ts';
import { readId } from '../../record-id.ts';
import { whyForm } from '../../signatures/organize/changes/form.ts';
import { Task } from '../../tasks/task.ts';
import { Import } from '../import.ts';
import { fileView, reportOf } from '../view.ts';
import { beginImportUndo } from './undo.ts';
import { undoView } from './undo-view.ts';

const tooShort = 'Say why, in a few words: it goes into the log.';

/** What came of an import: the rows that were left out, and taking it back. */
export function importResultRoutes(platform: Platform): OrganizeRoute[] {
  const path = '/organize/petitions/:petition/imports/:import';
  const needs = 'signature.import';
  return [
    {
      method: 'get',
      path: `${path}/report.csv`,
      needs,
      async handle(request, response, who) {
        const report = await reportOf(await importOf(request, who));
        if (!report) throw new HttpError(404);
        const lines = report.rows.map(({ row, problem }) => [String(row), problem]);
        response.attachment('import-report.csv').type('text/csv');
        response.send(byteOrderMark + csvOf([['Row', 'Problem'], ...lines]));
      },
    },
    {
      method: 'post',
      path: `${path}/undo`,
      needs,
      before: [formBody()],
      handle: (request, response, who) => takeBack(platform, request, response, who),
    },
  ];
}

async function takeBack(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
): Promise<void> {
  const given = await importOf(request, who);
  const imported = given.task && (await Task.findById(given.task).lean<Task>());
  if (!imported) throw new HttpError(404);
  const { why } = formOf(request);
  // The page of the task has a button for it, but no field to say why.
  if (why === undefined)
    return response.redirect(303, organizePath(who.petition, `imports/${String(given._id)}`));
  const reason = whyForm.safeParse(why);
  if (!reason.success) return showResult(platform, request, response.status(422), who, given, tooShort);
  const begun = await beginImportUndo(platform, who.petition, who.organizer, imported, reason.data);
  if (begun.outcome === 'nothing') return showResult(platform, request, response.status(422), who, given);
  response.redirect(303, `/organize/tasks/${begun.task.toHexString()}`);
}

/** The import of `:import`, where it is one of this petition's. */
export async function importOf({ params }: Request, { petition }: SignedIn): Promise<Import> {
  const _id = readId(params.import);
  const given = _id && (await Import.findOne({ _id, petition: petition._id }).lean<Import>());
  if (!given) throw new HttpError(404);
  return given;
}

export async function showResult(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
  given: Import,
  error?: string,
): Promise<void> {
  showPage(request, response, 'organize/imports/show', {
    ...petitionPage(platform, who, 'What came of the import', 'signatures'),
    file: fileView(who.petition, given),
    task: given.task?.toHexString(),
    report: await reportOf(given),
    undo: await undoView(platform, given),
    error,
    typed: { why: formOf(request).why },
    width: 'narrow',
  });
}
