import { resolve } from 'node:path';
import type { Request, Response } from 'express';
import { record } from '../audit/entry.ts';
import { HttpError } from '../errors.ts';
import { formBody, formOf } from '../middleware/form-body.ts';
import type { OrganizeRoute, SignedIn } from '../middleware/guard.ts';
import { petitionPage } from '../organize/petition-page.ts';
import { showPage } from '../page.ts';
import type { Platform } from '../platform.ts';
import { readId } from '../record-id.ts';
import { countUpTo } from '../signatures/organize/by-index.ts';
import { filterForm, filterQuery } from '../signatures/organize/filter.ts';
import { readFilter } from '../signatures/organize/routes.ts';
import { filterInWords } from '../signatures/organize/view.ts';
import { beginExport } from './begin.ts';
import { columnChoices } from './columns.ts';
import { Export, type ExportKind, partPath } from './export.ts';
import { exportForm, tickedColumns } from './form.ts';
import { exportsView, fileName, isDownloadable, kindChoices, listExports } from './view.ts';

/** Exports: what, of whom and why; a task that writes them; files that go after a day. */
export function exportRoutes(platform: Platform): OrganizeRoute[] {
  const path = '/organize/petitions/:petition/exports';
  const needs = 'signature.export';
  return [
    {
      method: 'get',
      path,
      needs,
      handle: (request, response, who) => showExports(platform, request, response, who),
    },
    {
      method: 'post',
      path,
      needs,
      before: [formBody()],
      handle: (request, response, who) => begin(platform, request, response, who),
    },
    {
      method: 'get',
      path: `${path}/:export`,
      needs,
      async handle(request, response, who) {
        const [made] = await exportsView(platform, who.petition, [await exportOf(request, who)]);
        showPage(request, response, 'organize/exports/show', {
          ...petitionPage(platform, who, 'Export', 'exports'),
          made,
          width: 'narrow',
        });
      },
    },
    {
      method: 'get',
      path: `${path}/:export/files/:part`,
      needs,
      handle: (request, response, who) => sendFile(platform, request, response, who),
    },
  ];
}

async function begin(platform: Platform, request: Request, response: Response, who: SignedIn): Promise<void> {
  const typed = formOf(request);
  const columns = tickedColumns(typed);
  const parsed = exportForm.safeParse(typed);
  const issue = parsed.error?.issues[0];
  if (issue && issue.path[0] !== 'why') throw new HttpError(400);
  const noColumns = columns.length === 0 && typed.kind !== 'pdf' && 'Tick at least one column.';
  if (!parsed.success || noColumns) {
    response.status(422);
    return showExports(platform, request, response, who, {
      why: issue?.message,
      columns: noColumns || undefined,
    });
  }
  const { kind, why, ...filter } = parsed.data;
  const task = await beginExport(platform, who.petition, who.organizer, { kind, filter, columns, why });
  response.redirect(303, `/organize/tasks/${task.toHexString()}`);
}

async function exportOf({ params }: Request, { petition }: SignedIn): Promise<Export> {
  const _id = readId(params.export);
  const made = _id && (await Export.findOne({ _id, petition: petition._id }).lean<Export>());
  if (!made) throw new HttpError(404);
  return made;
}

/** Each download is in the log. A link that has expired says so, and where a new one comes from. */
async function sendFile(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
): Promise<void> {
  const made = await exportOf(request, who);
  const part = Number(request.params.part);
  const showGone = () =>
    showPage(request, response.status(410), 'organize/exports/gone', {
      ...petitionPage(platform, who, 'This file was deleted', 'exports'),
      width: 'narrow',
    });
  if (!isDownloadable(made, new Date())) {
    if (made.readyAt || made.deletedAt) return showGone();
    return response.redirect(303, `/organize/tasks/${String(made.task)}`);
  }
  if (!Number.isInteger(part) || part < 1 || part > made.parts.length) throw new HttpError(404);
  await record({
    ...{ organizer: who.organizer._id, action: 'signature.download', petition: who.petition._id },
    ...{ subject: made._id.toHexString(), details: { kind: made.kind, part } },
  });
  const file = resolve(await partPath(platform.env, made, part - 1));
  response.attachment(fileName(who.petition, made, part));
  const options = { cacheControl: false, etag: false, lastModified: false, dotfiles: 'allow' } as const;
  await new Promise<void>((done, reject) => {
    response.sendFile(file, options, (error?: NodeJS.ErrnoException) => {
      if (!error || response.headersSent) return done();
      if (error.code !== 'ENOENT') return reject(error);
      response.removeHeader('Content-Disposition');
      showGone();
      done();
    });
  });
}

async function showExports(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
  errors?: { why?: string; columns?: string },
): Promise<void> {
  const { petition } = who;
  const typed = request.method === 'POST' ? formOf(request) : {};
  const asked = readFilter(request.method === 'POST' ? typed : request.query);
  const isPlain = request.method === 'GET' && request.query.all === undefined && filterQuery(asked) === '';
  const filter = isPlain ? filterForm.parse({ state: 'confirmed' }) : asked;
  showPage(request, response, 'organize/exports/index', {
    ...petitionPage(platform, who, 'Exports', 'exports'),
    exports: await exportsView(platform, petition, await listExports(petition)),
    kinds: kindChoices(typed.kind as ExportKind | undefined),
    columns: columnChoices(petition, errors ? tickedColumns(typed) : undefined),
    filterFields: Object.entries(filter).flatMap(([name, value]) => (value ? [{ name, value }] : [])),
    filterWords: filterInWords(filter),
    query: filterQuery(filter),
    count: await countUpTo(petition, filter),
    typed,
    errors,
    width: 'narrow',
  });
}
