import assert from 'node:assert/strict';
import { linkIn, type Received } from './mailbox.ts';
import { visitor } from './visitor.ts';
import type { World } from './world.ts';

/** What somebody holds who signed: the mail and the paths of its links. */
export type Signer = { mail: Received; confirm: string; manage: string; unsubscribe: string };

/** Signs a petition as anybody would, and opens the mail that comes. */
export async function signAndOpenMail(
  world: World,
  slug: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Signer> {
  const before = world.mailbox.to(form.email ?? '').length;
  const response = await visitor(world, headers).sign(slug, form);
  assert.equal(response.status, 303, await response.text());
  const mail = await world.mailbox.mailTo(form.email ?? '', before + 1);
  return {
    mail,
    confirm: linkIn(mail, 'confirm'),
    manage: linkIn(mail, 'signatures'),
    unsubscribe: linkIn(mail, 'unsubscribe'),
  };
}

/** Signs and presses the button of the confirm page. */
export async function signAndConfirm(
  world: World,
  slug: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Signer> {
  const signer = await signAndOpenMail(world, slug, form, headers);
  const response = await visitor(world, headers).post(signer.confirm);
  assert.equal(response.status, 303, await response.text());
  return signer;
}
