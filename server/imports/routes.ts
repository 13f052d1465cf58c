import type { Request, Response } from 'express';
import { fileLimits } from '../../config/limits.ts';
import { HttpError } from '../errors.ts';
import { receiveFile } from '../middleware/file-form.ts';
import { formBody, formOf } from '../middleware/form-body.ts';
import type { OrganizeRoute, SignedIn } from '../middleware/guard.ts';
import { organizePath, petitionPage } from '../organize/petition-page.ts';
import { showPage } from '../page.ts';
import type { Platform } from '../platform.ts';
import { beginImport } from './begin.ts';
import type { Import } from './import.ts';
import { guessMapping, type Mapping, mappingForm, mappingProblem } from './mapping.ts';
import { fileProblems } from './problems.ts';
import { receiveImport } from './receive.ts';
import { importOf, importResultRoutes, showResult } from './result/routes.ts';
import { fileView, listImports, mappingView, previewRows } from './view.ts';

const problems = {
  ...fileProblems,
  tooLarge: 'The file is larger than 100 MB. Split it, and import the parts one after the other.',
  noHeader:
    'The first row holds an e-mail address. It has to hold the names of the columns, such as Name and Postal code.',
};

/** Signatures on paper: a file is sent, its columns are named, its first rows are shown, and a task reads it in. */
export function importRoutes(platform: Platform): OrganizeRoute[] {
  const path = '/organize/petitions/:petition/imports';
  const needs = 'signature.import';
  return [
    {
      method: 'get',
      path,
      needs,
      handle: (request, response, who) => showImports(platform, request, response, who),
    },
    {
      method: 'post',
      path,
      needs,
      handle: (request, response, who) => receive(platform, request, response, who),
    },
    {
      method: 'get',
      path: `${path}/:import`,
      needs,
      async handle(request, response, who) {
        const given = await importOf(request, who);
        if (given.begunAt) return showResult(platform, request, response, who, given);
        const asked = request.query.dates === undefined ? undefined : mappingForm.safeParse(request.query);
        if (asked && !asked.success) throw new HttpError(400);
        await showMapping(platform, request, response, who, given, asked?.data);
      },
    },
    {
      method: 'post',
      path: `${path}/:import`,
      needs,
      before: [formBody()],
      handle: (request, response, who) => begin(platform, request, response, who),
    },
    ...importResultRoutes(platform),
  ];
}

async function receive(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
): Promise<void> {
  const sent = await receiveFile({ platform, request, response }, fileLimits.importBytes);
  const refuse = (problem: keyof typeof problems) =>
    showImports(
      platform,
      request,
      response.status(problem === 'tooLarge' ? 413 : 422),
      who,
      problems[problem],
    );
  if (sent.outcome !== 'sent') return refuse(sent.outcome);
  const received = await receiveImport(platform, who.petition, who.organizer, sent.path);
  if (received.outcome === 'refused') return refuse(received.problem);
  response.redirect(303, organizePath(who.petition, `imports/${received.id.toHexString()}`));
}

async function begin(platform: Platform, request: Request, response: Response, who: SignedIn): Promise<void> {
  const given = await importOf(request, who);
  const mapping = mappingForm.safeParse(formOf(request));
  if (!mapping.success) throw new HttpError(400);
  const { columns } = await previewRows(platform, who.petition, given).catch(fileIsGone);
  const problem = mappingProblem(mapping.data, columns.length);
  if (problem) return showMapping(platform, request, response.status(422), who, given, mapping.data, problem);
  const task = await beginImport(platform, who.petition, who.organizer, given, mapping.data);
  const next = task ? `/organize/tasks/${task.toHexString()}` : organizePath(who.petition, 'imports');
  response.redirect(303, next);
}

/** Files are deleted after a day. */
function fileIsGone(error: NodeJS.ErrnoException): never {
  throw error.code === 'ENOENT' ? new HttpError(410) : error;
}

async function showImports(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
  error?: string,
): Promise<void> {
  showPage(request, response, 'organize/imports/index', {
    ...petitionPage(platform, who, 'Import from paper', 'signatures'),
    imports: await listImports(platform, who.petition),
    error,
    width: 'narrow',
  });
}

async function showMapping(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
  given: Import,
  asked?: Mapping,
  error?: string,
): Promise<void> {
  const { columns } = await previewRows(platform, who.petition, given).catch(fileIsGone);
  const mapping = asked ?? guessMapping(columns, 'CA');
  const problem = mappingProblem(mapping, columns.length);
  const { rows } = await previewRows(platform, who.petition, given, problem ? undefined : mapping);
  showPage(request, response, 'organize/imports/mapping', {
    ...petitionPage(platform, who, 'Import: which column is which', 'signatures'),
    file: fileView(who.petition, given),
    mapping: mappingView(mapping, columns),
    columns,
    rows,
    problem,
    error,
  });
}
