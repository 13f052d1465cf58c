import type { Request, Response } from 'express';
import { Types } from 'mongoose';
import { record } from '../audit/entry.ts';
import { HttpError, wantsJson } from '../errors.ts';
import { formBody, formOf } from '../middleware/form-body.ts';
import type { OrganizeRoute, SignedIn } from '../middleware/guard.ts';
import { organizePage } from '../organize/chrome.ts';
import { showPage } from '../page.ts';
import { Petition, textIn } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { claimItem, releaseItem } from './claim.ts';
import { type Decided, decideOn, undoDecision } from './decide.ts';
import { listQuery, parseDecision, settingForm } from './form.ts';
import { basePath, claimView, listView, nameOf, organizerNames } from './view.ts';

const path = '/organize/petitions/:petition/moderation';
const before = [formBody()];

/** What moderators do: look at names and comments one by one, and decide what the public sees. */
export function moderationRoutes(platform: Platform): OrganizeRoute[] {
  const change = (name: string, handle: OrganizeRoute['handle']): OrganizeRoute => ({
    method: 'post',
    path: `${path}/:signature/${name}`,
    needs: 'comment.moderate',
    before,
    handle,
  });
  return [
    {
      method: 'get',
      path,
      needs: 'comment.moderate',
      handle: (request, response, who) => showList(platform, request, response, who),
    },
    change('claim', async (request, response, who) => {
      const claim = await claimItem(platform.redis, itemOf(request), who.organizer._id);
      const view = claimView(claim, watching(who), await organizerNames(platform));
      if (!wantsJson(request))
        return response.redirect(303, `${basePath(who.petition)}${view ? '' : '?done=held'}`);
      response.status(view ? 409 : 200).json(view ? { outcome: 'taken', ...view } : { outcome: 'claimed' });
    }),
    change('release', async (request, response, { organizer, petition }) => {
      await releaseItem(platform.redis, itemOf(request), organizer._id);
      if (wantsJson(request)) response.json({ outcome: 'released' });
      else response.redirect(303, basePath(petition));
    }),
    change('decision', (request, response, who) => receiveDecision(platform, request, response, who)),
    change('undo', async (request, response, { organizer, petition }) => {
      const item = itemOf(request);
      const undone = await undoDecision({ petition, item, organizer: organizer._id });
      if (wantsJson(request)) response.json({ outcome: undone ? 'undone' : 'gone' });
      else response.redirect(303, basePath(petition) + (undone ? '?done=undone' : ''));
    }),
    {
      method: 'post',
      path: `${path}/setting`,
      needs: 'petition.edit',
      before,
      handle: changeSetting,
    },
  ];
}

async function receiveDecision(platform: Platform, request: Request, response: Response, who: SignedIn) {
  const { petition, organizer } = who;
  const item = itemOf(request);
  const decision = parseDecision(formOf(request));
  if (!decision) {
    return refuse(platform, request, response.status(422), who, 'Choose a reason and what to hide.');
  }
  const decided = await decideOn(platform, { petition, item, organizer: organizer._id }, decision);
  if (decided.outcome === 'decided') {
    const done = decision.shows === 'all' ? 'approved' : 'refused';
    if (wantsJson(request)) response.json({ outcome: done });
    else response.redirect(303, `${basePath(petition)}?done=${done}&item=${item.toHexString()}`);
    return;
  }
  const says = sayWhyNot(decided, await organizerNames(platform), who);
  return refuse(platform, request, response.status(409), who, says);
}

function sayWhyNot(
  decided: Exclude<Decided, { outcome: 'decided' }>,
  names: Map<string, string>,
  who: SignedIn,
) {
  if (decided.outcome === 'settled') return `${nameOf(names, decided.by)} has already decided on this.`;
  if (decided.outcome === 'gone')
    return 'This is not public any more: the signer withdrew it or hid the name.';
  const claim = claimView(decided.claim, watching(who), names);
  return `${claim?.by} is looking at this; it is free again ${claim?.until}, or as soon as they move on.`;
}

function refuse(platform: Platform, request: Request, response: Response, who: SignedIn, says: string) {
  if (wantsJson(request)) {
    response.json({ outcome: 'unchanged', message: says });
    return;
  }
  return showList(platform, request, response, who, says);
}

const watching = ({ petition, organizer }: SignedIn) => ({
  petition,
  organizer: organizer._id,
  now: new Date(),
});

async function showList(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
  problem?: string,
): Promise<void> {
  const { petition } = who;
  const { done, item, ...wanted } = listQuery.parse(request.query);
  const { title } = textIn(petition, petition.language);
  showPage(request, response, 'organize/moderation/queue', {
    ...organizePage(platform, who, `Moderation: ${title}`),
    petitionId: petition._id.toHexString(),
    petition: { title, url: `/petitions/${petition.slug}` },
    tab: 'moderation',
    queue: await listView(platform, watching(who), wanted),
    isBefore: petition.moderation === 'before',
    done,
    undoUrl: item && `${basePath(petition)}/${item}/undo`,
    problem,
    script: 'js/moderation.js',
  });
}

async function changeSetting(request: Request, response: Response, { petition, organizer }: SignedIn) {
  const { data } = settingForm.safeParse(formOf(request));
  if (!data) throw new HttpError(422);
  const { modifiedCount } = await Petition.updateOne(
    { _id: petition._id, moderation: { $ne: data.moderation } },
    { $set: data },
  );
  if (modifiedCount === 1) {
    await record({
      organizer: organizer._id,
      action: 'moderation.setting',
      petition: petition._id,
      details: data,
    });
  }
  response.redirect(303, `${basePath(petition)}?done=${data.moderation}`);
}

function itemOf({ params }: Request): Types.ObjectId {
  const id = String(params.signature);
  if (!/^[0-9a-f]{24}$/.test(id)) throw new HttpError(404);
  return new Types.ObjectId(id);
}
