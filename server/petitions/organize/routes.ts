import type { Request, Response } from 'express';
import { record } from '../../audit/entry.ts';
import { formOf } from '../../middleware/form-body.ts';
import type { OrganizeRoute, SignedIn } from '../../middleware/guard.ts';
import { pictureForm, pictureOf } from '../../middleware/picture-form.ts';
import { organizePage } from '../../organize/chrome.ts';
import { Organizer, organizerView } from '../../organizers/organizer.ts';
import { showPage } from '../../page.ts';
import type { Platform } from '../../platform.ts';
import { kindName, kindOf } from '../kinds.ts';
import { type Petition, textIn } from '../petition.ts';
import { copyPetition } from './copy.ts';
import { editPetition, readForm, receiveForm, slugTaken } from './edit.ts';
import type { Problems } from './form.ts';
import type { Merged } from './merge.ts';
import { listOf, mergeView } from './merge-view.ts';
import { previewRoutes } from './preview/routes.ts';
import { publicationRoutes } from './publication/routes.ts';
import { createPetition } from './save.ts';
import { blankTyped, type Typed, typedOf } from './typed.ts';
import { editorView } from './view.ts';

/** Writing a petition: a draft, its text from then on, and copies of it. */
export function petitionOrganizeRoutes(platform: Platform): OrganizeRoute[] {
  const needs = 'petition.edit';
  const before = [pictureForm()];
  return [
    {
      method: 'get',
      path: '/organize/petitions/new',
      needs,
      handle: (request, response, who) =>
        showEditor(platform, request, response, who, {
          typed: blankTyped(platform.env.SENDER_NAME, kindOf(request.query.kind)),
        }),
    },
    {
      method: 'post',
      path: '/organize/petitions',
      needs,
      before,
      handle: (request, response, who) => create(platform, request, response, who),
    },
    {
      method: 'get',
      path: '/organize/petitions/:petition/edit',
      needs,
      handle: (request, response, who) =>
        showEditor(platform, request, response, who, { typed: typedOf(who.petition) }),
    },
    {
      method: 'post',
      path: '/organize/petitions/:petition/edit',
      needs,
      before,
      handle: (request, response, who) => save(platform, request, response, who),
    },
    {
      method: 'post',
      path: '/organize/petitions/:petition/copies',
      needs,
      async handle(_request, response, { organizer, petition }) {
        const copy = await copyPetition(petition, organizer);
        const subject = petition._id.toHexString();
        await record({ organizer: organizer._id, action: 'petition.copy', petition: copy, subject });
        response.redirect(303, `/organize/petitions/${copy.toHexString()}/edit?done=copied`);
      },
    },
    ...previewRoutes(platform),
    ...publicationRoutes(platform),
  ];
}

async function create(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
): Promise<void> {
  const received = await receiveForm(formOf(request), pictureOf(request));
  const { typed, form, problems } = await readForm(received.typed, received.problems);
  const { organizer } = who;
  const again = (wrong: Problems) =>
    showEditor(platform, request, response.status(422), who, { typed, problems: wrong });
  if (!form) return again(problems);
  const created = await createPetition(form, typed.picture ?? '', organizer, typed.draft);
  if (created.outcome === 'slugTaken') return again({ slug: slugTaken });
  if (created.outcome === 'created')
    await record({ organizer: organizer._id, action: 'petition.create', petition: created.id });
  response.redirect(303, `/organize/petitions/${created.id.toHexString()}/edit?done=created`);
}

async function save(platform: Platform, request: Request, response: Response, who: SignedIn): Promise<void> {
  const { petition, organizer } = who;
  const received = await receiveForm(formOf(request), pictureOf(request));
  const edited = await editPetition(petition, received, organizer);
  if (edited.outcome === 'refused') {
    const { merged, problems, stored } = edited;
    const status = merged.conflicts.length > 0 ? 409 : 422;
    const shown = { typed: merged.typed, problems, merged };
    return showEditor(platform, request, response.status(status), { ...who, petition: stored }, shown);
  }
  const address = `/organize/petitions/${petition._id.toHexString()}/edit`;
  if (edited.outcome === 'unchanged') return response.redirect(303, `${address}?done=saved`);
  const { fields, merged, version } = edited;
  const isMerged = merged.length > 0;
  await record({
    ...{ organizer: organizer._id, action: 'petition.edit', petition: petition._id },
    details: { fields: fields.join(', '), version, ...(isMerged && { merged: merged.join(', ') }) },
  });
  response.redirect(
    303,
    isMerged ? `${address}?done=merged&with=${merged.join('+')}` : `${address}?done=saved`,
  );
}

const done: Readonly<Record<string, string>> = {
  created: 'The draft is saved. Nobody sees it until you publish it.',
  saved: 'Saved.',
  merged: 'Saved, together with what somebody else changed while you were editing:',
  copied: 'This is the copy. Change what is different, then publish it.',
};

/** The form; with `merged` where it was put together with what somebody else saved since it was opened. */
async function showEditor(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
  { typed, problems = {}, merged }: { typed: Typed; problems?: Problems; merged?: Merged },
): Promise<void> {
  const { petition } = who;
  const title = petition ? textIn(petition, petition.language).title : `New ${kindName(kindOf(typed.kind))}`;
  showPage(request, response, 'organize/petitions/edit', {
    ...organizePage(platform, who, petition ? `Edit: ${title}` : title),
    ...editorView(typed, problems, new Date(), petition),
    ...(petition && { petitionId: petition._id.toHexString(), petitionTitle: title, tab: 'edit' }),
    publicUrl: petition && `/petitions/${petition.slug}`,
    ...(merged && { merge: mergeView(petition, typed, merged, await nameOf(platform, petition)) }),
    done: doneMessage(request),
  });
}

function doneMessage({ query }: Request): string | undefined {
  const message = Object.hasOwn(done, String(query.done)) ? done[String(query.done)] : undefined;
  const names = String(query.with ?? '').split(' ');
  return message && query.done === 'merged' ? `${message} ${listOf(names)}.` : message;
}

async function nameOf(platform: Platform, { editedBy }: Petition): Promise<string> {
  const organizer = editedBy && (await Organizer.findById(editedBy).lean<Organizer>());
  return organizer ? organizerView(platform, organizer).name : 'Somebody else';
}
