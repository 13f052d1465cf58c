import assert from 'node:assert/strict';
import { strFromU8 } from 'fflate';
import type { Petition } from '../../server/petitions/petition.ts';
import type { SignedInVisitor } from './organizer.ts';
import { unescapeHtml } from './page.ts';
import { finishTask } from './tasks.ts';

export const exportsPath = (petition: Petition) => `/organize/petitions/${petition._id}/exports`;
export const ticked = (...columns: string[]) =>
  Object.fromEntries(columns.map((id) => [`column-${id}`, 'on']));

/** Makes an export and waits for it; its result says where to download it. */
export async function makeExport(by: SignedInVisitor, petition: Petition, form: Record<string, string>) {
  const task = await finishTask(by, exportsPath(petition), { why: 'For the council meeting', ...form });
  assert.equal(task.state, 'done', task.failure ?? '');
  const { downloadUrl, summary } = task.result as { downloadUrl: string; summary: string };
  return { task, url: downloadUrl, summary };
}

export async function download(by: SignedInVisitor, path: string): Promise<Buffer> {
  const response = await by.get(path);
  assert.equal(response.status, 200);
  assert.match(
    response.headers.get('content-disposition') ?? '',
    /^attachment; filename="?petition-[^"]*"?$/,
  );
  assert.equal(response.headers.get('cache-control'), 'no-store');
  return Buffer.from(await response.arrayBuffer());
}

/** The rows of a workbook's sheet, each cell as text. */
export const sheetRows = (files: Record<string, Uint8Array>, sheet = 1) =>
  [...strFromU8(files[`xl/worksheets/sheet${sheet}.xml`] as Uint8Array).matchAll(/<row>(.*?)<\/row>/gs)].map(
    ([, row = '']) =>
      [...row.matchAll(/<c\/>|<t xml:space="preserve">([^<]*)<\/t>/g)].map(([, text = '']) =>
        unescapeHtml(text),
      ),
  );
