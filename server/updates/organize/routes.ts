import type { RequestHandler } from 'express';
import { updateLimits } from '../../../config/limits.ts';
import { HttpError } from '../../errors.ts';
import { mailFrame } from '../../mailings/signer-mail.ts';
import { formBody, formOf } from '../../middleware/form-body.ts';
import type { Exchange, OrganizeRoute } from '../../middleware/guard.ts';
import { pictureForm, pictureOf } from '../../middleware/picture-form.ts';
import { petitionPage } from '../../organize/petition-page.ts';
import { languageOf, showMail, showPage } from '../../page.ts';
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

type Act = (exchange: Exchange) => void | Promise<void>;

/** Writing updates, seeing them as others will, showing them on the page, and sending them: each a step of its own. */
export function organizeUpdateRoutes(platform: Platform): OrganizeRoute[] {
  const handling = (act: Act): OrganizeRoute['handle'] => {
    return (request, response, who) => act({ platform, request, response, who });
  };
  const see = (rest: string, act: Act): OrganizeRoute => ({
    ...{ method: 'get', path: `${path}${rest}`, needs: 'update.write', handle: handling(act) },
  });
  const change = (rest: string, act: Act, needs: OrganizeRoute['needs'] = 'update.write'): OrganizeRoute => ({
    method: 'post',
    path: `${path}${rest}`,
    needs,
    before,
    handle: handling(act),
  });

  return [
    see('', showList),
    see('/new', (exchange) => showForm(exchange, {})),
    change('', (exchange) => receive(exchange)),
    see('/:n', async (exchange) => showOne(exchange, await updateOf(exchange))),
    see('/:n/edit', async (exchange) => showForm(exchange, { update: await updateOf(exchange) })),
    change('/:n', async (exchange) => receive(exchange, await updateOf(exchange))),
    see('/:n/mail', async (exchange) => previewMail(exchange, await updateOf(exchange))),
    change('/:n/publish', async (exchange) => {
      await publishUpdate(await which(exchange), by(exchange));
      exchange.response.redirect(303, backTo(exchange));
    }),
    change('/:n/hide', async (exchange) => {
      await hideUpdate(await which(exchange), by(exchange));
      exchange.response.redirect(303, backTo(exchange));
    }),
    change('/:n/discard', async (exchange) => {
      const gone = await discardUpdate(await which(exchange), by(exchange));
      exchange.response.redirect(303, gone ? updatesPath(exchange.who.petition) : backTo(exchange));
    }),
    change('/:n/test', async (exchange) => {
      const task = await beginTest(platform, await updateOf(exchange), exchange.who.organizer._id);
      exchange.response.redirect(303, `/organize/tasks/${task.toHexString()}`);
    }),
    change('/:n/send', send, 'update.send'),
  ];
}

/** Saves what was typed, new or changed; shows it again where something is wrong or somebody else saved meanwhile. */
async function receive(exchange: Exchange, update?: Update): Promise<void> {
  const { request, response, who } = exchange;
  const { petition } = who;
  const parsed = await receiveUpdateForm(petition, formOf(request), pictureOf(request));
  const { typed } = parsed;
  if (parsed.outcome === 'refused') {
    response.status(422);
    return showForm(exchange, { update, typed, problems: parsed.problems });
  }
  if (!update) {
    const n = await writeUpdate(petition, parsed.form, by(exchange));
    return response.redirect(303, updatePath(petition, n));
  }
  const saved = await changeUpdate({ petition, n: update.n }, parsed.form, by(exchange));
  if (saved === 'saved') return response.redirect(303, updatePath(petition, update.n));
  const latest = (await findUpdate({ petition, n: update.n })) ?? update;
  response.status(409);
  showForm(exchange, { update: latest, typed });
}

async function send(exchange: Exchange): Promise<void> {
  const { platform, request, response, who } = exchange;
  const { petition, organizer } = who;
  const update = await updateOf(exchange);
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
  response.status(409);
  await showOne(exchange, latest, problem);
}

async function showList(exchange: Exchange): Promise<void> {
  const { petition } = exchange.who;
  showUpdates(exchange, 'list', 'Updates', {
    list: await updateListView(petition),
    newUrl: `${updatesPath(petition)}/new`,
  });
}

async function showOne(exchange: Exchange, update: Update, problem?: string): Promise<void> {
  const view = await oneUpdateView(exchange.who.petition, update);
  const title = view.texts[0]?.title ?? 'Update';
  showUpdates(exchange, 'show', title, { update: view, problem });
}

/** `typed` without problems: somebody saved another version since the form was opened, and `update` is that. */
function showForm(exchange: Exchange, shown: Parameters<typeof updateFormView>[1]): void {
  const { petition } = exchange.who;
  const isConflict = Boolean(shown.typed && !shown.problems);
  showUpdates(exchange, 'form', shown.update ? 'Change the update' : 'A new update', {
    form: updateFormView(petition, shown),
    saved: isConflict ? updateFormView(petition, { update: shown.update }) : undefined,
    limits: updateLimits,
    backUrl: shown.update ? updatePath(petition, shown.update.n) : updatesPath(petition),
  });
}

/** The mail as a signer gets it. */
function previewMail({ platform, request, response, who }: Exchange, update: Update): void {
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
  { platform, request, response, who }: Exchange,
  view: 'list' | 'show' | 'form',
  title: string,
  context: Record<string, unknown>,
): void {
  const page = petitionPage(platform, who, title, 'updates');
  showPage(request, response, `organize/updates/${view}`, { ...page, ...context });
}

const by = ({ who }: Exchange) => ({ organizer: who.organizer._id });
const backTo = ({ request, who }: Exchange) => updatePath(who.petition, Number(request.params.n));

/** The update of `:n`. */
async function updateOf({ request, who }: Exchange): Promise<Update> {
  const n = String(request.params.n);
  const update = /^[1-9]\d{0,5}$/.test(n) && (await findUpdate({ petition: who.petition, n: Number(n) }));
  if (!update) throw new HttpError(404);
  return update;
}

const which = async (exchange: Exchange) => ({
  petition: exchange.who.petition,
  n: (await updateOf(exchange)).n,
});
