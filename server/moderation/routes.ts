import type { Request, Response } from 'express';
import type { Types } from 'mongoose';
import { record } from '../audit/entry.ts';
import { HttpError, wantsJson } from '../errors.ts';
import { formBody, formOf } from '../middleware/form-body.ts';
import type { OrganizeRoute, SignedIn } from '../middleware/guard.ts';
import { countWaiting } from '../open-letters/queue.ts';
import { organizePage } from '../organize/chrome.ts';
import { showPage } from '../page.ts';
import { Petition, textIn } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { readId } from '../record-id.ts';
import { organizerNames } from '../signatures/organize/people.ts';
import { claimItem, releaseItem } from './claim.ts';
import { type Decided, decideOn, undoDecision } from './decide.ts';
import { listQuery, parseDecision, settingForm } from './form.ts';
import { basePath, listView, nameOf, takenText } from './view.ts';

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
      if (!wantsJson(request))
        response.redirect(303, `${basePath(who.petition)}${claim ? '' : '?done=held'}`);
      else if (claim) response.status(409).json(await whyNot(platform, { outcome: 'taken', claim }, who));
      else response.json({ outcome: 'claimed' });
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
    response.status(422);
    const message = 'Choose a reason and what to hide.';
    return refuse(platform, request, response, who, { outcome: 'unclear', message });
  }
  const decided = await decideOn(platform, { petition, item, organizer: organizer._id }, decision);
  if (decided.outcome !== 'decided') {
    return refuse(platform, request, response.status(409), who, await whyNot(platform, decided, who));
  }
  const done = decision.shows === 'all' ? 'approved' : 'refused';
  if (wantsJson(request)) response.json({ outcome: done });
  else response.redirect(303, `${basePath(petition)}?done=${done}&item=${item.toHexString()}`);
}

type Refused = { outcome: string; message: string };

/** Why nothing was changed, for the script by its outcome and for people in a sentence. */
async function whyNot(
  platform: Platform,
  decided: Exclude<Decided, { outcome: 'decided' }>,
  who: SignedIn,
): Promise<Refused> {
  const { outcome } = decided;
  if (outcome === 'gone')
    return { outcome, message: 'This is not public any more: the signer withdrew it or hid the name.' };
  if (outcome === 'settled') {
    const names = await organizerNames(platform, [decided.by]);
    return { outcome, message: `${nameOf(names, decided.by)} has already decided on this.` };
  }
  const { claim } = decided;
  const names = await organizerNames(platform, [claim.organizer]);
  return { outcome, message: takenText(claim, watching(who), names) ?? '' };
}

function refuse(platform: Platform, request: Request, response: Response, who: SignedIn, refused: Refused) {
  if (!wantsJson(request)) return showList(platform, request, response, who, refused.message);
  response.json(refused);
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
    signatoriesWaiting: petition.kind === 'openLetter' ? await countWaiting(petition) : undefined,
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
  const id = readId(params.signature);
  if (!id) throw new HttpError(404);
  return id;
}
