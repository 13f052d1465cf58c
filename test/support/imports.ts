import assert from 'node:assert/strict';
import type { Petition } from '../../server/petitions/petition.ts';
import type { SignedInVisitor } from './organizer.ts';
import { textOf } from './page.ts';
import { finishTask } from './tasks.ts';

type Content = string | Uint8Array<ArrayBuffer> | Blob;

export const importsPath = (petition: Petition) => `/organize/petitions/${petition._id}/imports`;
export const header = 'Name,Email,Postal code,Province,Comment,Date\r\n';
/** The columns of {@link header}. */
export const usual = {
  ...{ name: '0', email: '1', postalCode: '2', region: '3', comment: '4', signedAt: '5' },
  dates: 'ymd',
};

/** Sends a file to where one is taken. */
export async function sendFile(by: SignedInVisitor, path: string, content: Content): Promise<Response> {
  const form = new FormData();
  form.set('file', new Blob([content]), 'sheet.csv');
  return by.request(path, { method: 'POST', body: form });
}
export const send = (by: SignedInVisitor, petition: Petition, content: Content) =>
  sendFile(by, importsPath(petition), content);

/** Sends a file that can be used. Returns the path of its page. */
export async function accepted(by: SignedInVisitor, petition: Petition, content: Content): Promise<string> {
  const response = await send(by, petition, content);
  assert.equal(response.status, 303, textOf(await response.text()));
  return response.headers.get('location') ?? '';
}

/** Imports a file and waits until its task has ended. */
export async function importFile(
  by: SignedInVisitor,
  petition: Petition,
  content: Content,
  mapping: Record<string, string> = usual,
) {
  const path = await accepted(by, petition, content);
  const task = await finishTask(by, path, { ...mapping, defaultCountry: 'CA' });
  return { path, task, page: textOf(await (await by.get(path)).text()) };
}
