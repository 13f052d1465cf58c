import type { Request, Response } from 'express';
import { record } from '../../audit/entry.ts';
import { formOf } from '../../middleware/form-body.ts';
import type { OrganizeRoute, SignedIn } from '../../middleware/guard.ts';
import { pictureForm, pictureOf } from '../../middleware/picture-form.ts';
import { organizePage } from '../../organize/chrome.ts';
import { Organizer, organizerView } from '../../organizers/organizer.ts';
import { showPage } from '../../page.ts';
import type { Platform } from '../../platform.ts';
import { type Petition, textIn } from '../petition.ts';
import { type Problems, parsePetitionForm } from './form.ts';
import { takePicture } from './picture.ts';
import { previewRoutes } from './preview/routes.ts';
import { publicationRoutes } from './publication/routes.ts';
import { copyPetition, createPetition, savePetition } from './save.ts';
import { blankTyped, differingFields, type Typed, typedOf } from './typed.ts';
import { conflictView, editorView } from './view.ts';

const slugTaken = 'This address belongs to another petition. Choose another one.';

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
        showEditor(platform, request, response, who, blankTyped(platform.env.SENDER_NAME), {}),
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
        showEditor(platform, request, response, who, typedOf(who.petition), {}),
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
  const { typed, picture, form, problems } = await readRequest(request);
  const { organizer } = who;
  if (!form) return showEditor(platform, request, response.status(422), who, typed, problems);
  const created = await createPetition(form, picture, organizer);
  if (created.outcome === 'slugTaken')
    return showEditor(platform, request, response.status(422), who, typed, { slug: slugTaken });
  await record({ organizer: organizer._id, action: 'petition.create', petition: created.id });
  response.redirect(303, `/organize/petitions/${created.id.toHexString()}/edit?done=created`);
}

async function save(platform: Platform, request: Request, response: Response, who: SignedIn): Promise<void> {
  const { petition, organizer } = who;
  const { typed, picture, form, problems } = await readRequest(request, petition);
  const again = (status: number, wrong: Problems, stored?: Petition) =>
    showEditor(platform, request, response.status(status), who, typed, wrong, stored);
  if (!form) return again(422, problems);
  const revision = Number(formOf(request).revision);
  const saved = await savePetition(petition, form, picture, revision, organizer);
  if (saved.outcome === 'slugTaken') return again(422, { slug: slugTaken });
  const toForm = () =>
    response.redirect(303, `/organize/petitions/${petition._id.toHexString()}/edit?done=saved`);
  if (saved.outcome === 'changedElsewhere')
    return conflictView(saved.stored, typed).length > 0 ? again(409, {}, saved.stored) : toForm();
  const fields = differingFields(typedOf(petition), typed).join(', ');
  const { version } = saved;
  await record({
    ...{ organizer: organizer._id, action: 'petition.edit', petition: petition._id },
    details: { fields, version },
  });
  toForm();
}

/** What came in, with the picture it is about; `form` only where nothing is wrong with it. */
async function readRequest(request: Request, stored?: Petition) {
  const { picture, problem } = await takePicture(pictureOf(request), formOf(request), stored);
  const typed: Typed = { ...formOf(request), picture };
  const parsed = parsePetitionForm(typed, stored);
  const problems: Problems = {
    ...(problem && { file: problem }),
    ...(parsed.outcome === 'refused' && parsed.problems),
  };
  const form = parsed.outcome === 'read' && !problem ? parsed.form : undefined;
  return { typed, picture, form, problems };
}

const done: Readonly<Record<string, string>> = {
  created: 'The draft is saved. Nobody sees it until you publish it.',
  saved: 'Saved.',
  copied: 'This is the copy. Change what is different, then publish it.',
};

/** The form; with `stored` where somebody else saved the petition since it was opened. */
async function showEditor(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
  typed: Typed,
  problems: Problems,
  stored?: Petition,
): Promise<void> {
  const now = new Date();
  const petition = stored ?? who.petition;
  const title = petition ? textIn(petition, petition.language).title : 'New petition';
  showPage(request, response, 'organize/petitions/edit', {
    ...organizePage(platform, who, petition ? `Edit: ${title}` : title),
    ...editorView(typed, problems, now, petition),
    ...(petition && { petitionId: petition._id.toHexString(), petitionTitle: title, tab: 'edit' }),
    publicUrl: petition && `/petitions/${petition.slug}`,
    // After a refusal the one that was opened, so that what others saved meanwhile still comes to light.
    revision: (!stored && typed.revision) || String(petition?.revision ?? 0),
    conflict: stored && { fields: conflictView(stored, typed), by: await nameOf(platform, stored) },
    done: Object.hasOwn(done, String(request.query.done)) ? done[String(request.query.done)] : undefined,
  });
}

async function nameOf(platform: Platform, { editedBy }: Petition): Promise<string> {
  const organizer = editedBy && (await Organizer.findById(editedBy).lean<Organizer>());
  return organizer ? organizerView(platform, organizer).name : 'Somebody else';
}
