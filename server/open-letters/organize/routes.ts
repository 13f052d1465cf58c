import type { Request } from 'express';
import { Types } from 'mongoose';
import { HttpError, wantsJson } from '../../errors.ts';
import { formBody, formOf } from '../../middleware/form-body.ts';
import type { Exchange, OrganizeRoute, SignedIn } from '../../middleware/guard.ts';
import { claimItem, releaseItem } from '../../moderation/claim.ts';
import { takenText } from '../../moderation/view.ts';
import { organizePage } from '../../organize/chrome.ts';
import { showPage } from '../../page.ts';
import { textIn } from '../../petitions/petition.ts';
import type { Platform } from '../../platform.ts';
import { readId } from '../../record-id.ts';
import { organizerNames } from '../../signatures/organize/people.ts';
import { type Decided, decideOnSignatory, undoSignatory } from '../decide.ts';
import { orderSignatories, pinSignatory, unpinSignatory } from '../order.ts';
import { listQuery, orderForm, parseDecision } from './form.ts';
import { signatoriesPath, signatoryQueueView } from './view.ts';

const path = '/organize/petitions/:petition/signatories';
type Act = (exchange: Exchange, item: Types.ObjectId) => Promise<void>;

/** What organizers do with the signatories of an open letter: approve, refuse, merge, and put in order. */
export function signatoryRoutes(platform: Platform): OrganizeRoute[] {
  const route = (
    method: OrganizeRoute['method'],
    rest: string,
    needs: OrganizeRoute['needs'],
    act: Act,
  ): OrganizeRoute => ({
    ...{ method, path: `${path}${rest}` as const, needs, ...(method === 'post' && { before: [formBody()] }) },
    async handle(request, response, who) {
      if (who.petition.kind !== 'openLetter') throw new HttpError(404);
      await act({ platform, request, response, who }, itemOf(request));
    },
  });
  return [
    route('get', '', 'comment.moderate', (exchange) => showList(exchange)),
    route('post', '/order', 'petition.edit', changeOrder),
    route('post', '/:signature/claim', 'comment.moderate', claim),
    route('post', '/:signature/release', 'comment.moderate', release),
    route('post', '/:signature/decision', 'comment.moderate', receiveDecision),
    route('post', '/:signature/undo', 'comment.moderate', undo),
    route('post', '/:signature/pin', 'petition.edit', (exchange, item) => place(exchange, item, true)),
    route('post', '/:signature/unpin', 'petition.edit', (exchange, item) => place(exchange, item, false)),
  ];
}

async function claim({ platform, request, response, who }: Exchange, item: Types.ObjectId): Promise<void> {
  const taken = await claimItem(platform.redis, item, who.organizer._id);
  if (!wantsJson(request))
    response.redirect(303, `${signatoriesPath(who.petition)}${taken ? '' : '?done=held'}`);
  else if (taken) response.status(409).json(await whyNot(platform, { outcome: 'taken', claim: taken }, who));
  else response.json({ outcome: 'claimed' });
}

async function release({ platform, request, response, who }: Exchange, item: Types.ObjectId): Promise<void> {
  await releaseItem(platform.redis, item, who.organizer._id);
  if (wantsJson(request)) response.json({ outcome: 'released' });
  else response.redirect(303, signatoriesPath(who.petition));
}

async function undo({ platform, request, response, who }: Exchange, item: Types.ObjectId): Promise<void> {
  const isDone = await undoSignatory(platform, {
    petition: who.petition,
    item,
    organizer: who.organizer._id,
  });
  if (wantsJson(request)) response.json({ outcome: isDone ? 'undone' : 'gone' });
  else response.redirect(303, signatoriesPath(who.petition) + (isDone ? '?done=undone' : ''));
}

async function receiveDecision(exchange: Exchange, item: Types.ObjectId): Promise<void> {
  const { platform, request, response, who } = exchange;
  const { petition, organizer } = who;
  const decision = parseDecision(formOf(request));
  if (!decision) {
    response.status(422);
    return refuse(exchange, { outcome: 'unclear', message: 'Choose what to do, and why where you refuse.' });
  }
  const decided = await decideOnSignatory(platform, { petition, item, organizer: organizer._id }, decision);
  const { outcome } = decided;
  if (outcome !== 'approved' && outcome !== 'refused' && outcome !== 'merged') {
    response.status(409);
    return refuse(exchange, await whyNot(platform, decided, who));
  }
  if (wantsJson(request)) response.json({ outcome });
  else response.redirect(303, `${signatoriesPath(petition)}?done=${outcome}&item=${item.toHexString()}`);
}

type Refused = { outcome: string; message: string };

const reasons: Record<Exclude<Decided['outcome'], 'taken'>, string> = {
  approved: '',
  refused: '',
  merged: '',
  settled: 'Somebody else has already decided on this.',
  gone: 'This does not wait any more: the signer took it back, or an organizer changed it.',
  double:
    'An organisation with this name or this website is listed already. Merge the two, or say that this is another one.',
  unlike: 'There is no organisation to merge it into any more. Look at the list again.',
};

/** Why nothing was changed, for the script by its outcome and for people in a sentence. */
async function whyNot(platform: Platform, decided: Decided, who: SignedIn): Promise<Refused> {
  const { outcome } = decided;
  if (outcome !== 'taken') return { outcome, message: reasons[outcome] };
  const names = await organizerNames(platform, [decided.claim.organizer]);
  return { outcome, message: takenText(decided.claim, watching(who), names) ?? '' };
}

function refuse(exchange: Exchange, refused: Refused): Promise<void> | void {
  if (!wantsJson(exchange.request)) return showList(exchange, refused.message);
  exchange.response.json(refused);
}

async function place({ response, who }: Exchange, item: Types.ObjectId, isUp: boolean): Promise<void> {
  const { petition, organizer } = who;
  const placed = await (isUp ? pinSignatory : unpinSignatory)({
    ...{ petition, item, organizer: organizer._id },
  });
  if (!placed) throw new HttpError(404);
  response.redirect(303, `${signatoriesPath(petition)}?show=listed&done=${isUp ? 'pinned' : 'unpinned'}`);
}

async function changeOrder({ request, response, who }: Exchange): Promise<void> {
  const { data } = orderForm.safeParse(formOf(request));
  if (!data) throw new HttpError(422);
  await orderSignatories(who.petition, who.organizer._id, data.order);
  response.redirect(303, `${signatoriesPath(who.petition)}?show=listed&done=${data.order}`);
}

const watching = ({ petition, organizer }: SignedIn) => ({
  ...{ petition, organizer: organizer._id, now: new Date() },
});

const said: Readonly<Record<string, string>> = {
  approved: 'Approved: it is listed and counts.',
  refused: 'Refused: it is not listed and does not count.',
  merged: 'Merged: the organisation counts once.',
  undone: 'It is back among those to look at.',
  held: 'It is yours for two minutes.',
  pinned: 'It stands at the top.',
  unpinned: 'It stands in its turn again.',
  name: 'Listed by name from now on.',
  time: 'Listed in the order of signing from now on.',
};

async function showList({ platform, request, response, who }: Exchange, problem?: string): Promise<void> {
  const { petition } = who;
  const { done, item, ...wanted } = listQuery.parse(request.query);
  const { title } = textIn(petition, petition.language);
  const isDecided = done === 'approved' || done === 'refused' || done === 'merged';
  showPage(request, response, 'organize/open-letters/signatories', {
    ...organizePage(platform, who, `Signatories: ${title}`),
    petitionId: petition._id.toHexString(),
    petition: { title, url: `/petitions/${petition.slug}/signatories` },
    tab: 'signatories',
    queue: await signatoryQueueView(platform, watching(who), wanted),
    done: done && !problem ? said[done] : undefined,
    undoUrl: isDecided && item ? `${signatoriesPath(petition)}/${item}/undo` : undefined,
    problem,
    script: 'js/moderation.js',
  });
}

/** The signature of the address; none where the route has none. */
function itemOf({ params }: Request): Types.ObjectId {
  if (params.signature === undefined) return new Types.ObjectId();
  const id = readId(params.signature);
  if (!id) throw new HttpError(404);
  return id;
}
