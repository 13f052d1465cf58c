import { record } from '../../audit/entry.ts';
import { HttpError } from '../../errors.ts';
import { formBody, formOf } from '../../middleware/form-body.ts';
import type { Exchange, OrganizeRoute } from '../../middleware/guard.ts';
import { organizePath, petitionPage } from '../../organize/petition-page.ts';
import { showPage } from '../../page.ts';
import { textIn } from '../../petitions/petition.ts';
import { phaseOf } from '../../petitions/phase.ts';
import type { Platform } from '../../platform.ts';
import { organizerNames } from '../../signatures/organize/people.ts';
import { correctCount, listCounts, recordCount } from '../counts.ts';
import * as form from '../form.ts';
import { askForReading, saveOfficial } from '../save.ts';
import { obstacleToStage, reachStage, stages, undoStage } from '../stages.ts';
import { officialPageView, type Refusal } from './view.ts';

const path = '/organize/petitions/:petition/official';
/** What a step came to: what the page says next, or what is wrong with its form. */
type Ended = { done: string } | { refused: Refusal; status?: 409 | 422 };
type Take = (exchange: Exchange, typed: form.Typed, now: Date) => Promise<Ended>;

/** The organizers' page of an official petition: what it is, its counts, and its stages. */
export function linkedRoutes(platform: Platform): OrganizeRoute[] {
  const step = (
    rest: string,
    take: Take,
    needs: OrganizeRoute['needs'] = 'petition.edit',
  ): OrganizeRoute => ({
    method: 'post',
    path: `${path}${rest}`,
    needs,
    before: [formBody()],
    handle: (request, response, who) => takeStep({ platform, request, response, who }, take),
  });
  return [
    {
      method: 'get',
      path,
      needs: 'petition.view',
      handle: (request, response, who) => show({ platform, request, response, who }),
    },
    step('', save),
    step('/reading', read),
    step('/counts', addCount),
    step('/counts/:count/correction', correct),
    step('/stages', addStage, 'petition.publish'),
    step('/stages/undoing', takeStageBack, 'petition.publish'),
  ];
}

async function takeStep(exchange: Exchange, take: Take): Promise<void> {
  const { request, response, who } = exchange;
  if (who.petition.kind !== 'linked') throw new HttpError(404);
  const ended = await take(exchange, formOf(request), new Date());
  if ('refused' in ended)
    return show({ ...exchange, response: response.status(ended.status ?? 422) }, ended.refused);
  response.redirect(303, `${organizePath(who.petition, 'official')}?done=${ended.done}`);
}

const refuse = (
  form: Refusal['form'],
  typed: form.Typed,
  problems: form.Problems,
  status: 409 | 422 = 422,
): Ended => ({ refused: { form, typed, problems }, status });

async function save({ who }: Exchange, typed: form.Typed, now: Date): Promise<Ended> {
  const read = form.readOfficialForm(who.petition, typed);
  if (read.outcome === 'refused') return refuse('official', typed, read.problems);
  const saved = await saveOfficial(who.petition, read.form, who.organizer, now);
  if (saved === 'saved') return { done: 'saved' };
  const changed =
    'Somebody else saved this meanwhile. What you typed is still here; open the page once more to see theirs.';
  return refuse('official', typed, { form: changed }, 409);
}

async function read({ platform, who }: Exchange, _typed: form.Typed, now: Date): Promise<Ended> {
  const asked = await askForReading(platform, who.petition, now);
  if (asked === 'off') return { done: 'off' };
  await record({ organizer: who.organizer._id, action: 'official.reading', petition: who.petition._id });
  return { done: asked };
}

async function addCount({ who }: Exchange, typed: form.Typed, now: Date): Promise<Ended> {
  const read = form.countForm(who.petition, now).safeParse(typed);
  if (!read.success) return refuse('count', typed, form.problemsOf(read.error));
  await recordCount(who.petition, who.organizer, read.data, now);
  return { done: 'counted' };
}

async function correct({ request, who }: Exchange, typed: form.Typed, now: Date): Promise<Ended> {
  const id = String(request.params.count);
  const refused = (problems: form.Problems) => refuse(`correct:${id}`, typed, problems);
  const read = form.correctionForm(who.petition, now).safeParse(typed);
  if (!read.success) return refused(form.problemsOf(read.error));
  const outcome = await correctCount(who.petition, who.organizer, id, read.data, now);
  if (outcome === 'unknown') throw new HttpError(404);
  if (outcome === 'same') return refused({ count: 'This is what it says already.' });
  if (outcome === 'changed')
    return refused({ count: 'Somebody else corrected this meanwhile. Look at it again before you do.' });
  return { done: 'corrected' };
}

async function addStage({ who }: Exchange, typed: form.Typed, now: Date): Promise<Ended> {
  const read = form.readStage(who.petition, typed, now);
  if (read.outcome === 'refused') return refuse('stage', typed, read.problems);
  if (phaseOf(who.petition, now) === 'draft')
    return refuse('stage', typed, { stage: 'Publish the page first.' });
  const obstacle = obstacleToStage(who.petition, read.form);
  if (obstacle) return refuse('stage', typed, { on: obstacle });
  const isDone = await reachStage(who.petition, read.form, who.organizer, now);
  return { done: isDone ? 'stage' : 'late' };
}

async function takeStageBack({ who }: Exchange, typed: form.Typed): Promise<Ended> {
  const stage = stages.find((known) => known === typed.stage);
  const why = form.reason.safeParse(typed.why);
  if (!stage) throw new HttpError(404);
  if (!why.success) return refuse('undo', typed, { why: why.error.issues[0]?.message ?? '' });
  return { done: (await undoStage(who.petition, stage, why.data, who.organizer)) ? 'undone' : 'late' };
}

const said: Readonly<Record<string, string>> = {
  saved: 'Saved. The public page says so already.',
  counted: 'Noted. The public page shows the latest count.',
  corrected: 'Corrected. What it said before stays in the log.',
  stage: 'Written down. The public page tells it.',
  undone: 'Taken back.',
  late: 'Nothing was changed: it was so already, or somebody else was faster.',
  asked: 'The site is being asked. Its answer is here in a moment.',
  waits: 'The site was asked a short while ago. It is asked again as soon as that is polite.',
  off: 'The count is not read by itself. Switch it on first.',
};

async function show({ platform, request, response, who }: Exchange, refusal?: Refusal): Promise<void> {
  const { petition } = who;
  if (petition.kind !== 'linked') throw new HttpError(404);
  const counts = await listCounts(petition);
  const names = await organizerNames(
    platform,
    counts.flatMap(({ first, corrections }) => [first, ...corrections].map(({ organizer }) => organizer)),
  );
  const { title } = textIn(petition, petition.language);
  const done = String(request.query.done ?? '');
  showPage(request, response, 'organize/linked/index', {
    ...petitionPage(platform, who, `Official petition: ${title}`, 'official'),
    base: organizePath(petition, 'official'),
    publicUrl: `/petitions/${petition.slug}`,
    isDraft: phaseOf(petition, new Date()) === 'draft',
    done: Object.hasOwn(said, done) && !refusal ? said[done] : undefined,
    ...(await officialPageView(petition, names, new Date(), refusal)),
    width: 'narrow',
  });
}
