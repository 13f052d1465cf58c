import type { Request } from 'express';
import { fileLimits, letterLimits } from '../../../../config/limits.ts';
import { HttpError } from '../../../errors.ts';
import { importFolder } from '../../../imports/import.ts';
import { receiveFile } from '../../../middleware/file-form.ts';
import { formBody, formOf } from '../../../middleware/form-body.ts';
import type { Exchange, OrganizeRoute, SignedIn } from '../../../middleware/guard.ts';
import { organizePage } from '../../../organize/chrome.ts';
import { showPage } from '../../../page.ts';
import { textIn } from '../../../petitions/petition.ts';
import type { Platform } from '../../../platform.ts';
import { readId } from '../../../record-id.ts';
import { Target } from '../../target.ts';
import { type Problems, readTarget } from '../form.ts';
import { letterPath, oneTargetView, targetFormView } from '../view.ts';
import { type Row, readRows, readSheet, rowsToSend, type Sheet } from './table.ts';
import * as list from './targets.ts';

const path = '/organize/petitions/:petition/letter/targets';
type Which = { petition: SignedIn['petition']; id: Target['_id'] };

/** To whom a letter goes: one by one, or from a sheet; each can be changed, paused and taken off. */
export function targetRoutes(platform: Platform): OrganizeRoute[] {
  const needs = 'petition.edit';
  const route = (
    method: 'get' | 'post',
    rest: string,
    handle: (exchange: Exchange) => void | Promise<void>,
    before?: OrganizeRoute['before'],
  ): OrganizeRoute => ({
    ...{ method, path: `${path}${rest}`, needs, before },
    handle: (request, response, who) => {
      if (who.petition.kind !== 'letter') throw new HttpError(404);
      return handle({ platform, request, response, who });
    },
  });
  const form = [formBody()];
  const step = (name: string, take: (which: Which, exchange: Exchange) => Promise<unknown>) =>
    route(
      'post',
      `/:target/${name}`,
      async (exchange) => {
        const which = await whichOf(exchange);
        await take(which, exchange);
        exchange.response.redirect(303, targetPath(which));
      },
      form,
    );
  return [
    route('post', '', add, form),
    route('post', '/preview', preview),
    route('post', '/import', bringIn, [formBody(letterLimits.csvBytes)]),
    route('get', '/:target', async (exchange) => showTarget(exchange, await targetOf(exchange))),
    route('post', '/:target', change, form),
    step('pause', (which, { who }) => list.pauseTarget(which, who.organizer, 'organizer')),
    step('bounce', (which, { who }) => list.pauseTarget(which, who.organizer, 'bounced')),
    step('resumption', (which, { who }) => list.resumeTarget(platform, which, who.organizer)),
    step('again', async (which, { who, request }) => {
      const what = formOf(request).what === 'unclear' ? 'unclear' : 'failed';
      await list.sendAgain(platform, which, what, who.organizer);
    }),
    route(
      'post',
      '/:target/removal',
      async (exchange) => {
        const which = await whichOf(exchange);
        await list.removeTarget(which, exchange.who.organizer);
        exchange.response.redirect(303, `${letterPath(which.petition)}?done=removed#targets`);
      },
      form,
    ),
  ];
}

const targetPath = ({ petition, id }: Which) => letterPath(petition, `targets/${id.toHexString()}`);

async function targetOf({ request, who }: Pick<Exchange, 'request' | 'who'>): Promise<Target> {
  const _id = readId((request as Request).params.target);
  const found = _id && (await Target.findOne({ _id, petition: who.petition._id }).lean<Target>());
  if (!found) throw new HttpError(404);
  return found;
}

const whichOf = async (exchange: Exchange): Promise<Which> => ({
  petition: exchange.who.petition,
  id: (await targetOf(exchange))._id,
});

const there = { address: 'This address is on the list already.' };

async function add(exchange: Exchange): Promise<void> {
  const { request, response, who } = exchange;
  const typed = formOf(request);
  const read = readTarget(who.petition, typed);
  const refuse = (problems: Problems) =>
    show({ ...exchange, response: response.status(422) }, 'new', 'Add a target', {
      target: { form: targetFormView(who.petition, typed, problems) },
    });
  if (read.outcome === 'refused') return refuse(read.problems);
  const added = await list.addTarget(who.petition, read.target, who.organizer);
  if (added === 'there') return refuse(there);
  if (added === 'full') return refuse({ name: `A letter has at most ${letterLimits.targets} targets.` });
  response.redirect(303, `${letterPath(who.petition)}?done=added#targets`);
}

async function change(exchange: Exchange): Promise<void> {
  const { request, response, who } = exchange;
  const target = await targetOf(exchange);
  const typed = formOf(request);
  const read = readTarget(who.petition, typed);
  const refuse = (problems: Problems) =>
    showTarget({ ...exchange, response: response.status(422) }, target, { typed, problems });
  if (read.outcome === 'refused') return refuse(read.problems);
  const which = { petition: who.petition, id: target._id };
  const changed = await list.changeTarget(which, read.target, who.organizer);
  if (changed === 'there') return refuse(there);
  response.redirect(303, `${targetPath(which)}?done=changed`);
}

async function showTarget(
  exchange: Exchange,
  target: Target,
  { typed, problems }: { typed?: Record<string, string>; problems?: Problems } = {},
): Promise<void> {
  const { name, title, address, language } = target;
  const { petition } = exchange.who;
  const stored = { name, title: title ?? '', address, language, salutation: target.salutation ?? '' };
  show(exchange, 'target', name, {
    target: {
      ...(await oneTargetView(petition, target)),
      form: targetFormView(petition, typed ?? stored, problems),
    },
    done: exchange.request.query.done === 'changed' ? 'Saved.' : undefined,
  });
}

const problemWords: Readonly<Record<string, string>> = {
  none: 'Choose a file.',
  tooLarge: 'The file is larger than 512 KB: a letter has at most 500 targets.',
  broken:
    'The file cannot be read: a quotation mark in it opens and never closes, or it did not arrive whole.',
  empty:
    'There is nobody in the file: it needs a first row with the names of the columns, and a row for each target.',
  noColumns:
    'The first row has to name the columns: name and address at least; title, language and salutation if you like.',
  notText:
    'This is no CSV file. In the spreadsheet program, save the sheet as CSV (“comma-separated values”) and send that.',
  tooMany: `There are more rows than the ${letterLimits.targets} targets a letter can have.`,
};

async function preview(exchange: Exchange): Promise<void> {
  const { platform, request, response, who } = exchange;
  const sent = await receiveFile(request, response, {
    folder: await importFolder(platform.env),
    bytes: letterLimits.csvBytes,
    time: fileLimits.uploadTime,
  });
  const sheet: Sheet | { outcome: 'refused'; problem: string; row?: number } =
    sent.outcome === 'sent'
      ? await readSheet(who.petition, sent.path)
      : { outcome: 'refused', problem: sent.outcome };
  if (sheet.outcome === 'read') return showRows(exchange, sheet.rows);
  const where = sheet.row ? ` It begins in row ${sheet.row}.` : '';
  const status = sheet.problem === 'tooLarge' ? 413 : 422;
  show({ ...exchange, response: response.status(status) }, 'import', 'Import targets', {
    error: `${problemWords[sheet.problem]}${where}`,
  });
}

async function bringIn(exchange: Exchange): Promise<void> {
  const { request, response, who } = exchange;
  const rows = await readRows(who.petition, formOf(request).rows);
  if (!rows) throw new HttpError(400);
  const right = rows.flatMap(({ target }) => (target ? [target] : []));
  const added = await list.addTargets(who.petition, right, who.organizer);
  response.redirect(303, `${letterPath(who.petition)}?imported=${added}#targets`);
}

function showRows(exchange: Exchange, rows: readonly Row[]): void {
  const right = rows.filter(({ target }) => target).length;
  show(exchange, 'import', 'Import targets', {
    rows: rows.map(({ row, typed, target, problem }) => ({ row, typed: target ?? typed, problem })),
    ...{ right, wrong: rows.length - right },
    send: rowsToSend(rows),
  });
}

function show(
  { platform, request, response, who }: Exchange,
  view: 'new' | 'target' | 'import',
  title: string,
  context: Record<string, unknown>,
): void {
  const { petition } = who;
  showPage(request, response, `organize/letters/${view}`, {
    ...organizePage(platform, who, title),
    petitionId: petition._id.toHexString(),
    petitionTitle: textIn(petition, petition.language).title,
    tab: 'letter',
    base: letterPath(petition),
    ...context,
  });
}
