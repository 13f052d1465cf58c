import { letterLimits } from '../../../../config/limits.ts';
import { HttpError } from '../../../errors.ts';
import { fileProblems } from '../../../imports/problems.ts';
import { receiveFile } from '../../../middleware/file-form.ts';
import { formBody, formOf } from '../../../middleware/form-body.ts';
import type { Exchange, OrganizeRoute } from '../../../middleware/guard.ts';
import { showPage } from '../../../page.ts';
import type { Platform } from '../../../platform.ts';
import { letterPage } from '../page.ts';
import { type Row, readRows, readSheet, rowsToSend, type Sheet } from '../targets/table.ts';
import { addTargets } from '../targets/targets.ts';
import { letterPath } from '../view.ts';

/** Targets from a sheet: its rows are shown with what is wrong, and only then brought in. Nothing is kept between. */
export function targetImportRoutes(platform: Platform): OrganizeRoute[] {
  const path = '/organize/petitions/:petition/letter/targets';
  const route = (
    name: string,
    handle: (exchange: Exchange) => Promise<void>,
    before?: OrganizeRoute['before'],
  ): OrganizeRoute => ({
    ...{ method: 'post', path: `${path}/${name}`, needs: 'petition.edit', before },
    handle: (request, response, who) => {
      if (who.petition.kind !== 'letter') throw new HttpError(404);
      return handle({ platform, request, response, who });
    },
  });
  return [route('preview', preview), route('import', bringIn, [formBody(letterLimits.csvBytes)])];
}

const problemWords: Readonly<Record<string, string>> = {
  ...fileProblems,
  tooLarge: 'The file is larger than 512 KB: a letter has at most 500 targets.',
  empty:
    'There is nobody in the file: it needs a first row with the names of the columns, and a row for each target.',
  noColumns:
    'The first row has to name the columns: name and address at least; title, language and salutation if you like.',
  tooMany: `There are more rows than the ${letterLimits.targets} targets a letter can have.`,
};

async function preview(exchange: Exchange): Promise<void> {
  const { response, who } = exchange;
  const sent = await receiveFile(exchange, letterLimits.csvBytes);
  const sheet: Sheet | { outcome: 'refused'; problem: string; row?: number } =
    sent.outcome === 'sent'
      ? await readSheet(who.petition, sent.path)
      : { outcome: 'refused', problem: sent.outcome };
  if (sheet.outcome === 'read') return showRows(exchange, sheet.rows);
  const where = sheet.row ? ` It begins in row ${sheet.row}.` : '';
  const status = sheet.problem === 'tooLarge' ? 413 : 422;
  show(
    { ...exchange, response: response.status(status) },
    {
      error: `${problemWords[sheet.problem]}${where}`,
    },
  );
}

async function bringIn(exchange: Exchange): Promise<void> {
  const { request, response, who } = exchange;
  const rows = await readRows(who.petition, formOf(request).rows);
  if (!rows) throw new HttpError(400);
  const right = rows.flatMap(({ target }) => (target ? [target] : []));
  const added = await addTargets(who.petition, right, who.organizer);
  response.redirect(303, `${letterPath(who.petition)}?imported=${added}#targets`);
}

function showRows(exchange: Exchange, rows: readonly Row[]): void {
  const right = rows.filter(({ target }) => target).length;
  show(exchange, {
    rows: rows.map(({ row, typed, target, problem }) => ({ row, typed: target ?? typed, problem })),
    ...{ right, wrong: rows.length - right },
    send: rowsToSend(rows),
  });
}

function show({ platform, request, response, who }: Exchange, context: Record<string, unknown>): void {
  const page = letterPage(platform, who, 'Import targets');
  showPage(request, response, 'organize/letters/import', { ...page, ...context });
}
