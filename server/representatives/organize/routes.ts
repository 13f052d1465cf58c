import type { Request } from 'express';
import { representativeLimits } from '../../../config/limits.ts';
import { record } from '../../audit/entry.ts';
import { HttpError } from '../../errors.ts';
import { fileProblems } from '../../imports/problems.ts';
import { receiveFile } from '../../middleware/file-form.ts';
import { formBody, formOf } from '../../middleware/form-body.ts';
import type { Exchange, OrganizeRoute } from '../../middleware/guard.ts';
import { organizePage } from '../../organize/chrome.ts';
import { petitionPage } from '../../organize/petition-page.ts';
import { showPage } from '../../page.ts';
import type { Platform } from '../../platform.ts';
import { readId } from '../../record-id.ts';
import { fieldNames, fields } from '../table/columns.ts';
import { type Received, receiveTable } from '../table/receive.ts';
import { RepresentativeTable, takeTableBack, useTable } from '../table/table.ts';
import type { SettingsProblems } from './form.ts';
import { changeSettings, settingsView } from './settings.ts';
import { tablesView, tableView } from './view.ts';

const megabytes = representativeLimits.fileBytes / 1024 / 1024;
const problems = {
  ...fileProblems,
  tooLarge: `The file is larger than ${megabytes} MB. Use what postal codes begin with in place of whole ones.`,
};
const done: Readonly<Record<string, string>> = {
  used: 'Letters go by this table from now on.',
  undone: 'Taken back. Letters go by the table before it again, if there is one.',
  unchanged: 'Nothing was changed: somebody was faster, or it was so already.',
  saved: 'Saved.',
};
const needs = 'representatives.change';
const path = '/organize/representatives';

/** The table of representatives, and which representatives a letter goes to. */
export function organizeRepresentativeRoutes(platform: Platform): OrganizeRoute[] {
  const change = (wish: 'use' | 'undo'): OrganizeRoute => ({
    method: 'post',
    path: `${path}/:table/${wish}`,
    needs,
    handle: (request, response, who) => changeTable({ platform, request, response, who }, wish),
  });
  const settings = '/organize/petitions/:petition/representatives';
  return [
    {
      method: 'get',
      path,
      needs,
      handle: (request, response, who) => showTables({ platform, request, response, who }),
    },
    {
      method: 'post',
      path,
      needs,
      handle: (request, response, who) => receive({ platform, request, response, who }),
    },
    {
      method: 'get',
      path: `${path}/:table`,
      needs,
      handle: (request, response, who) => showTable({ platform, request, response, who }),
    },
    change('use'),
    change('undo'),
    {
      method: 'get',
      path: settings,
      needs: 'petition.edit',
      handle: (request, response, who) => showSettings({ platform, request, response, who }),
    },
    {
      method: 'post',
      path: settings,
      needs: 'petition.edit',
      before: [formBody()],
      handle: (request, response, who) => saveSettings({ platform, request, response, who }),
    },
  ];
}

const doneIn = ({ query }: Request): string | undefined => done[String(query.done)];

async function showTables({ platform, request, response, who }: Exchange, error?: string): Promise<void> {
  showPage(request, response, 'organize/representatives/index', {
    ...organizePage(platform, who, 'Representatives', 'home'),
    ...(await tablesView(platform)),
    ...{ error, megabytes, done: doneIn(request), width: 'narrow' },
    columns: fields.map((field) => fieldNames[field]).join(', '),
  });
}

async function receive(exchange: Exchange): Promise<void> {
  const { platform, response, who } = exchange;
  const sent = await receiveFile(exchange, representativeLimits.fileBytes);
  const refuse = (error: string, status = 422) =>
    showTables({ ...exchange, response: response.status(status) }, error);
  if (sent.outcome !== 'sent') return refuse(problems[sent.outcome], sent.outcome === 'tooLarge' ? 413 : 422);
  const received = await receiveTable(platform, who.organizer, sent.path);
  if (received.outcome === 'refused') return refuse(wordsFor(received));
  const subject = received.id.toHexString();
  await record({ organizer: who.organizer._id, action: 'representatives.import', subject });
  response.redirect(303, `${path}/${subject}`);
}

const wordsFor = (refused: Extract<Received, { outcome: 'refused' }>): string =>
  refused.problem === 'columns'
    ? `The first row has to name the columns. Not found: ${refused.missing.join(', ')}.`
    : problems[refused.problem];

async function tableOf({ params }: Request): Promise<RepresentativeTable> {
  const id = readId(params.table);
  const table = id && (await RepresentativeTable.findById(id).lean<RepresentativeTable>());
  if (!table) throw new HttpError(404);
  return table;
}

async function showTable({ platform, request, response, who }: Exchange): Promise<void> {
  const table = await tableView(platform, await tableOf(request));
  // Its task has the progress, and leads back here.
  if (!table.isRead && table.task) return response.redirect(303, `/organize/tasks/${table.task.id}`);
  showPage(request, response, 'organize/representatives/show', {
    ...organizePage(platform, who, 'A table of representatives', 'home'),
    ...{ table, done: doneIn(request) },
  });
}

async function changeTable({ request, response, who }: Exchange, wish: 'use' | 'undo'): Promise<void> {
  const { _id, people, areas, refused } = await tableOf(request);
  const hasChanged = wish === 'use' ? await useTable(_id) : await takeTableBack(_id);
  const subject = _id.toHexString();
  if (hasChanged)
    await record({
      ...{ organizer: who.organizer._id, action: `representatives.${wish}`, subject },
      details: { people, postalCodes: areas, leftOut: refused },
    });
  const what = !hasChanged ? 'unchanged' : wish === 'use' ? 'used' : 'undone';
  response.redirect(303, `${path}?done=${what}`);
}

async function showSettings(
  { platform, request, response, who }: Exchange,
  typed?: Record<string, string>,
  wrong?: SettingsProblems,
): Promise<void> {
  const { petition } = who;
  showPage(request, response, 'organize/representatives/letter', {
    ...petitionPage(platform, who, 'Representatives', 'letter'),
    ...{ done: doneIn(request), width: 'narrow' },
    isLetter: petition.kind === 'letter',
    representativesSettings: await settingsView(petition, typed, wrong),
  });
}

async function saveSettings(exchange: Exchange): Promise<void> {
  const { request, response, who } = exchange;
  if (who.petition.kind !== 'letter') throw new HttpError(404);
  const typed = formOf(request);
  const saved = await changeSettings(who.petition, who.organizer, typed);
  if (saved.outcome === 'refused')
    return showSettings({ ...exchange, response: response.status(422) }, typed, saved.problems);
  response.redirect(303, `/organize/petitions/${who.petition._id.toHexString()}/representatives?done=saved`);
}
