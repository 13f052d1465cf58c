import type { Request, Response } from 'express';
import { record } from '../../../audit/entry.ts';
import { letterObstacle } from '../../../letters/target.ts';
import { officialObstacle } from '../../../linked/official.ts';
import { formBody, formOf } from '../../../middleware/form-body.ts';
import type { OrganizeRoute, SignedIn } from '../../../middleware/guard.ts';
import { petitionPage } from '../../../organize/petition-page.ts';
import { showPage } from '../../../page.ts';
import type { Platform } from '../../../platform.ts';
import { textIn } from '../../petition.ts';
import type { Typed } from '../typed.ts';
import { readFuture, readOutcome, readReason } from './form.ts';
import * as life from './publication.ts';
import { publicationView } from './view.ts';

type Problems = Record<string, string>;
/** What a step came to: done, with what the log says of it, or what is wrong. */
type Step = { details?: Record<string, unknown>; problems?: Problems; isLate?: boolean };
type Take = (who: SignedIn, typed: Typed, now: Date) => Promise<Step>;

/** From a draft to an outcome: one page that shows where the petition is, and a form for each step from there. */
export function publicationRoutes(platform: Platform): OrganizeRoute[] {
  const needs = 'petition.publish';
  const step = (name: string, action: string, take: Take): OrganizeRoute => ({
    method: 'post',
    path: `/organize/petitions/:petition/${name}`,
    needs,
    before: [formBody()],
    handle: (request, response, who) => takeStep(platform, request, response, who, action, take),
  });
  return [
    {
      method: 'get',
      path: '/organize/petitions/:petition/publication',
      needs: 'petition.view',
      handle: (request, response, who) => showPublication(platform, request, response, who, {}),
    },
    step('publication', 'petition.publish', publish),
    step('publication/cancellation', 'petition.unschedule', async ({ petition, organizer }, _typed, now) =>
      doneIf(await life.unschedulePetition(petition, organizer, now)),
    ),
    step('closing', 'petition.close', async ({ petition, organizer }, _typed, now) =>
      doneIf(await life.closePetition(petition, organizer, now)),
    ),
    step('reopening', 'petition.reopen', reopen),
    step('outcomes', 'petition.outcome', writeOutcome),
    step('outcomes/undoing', 'petition.undoOutcome', takeBack),
  ];
}

const doneIf = (isDone: boolean): Step => ({ isLate: !isDone });

async function publish({ petition, organizer }: SignedIn, typed: Typed, now: Date): Promise<Step> {
  const isLater = typed.when === 'later';
  const read = isLater ? readFuture(petition, typed.publishedAt, 'first', now) : { at: now };
  if (!read.at) return { problems: { publishedAt: read.problem ?? 'Choose when it becomes public.' } };
  const obstacle = life.obstacleTo(petition, read.at) ?? (await letterObstacle(petition));
  if (obstacle) return { problems: { [isLater ? 'publishedAt' : 'form']: obstacle } };
  const missing = await officialObstacle(petition);
  if (missing) return { problems: { form: missing } };
  const isDone = await life.publishPetition(petition, read.at, organizer, now);
  return { ...doneIf(isDone), details: { at: read.at.toISOString() } };
}

async function reopen({ petition, organizer }: SignedIn, typed: Typed, now: Date): Promise<Step> {
  const { at, problem } = readFuture(petition, typed.closesAt, 'second', now);
  if (problem) return { problems: { closesAt: problem } };
  const isDone = await life.reopenPetition(petition, at, organizer, now);
  return { ...doneIf(isDone), details: { until: at?.toISOString() ?? 'no date' } };
}

async function writeOutcome({ petition, organizer }: SignedIn, typed: Typed, now: Date): Promise<Step> {
  const read = readOutcome(petition, typed, now);
  if (read.outcome === 'refused') return { problems: read.problems };
  const isDone = await life.addOutcome(petition, read.entry, organizer, now);
  return { ...doneIf(isDone), details: { entry: life.nameOf(read.entry) } };
}

async function takeBack({ petition, organizer }: SignedIn, { entry = '', reason }: Typed): Promise<Step> {
  if (!reason?.trim()) return { problems: { reason: 'Say why you take it back.' } };
  return { ...doneIf(await life.undoOutcome(petition, entry, organizer)), details: { entry } };
}

async function takeStep(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
  action: string,
  take: Take,
): Promise<void> {
  const typed = formOf(request);
  const reason = readReason(typed);
  const { problems, isLate, details }: Step = reason.success
    ? await take(who, typed, new Date())
    : { problems: { reason: reason.error.issues[0]?.message ?? '' } };
  if (problems) return showPublication(platform, request, response.status(422), who, { typed, problems });
  const { petition, organizer } = who;
  if (!isLate)
    await record({
      ...{ organizer: organizer._id, action, petition: petition._id, details },
      why: reason.data || undefined,
    });
  const done = isLate ? 'late' : 'yes';
  response.redirect(303, `/organize/petitions/${petition._id.toHexString()}/publication?done=${done}`);
}

function showPublication(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
  { typed = {}, problems = {} }: { typed?: Typed; problems?: Problems },
): void {
  const { petition } = who;
  const { title } = textIn(petition, petition.language);
  showPage(request, response, 'organize/petitions/publication', {
    ...petitionPage(platform, who, `Publish: ${title}`, 'publication'),
    ...publicationView(petition, typed, new Date()),
    publicUrl: `/petitions/${petition.slug}`,
    values: typed,
    errors: problems,
    errorList: Object.entries(problems).map(([field, message]) => ({ field, message })),
    ...{ isDone: request.query.done === 'yes', isLate: request.query.done === 'late' },
  });
}
