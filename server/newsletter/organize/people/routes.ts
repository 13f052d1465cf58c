import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { newsletterLimits } from '../../../../config/limits.ts';
import { record } from '../../../audit/entry.ts';
import { HttpError } from '../../../errors.ts';
import { fileProblems } from '../../../imports/problems.ts';
import { calendarDay } from '../../../locales.ts';
import { receiveFile } from '../../../middleware/file-form.ts';
import { formBody, formOf } from '../../../middleware/form-body.ts';
import type { Exchange, OrganizeRoute } from '../../../middleware/guard.ts';
import { organizePage } from '../../../organize/chrome.ts';
import { showPage } from '../../../page.ts';
import type { Platform } from '../../../platform.ts';
import { Subscriber } from '../../subscriber.ts';
import { subscribersAsCsv } from './export.ts';
import { inviteReaders, type Row, readRows, readSheet, rowsToSend } from './invite.ts';

/** Rows of a preview: what is wrong is looked at, of what is right a few will do. */
const mostWrongShown = 200;
const mostRightShown = 20;

const path = '/organize/newsletter/people';
const needs = 'newsletter.people';

/** Asking people from a list whether they want the newsletter, and taking the addresses out for a reason. */
export function peopleOrganizeRoutes(platform: Platform): OrganizeRoute[] {
  const post = (
    name: string,
    handle: (exchange: Exchange) => Promise<void>,
    before?: OrganizeRoute['before'],
  ): OrganizeRoute => ({
    ...{ method: 'post', path: `${path}/${name}`, needs, before },
    handle: (request, response, who) => handle({ platform, request, response, who }),
  });
  return [
    {
      ...{ method: 'get', path, needs },
      handle: (request, response, who) => showPeople({ platform, request, response, who }),
    },
    post('preview', preview),
    post('invitations', invite, [formBody(newsletterLimits.rowsBytes)]),
    post('export', sendExport, [formBody()]),
  ];
}

const reason = z
  .string({ error: 'Say it in a few words: it goes into the log.' })
  .trim()
  .min(3, { error: 'Say it in a few words: it goes into the log.' })
  .max(300, { error: 'At most 300 characters.' });

const problemWords: Readonly<Record<string, string>> = {
  ...fileProblems,
  tooLarge: 'The file is larger than 1 MB. Send it in parts.',
  empty:
    'There is nobody in the file: it needs a first row with the names of the columns, and a row for each person.',
  noColumns: 'The first row has to name the columns: email at least; name and language if you like.',
  tooMany: `There are more than ${newsletterLimits.rows.toLocaleString('en')} rows. Send the list in parts.`,
};

async function preview(exchange: Exchange): Promise<void> {
  const { platform, response } = exchange;
  const sent = await receiveFile(exchange, newsletterLimits.csvBytes);
  const sheet =
    sent.outcome === 'sent'
      ? await readSheet(platform, sent.path)
      : ({ outcome: 'refused', problem: sent.outcome } as const);
  if (sheet.outcome === 'read') return showRows(exchange, sheet.rows);
  const where = 'row' in sheet && sheet.row ? ` It begins in row ${sheet.row}.` : '';
  response.status(sheet.problem === 'tooLarge' ? 413 : 422);
  return showPeople(exchange, { file: `${problemWords[sheet.problem]}${where}` });
}

async function invite(exchange: Exchange): Promise<void> {
  const { platform, request, response, who } = exchange;
  const typed = formOf(request);
  const rows = await readRows(platform, typed.rows);
  if (!rows) throw new HttpError(400);
  const why = reason.safeParse(typed.why);
  if (!why.success) {
    response.status(422);
    return showRows(exchange, rows, { why: typed.why ?? '', error: why.error.issues[0]?.message });
  }
  const { organizer } = who;
  const invited = await inviteReaders(platform, rows, { organizer: organizer._id, why: why.data });
  response.redirect(303, `${path}?invited=${invited}`);
}

/** Every export is in the log before its first byte is sent. */
async function sendExport(exchange: Exchange): Promise<void> {
  const { platform, request, response, who } = exchange;
  const { why = '' } = formOf(request);
  const read = reason.safeParse(why);
  if (!read.success) {
    response.status(422);
    return showPeople(exchange, { why: read.error.issues[0]?.message }, why);
  }
  const subscribers = await Subscriber.countDocuments({ state: 'subscribed' });
  await record({
    ...{ organizer: who.organizer._id, action: 'newsletter.export', details: { subscribers } },
    why: read.data,
  });
  response.attachment(`newsletter-${calendarDay(new Date())}.csv`).type('text/csv; charset=utf-8');
  await pipeline(Readable.from(subscribersAsCsv(platform)), response);
}

function showRows(
  { platform, request, response, who }: Exchange,
  rows: readonly Row[],
  { why = '', error }: { why?: string; error?: string | undefined } = {},
): void {
  const right = rows.filter(({ invited }) => invited);
  const wrong = rows.filter(({ invited }) => !invited);
  const shown = [...wrong.slice(0, mostWrongShown), ...right.slice(0, mostRightShown)];
  showPage(request, response, 'organize/newsletter/preview', {
    ...organizePage(platform, who, 'Invite people', 'newsletter'),
    rows: shown.map(({ row, typed, invited, problem }) => ({
      ...{ row, typed, problem, address: invited?.address.address, language: invited?.language },
    })),
    ...{ right: right.length, wrong: wrong.length, hidden: rows.length - shown.length },
    ...{ send: rowsToSend(rows), tab: 'people', why, error },
  });
}

async function showPeople(
  { platform, request, response, who }: Exchange,
  errors: { file?: string | undefined; why?: string | undefined } = {},
  why = '',
): Promise<void> {
  const invited = /^\d{1,5}$/.test(String(request.query.invited)) ? Number(request.query.invited) : undefined;
  showPage(request, response, 'organize/newsletter/people', {
    ...organizePage(platform, who, 'Readers', 'newsletter'),
    ...{ errors, why, tab: 'people', invited, wasInvited: invited !== undefined },
    subscribed: await Subscriber.countDocuments({ state: 'subscribed' }),
    rows: newsletterLimits.rows,
  });
}
