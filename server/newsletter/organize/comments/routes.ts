import type { Request } from 'express';
import type { Types } from 'mongoose';
import { z } from 'zod';
import { moderationWork } from '../../../../config/limits.ts';
import { HttpError, wantsJson } from '../../../errors.ts';
import { formBody, formOf } from '../../../middleware/form-body.ts';
import type { Exchange, OrganizeRoute } from '../../../middleware/guard.ts';
import { claimItem, releaseItem } from '../../../moderation/claim.ts';
import type { Decided } from '../../../moderation/decide.ts';
import { parseDecision } from '../../../moderation/form.ts';
import { nameOf, takenText } from '../../../moderation/view.ts';
import { organizePage } from '../../../organize/chrome.ts';
import { showPage } from '../../../page.ts';
import type { Platform } from '../../../platform.ts';
import { readId } from '../../../record-id.ts';
import { organizerNames } from '../../../signatures/organize/people.ts';
import { decideOnComment, undoCommentDecision } from '../../comments/decide.ts';
import { commentsPath, lists, queueView } from './view.ts';

const path = '/organize/newsletter/comments';
const needs = 'newsletter.moderate';
const before = [formBody()];

const listQuery = z.object({
  show: z.enum(lists).catch('waiting'),
  page: z.coerce.number().int().min(1).max(moderationWork.pages).catch(1),
  done: z.enum(['approved', 'refused', 'undone', 'held']).optional().catch(undefined),
  item: z
    .string()
    .regex(/^[0-9a-f]{24}$/)
    .optional()
    .catch(undefined),
});

/** What readers wrote, one by one, as names and comments of petitions are looked at: the same keys, rules and reasons. */
export function commentOrganizeRoutes(platform: Platform): OrganizeRoute[] {
  const change = (name: string, handle: (exchange: Exchange) => Promise<void>): OrganizeRoute => ({
    ...{ method: 'post', path: `${path}/:comment/${name}`, needs, before },
    handle: (request, response, who) => handle({ platform, request, response, who }),
  });
  return [
    {
      ...{ method: 'get', path, needs },
      handle: (request, response, who) => showQueue({ platform, request, response, who }),
    },
    change('claim', async (exchange) => {
      const { request, response, who } = exchange;
      const claim = await claimItem(platform.redis, itemOf(request), who.organizer._id);
      if (!wantsJson(request)) response.redirect(303, `${commentsPath}${claim ? '' : '?done=held'}`);
      else if (claim) response.status(409).json(await whyNot(exchange, { outcome: 'taken', claim }));
      else response.json({ outcome: 'claimed' });
    }),
    change('release', async ({ request, response, who }) => {
      await releaseItem(platform.redis, itemOf(request), who.organizer._id);
      if (wantsJson(request)) response.json({ outcome: 'released' });
      else response.redirect(303, commentsPath);
    }),
    change('decision', decide),
    change('undo', async ({ request, response, who }) => {
      const item = itemOf(request);
      const undone = await undoCommentDecision({ item, organizer: who.organizer._id });
      if (wantsJson(request)) response.json({ outcome: undone ? 'undone' : 'gone' });
      else response.redirect(303, commentsPath + (undone ? '?done=undone' : ''));
    }),
  ];
}

function itemOf({ params }: Request): Types.ObjectId {
  const id = readId(params.comment);
  if (!id) throw new HttpError(404);
  return id;
}

async function decide(exchange: Exchange): Promise<void> {
  const { platform, request, response, who } = exchange;
  const item = itemOf(request);
  const decision = parseDecision(formOf(request));
  if (!decision) {
    response.status(422);
    return refuse(exchange, { outcome: 'unclear', message: 'Choose a reason.' });
  }
  const decided = await decideOnComment(platform, { item, organizer: who.organizer._id }, decision);
  if (decided.outcome !== 'decided') {
    response.status(409);
    return refuse(exchange, await whyNot(exchange, decided));
  }
  const done = decision.shows === 'all' ? 'approved' : 'refused';
  if (wantsJson(request)) response.json({ outcome: done });
  else response.redirect(303, `${commentsPath}?done=${done}&item=${item.toHexString()}`);
}

type Refused = { outcome: string; message: string };

async function refuse(exchange: Exchange, refused: Refused): Promise<void> {
  if (!wantsJson(exchange.request)) return showQueue(exchange, refused.message);
  exchange.response.json(refused);
}

/** Why nothing was changed, for the script by its outcome and for people in a sentence. */
async function whyNot(
  { platform, who }: Exchange,
  decided: Exclude<Decided, { outcome: 'decided' }>,
): Promise<Refused> {
  const { outcome } = decided;
  if (outcome === 'gone') return { outcome, message: 'This is gone: its writer took it back.' };
  if (outcome === 'settled') {
    const names = await organizerNames(platform, [decided.by]);
    return { outcome, message: `${nameOf(names, decided.by)} has already decided on this.` };
  }
  const { claim } = decided;
  const names = await organizerNames(platform, [claim.organizer]);
  const watching = { organizer: who.organizer._id, now: new Date() };
  return { outcome, message: takenText(claim, watching, names) ?? '' };
}

async function showQueue({ platform, request, response, who }: Exchange, problem?: string): Promise<void> {
  const { done, item, ...wanted } = listQuery.parse(request.query);
  const watching = { organizer: who.organizer._id, now: new Date() };
  showPage(request, response, 'organize/newsletter/comments', {
    ...organizePage(platform, who, 'Readers’ comments', 'newsletter'),
    queue: await queueView(platform, watching, wanted),
    ...{ done, problem, tab: 'comments', script: 'js/moderation.js' },
    undoUrl: item && `${commentsPath}/${item}/undo`,
  });
}
