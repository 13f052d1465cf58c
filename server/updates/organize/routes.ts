import type { Request, RequestHandler, Response } from 'express';
import { updateLimits } from '../../../config/limits.ts';
import { HttpError } from '../../errors.ts';
import { mailFrame } from '../../mailings/signer-mail.ts';
import { formBody, formOf } from '../../middleware/form-body.ts';
import type { OrganizeRoute, SignedIn } from '../../middleware/guard.ts';
import { pictureForm, pictureOf } from '../../middleware/picture-form.ts';
import { organizePage } from '../../organize/chrome.ts';
import { languageOf, showMail, showPage } from '../../page.ts';
import { textIn } from '../../petitions/petition.ts';
import type { Platform } from '../../platform.ts';
import { updateMailView } from '../mail.ts';
import { receiveUpdateForm } from '../picture.ts';
import { beginSending, beginTest } from '../send.ts';
import type { Update } from '../update.ts';
import { changeUpdate, discardUpdate, findUpdate, hideUpdate, publishUpdate, writeUpdate } from '../write.ts';
import { oneUpdateView, updateFormView, updateListView, updatePath, updatesPath } from './view.ts';

const path = '/organize/petitions/:petition/updates';
const readForm = formBody(updateLimits.formBytes);
const readWithPicture = pictureForm();
/** A form with a file in it, or one without. */
const before: RequestHandler[] = [
  (request, response, next) =>
    (request.is('multipart/form-data') ? readWithPicture : readForm)(request, response, next),
];

/** Writing updates, seeing them as others will, showing them on the page, and sending them: each a step of its own. */
export function organizeUpdateRoutes(platform: Platform): OrganizeRoute[] {
  const see = (rest: string, handle: OrganizeRoute['handle']): OrganizeRoute => ({
    method: 'get',
    path: `${path}${rest}`,
    needs: 'update.write',
    handle,
  });
  const change = (
    rest: string,
    handle: OrganizeRoute['handle'],
    needs: OrganizeRoute['needs'] = 'update.write',
  ): OrganizeRoute => ({ method: 'post', path: `${path}${rest}`, needs, before, handle });

  return [
    see('', async (request, response, who) => {
      showUpdates(platform, request, response, who, 'list', 'Updates', {
        list: await updateListView(who.petition),
        newUrl: `${updatesPath(who.petition)}/new`,
      });
    }),
    see('/new', (request, response, who) => showForm(platform, request, response, who, {})),
    change('', (request, response, who) => receive(platform, request, response, who)),
    see('/:n', async (request, response, who) => {
      await showOne(platform, request, response, who, await updateOf(request, who));
    }),
    see('/:n/edit', async (request, response, who) => {
      showForm(platform, request, response, who, { update: await updateOf(request, who) });
    }),
    change('/:n', async (request, response, who) => {
      await receive(platform, request, response, who, await updateOf(request, who));
    }),
    see('/:n/mail', async (request, response, who) => {
      previewMail(platform, request, response, who, await updateOf(request, who));
    }),
    change('/:n/publish', async (request, response, who) => {
      await publishUpdate(await which(request, who), by(who));
      response.redirect(303, backTo(request, who));
    }),
    change('/:n/hide', async (request, response, who) => {
      await hideUpdate(await which(request, who), by(who));
      response.redirect(303, backTo(request, who));
    }),
    change('/:n/discard', async (request, response, who) => {
      const gone = await discardUpdate(await which(request, who), by(who));
      response.redirect(303, gone ? updatesPath(who.petition) : backTo(request, who));
    }),
    change('/:n/test', async (request, response, who) => {
      const task = await beginTest(platform, await updateOf(request, who), who.organizer._id);
      response.redirect(303, `/organize/tasks/${task.toHexString()}`);
    }),
    change('/:n/send', (request, response, who) => send(platform, request, response, who), 'update.send'),
  ];
}

/** Saves what was typed, new or changed; shows it again where something is wrong or somebody else saved meanwhile. */
async function receive(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
  update?: Update,
): Promise<void> {
  const { petition } = who;
  const parsed = await receiveUpdateForm(petition, formOf(request), pictureOf(request));
  const { typed } = parsed;
  if (parsed.outcome === 'refused') {
    const { problems } = parsed;
    return showForm(platform, request, response.status(422), who, { update, typed, problems });
  }
  if (!update) {
    const n = await writeUpdate(petition, parsed.form, by(who));
    return response.redirect(303, updatePath(petition, n));
  }
  const saved = await changeUpdate({ petition, n: update.n }, parsed.form, by(who));
  if (saved === 'saved') return response.redirect(303, updatePath(petition, update.n));
  const latest = (await findUpdate({ petition, n: update.n })) ?? update;
  showForm(platform, request, response.status(409), who, { update: latest, typed });
}

async function send(platform: Platform, request: Request, response: Response, who: SignedIn): Promise<void> {
  const { petition, organizer } = who;
  const update = await updateOf(request, who);
  const revision = Number(formOf(request).revision);
  const begun = await beginSending(platform, update, { petition, organizer: organizer._id, revision });
  if (begun.outcome === 'begun') {
    return response.redirect(303, `/organize/tasks/${begun.task.toHexString()}`);
  }
  const problem = {
    nobody: 'There is nobody to send to: nobody who signed and confirmed has agreed to updates.',
    already: 'It is on its way already, or went out before. Nobody is mailed twice.',
    changed: 'Somebody changed this update since you opened it. Read it again before you send it.',
  }[begun.outcome];
  const latest = (await findUpdate({ petition, n: update.n })) ?? update;
  await showOne(platform, request, response.status(409), who, latest, problem);
}

async function showOne(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
  update: Update,
  problem?: string,
): Promise<void> {
  const view = await oneUpdateView(who.petition, update);
  const title = view.texts[0]?.title ?? 'Update';
  showUpdates(platform, request, response, who, 'show', title, { update: view, problem });
}

/** `typed` without problems: somebody saved another version since the form was opened, and `update` is that. */
function showForm(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
  shown: Parameters<typeof updateFormView>[1],
): void {
  const isConflict = Boolean(shown.typed && !shown.problems);
  showUpdates(platform, request, response, who, 'form', shown.update ? 'Change the update' : 'A new update', {
    form: updateFormView(who.petition, shown),
    saved: isConflict ? updateFormView(who.petition, { update: shown.update }) : undefined,
    limits: updateLimits,
    backUrl: shown.update ? updatePath(who.petition, shown.update.n) : updatesPath(who.petition),
  });
}

/** The mail as a signer gets it. */
function previewMail(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
  update: Update,
): void {
  const { petition } = who;
  const lang = languageOf(request, petition.language);
  const frame = mailFrame(platform, petition, lang);
  const { context, subject } = updateMailView(
    platform,
    { petition, update, kind: update.kind, texts: update.texts, image: update.image },
    lang,
  );
  showMail(request, response, 'mail/update.html', {
    page: { title: subject, noindex: true },
    ...frame,
    name: lang === 'fr' ? 'Dominique' : 'Robin',
    manageUrl: frame.petition.url,
    unsubscribeUrl: frame.petition.url,
    ...context,
  });
}

function showUpdates(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
  view: 'list' | 'show' | 'form',
  title: string,
  context: Record<string, unknown>,
): void {
  const { petition } = who;
  showPage(request, response, `organize/updates/${view}`, {
    ...organizePage(platform, who, title),
    petitionId: petition._id.toHexString(),
    petitionTitle: textIn(petition, petition.language).title,
    tab: 'updates',
    ...context,
  });
}

const by = ({ organizer }: SignedIn) => ({ organizer: organizer._id });
const backTo = ({ params }: Request, { petition }: SignedIn) => updatePath(petition, Number(params.n));

/** The update of `:n`. */
async function updateOf({ params }: Request, { petition }: SignedIn): Promise<Update> {
  const n = String(params.n);
  const update = /^[1-9]\d{0,5}$/.test(n) && (await findUpdate({ petition, n: Number(n) }));
  if (!update) throw new HttpError(404);
  return update;
}

const which = async (request: Request, who: SignedIn) => ({
  petition: who.petition,
  n: (await updateOf(request, who)).n,
});
