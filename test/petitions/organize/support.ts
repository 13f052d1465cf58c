import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import sharp from 'sharp';
import { seenOf } from '../../../server/petitions/organize/merge.ts';
import { typedOf } from '../../../server/petitions/organize/typed.ts';
import { Petition } from '../../../server/petitions/petition.ts';
import { type SignedInVisitor, signInAs } from '../../support/organizer.ts';
import { unescapeHtml, valueIn } from '../../support/page.ts';
import { startWorld, type World } from '../../support/world.ts';

type Fields = Record<string, string>;

/** A world of its own for a file of tests, with an editor at a browser; there from the first test on. */
export function worldWithEditor(): { world: World; ada: SignedInVisitor } {
  const here = {} as { world: World; ada: SignedInVisitor };
  before(async () => {
    here.world = await startWorld({ workers: false });
    here.ada = await signInAs(here.world, 'editor');
  });
  after(() => here.world?.close());
  return here;
}

/** A petition's form that is right in every field. */
export const rightForm = (differences: Fields = {}): Fields => ({
  ...{ 'en-title': 'Keep the bench', 'en-addressedTo': 'The council', language: 'en' },
  ...{ 'en-summary': 'A bench to rest on.', 'en-body': 'It should **stay**.', 'group-name': 'Friends' },
  ...{ 'goal-kind': 'fixed', 'goal-number': '500', timeZone: 'America/Toronto' },
  ...{ 'ask-postalCode': 'optional', 'ask-phone': 'off', 'ask-comment': 'optional' },
  ...differences,
});

/** Sends a form as a browser does that has a file to send. */
export function send(
  who: SignedInVisitor,
  path: string,
  fields: Fields,
  file?: Uint8Array<ArrayBuffer>,
): Promise<Response> {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  if (file) body.set('file', new Blob([file]), 'picture');
  return who.request(path, { method: 'POST', body });
}

/** Makes a draft by its form; what the form does not say is right. */
export async function createDraft(
  who: SignedInVisitor,
  differences: Fields = {},
  file?: Uint8Array<ArrayBuffer>,
): Promise<Petition> {
  const response = await send(who, '/organize/petitions', rightForm(differences), file);
  assert.equal(response.status, 303, await response.text());
  const [, id] = /petitions\/([0-9a-f]{24})\/edit/.exec(response.headers.get('location') ?? '') ?? [];
  return stored({ _id: id });
}

/** The petition as it is stored now. */
export async function stored({ _id }: { _id: unknown }): Promise<Petition> {
  const petition = await Petition.findById(_id).lean<Petition>();
  assert.ok(petition);
  return petition;
}

/** What the petition's form is filled with when it is opened now, with what somebody changes in it. */
export async function openForm({ _id }: { _id: unknown }, differences: Fields = {}): Promise<Fields> {
  const typed = typedOf(await stored({ _id }));
  return { ...typed, seen: seenOf(typed), ...differences };
}

/** What a browser would send of the form on a page, with what somebody changes in it. */
export function formIn(html: string, differences: Fields = {}): Fields {
  const from = html.indexOf('<form class="editor-form"');
  const form = html.slice(from, html.indexOf('</form>', from));
  const fields: Fields = {};
  for (const [tag, name = ''] of form.matchAll(/<(?:input|select|textarea)[^>]* name="([^"]+)"[^>]*>/g)) {
    const isLeft = /type="(radio|checkbox)"/.test(tag)
      ? !tag.includes(' checked')
      : tag.includes('type="file"');
    if (isLeft) continue;
    const value = / value="([^"]*)"/.exec(tag)?.[1];
    const id = / id="field-([^"]*)"/.exec(tag)?.[1];
    fields[name] = value === undefined && id ? String(valueIn(form, id)) : unescapeHtml(value ?? '');
  }
  return { ...fields, ...differences };
}

export const pathOf = ({ _id }: { _id: unknown }, page: string): string =>
  `/organize/petitions/${_id}/${page}`;

/** A picture of one colour with another one in its middle, with a place in its metadata. */
export async function makePicture(
  width = 1600,
  height = 900,
  format: 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' = 'jpeg',
) {
  const middle = { create: { width: 200, height: 200, channels: 3, background: '#d04020' } } as const;
  const bytes = await sharp({ create: { width, height, channels: 3, background: '#2060a0' } })
    .composite([{ input: await sharp(middle).png().toBuffer() }])
    .withExif({
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '45/1 25/1 0/1' },
      IFD0: { Artist: 'Robin Example' },
    })
    .toFormat(format)
    .toBuffer();
  return new Uint8Array(bytes);
}
