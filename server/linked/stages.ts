import type { Types } from 'mongoose';
import { record } from '../audit/entry.ts';
import { calendarDay } from '../locales.ts';
import { Petition } from '../petitions/petition.ts';
import { mainUrl, type Official } from './official.ts';
import { siteOf } from './site.ts';

/** What follows on gathering signatures, in this order: each is a dated entry in the petition's history. */
export const stages = ['certified', 'presented', 'answered'] as const;
type Stage = (typeof stages)[number];
export type StageEntry = { outcome: Stage; at: Date; note: { en?: string; fr?: string } };
type By = { _id: Types.ObjectId };

const day = 86_400_000;

/** The stages a petition has been through. */
export const stagesOf = ({ history }: Pick<Petition, 'history'>) =>
  stages.flatMap((stage) => history.find(({ outcome }) => outcome === stage) ?? []);

/** Where it is now: the last of its stages, or still gathering. */
export const stageOf = (petition: Pick<Petition, 'history'>): Stage | 'gathering' =>
  (stagesOf(petition).at(-1)?.outcome as Stage | undefined) ?? 'gathering';

/** Whole days from one day of the calendar to another. */
const daysBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / day;

/** `dueOn` is a day of the calendar; `days` until then, or by how many it is late, or how many the answer took. */
type Clock = { dueOn: string; within: number; state: 'running' | 'late' | 'answered'; days: number };

/** The time a parliament has for its answer, from the day the petition was presented; none where there is no rule. */
export function clockOf(petition: Petition, official: Official, now: Date): Clock | undefined {
  const within = siteOf(mainUrl(official, petition))?.answerDays;
  const find = (stage: Stage) => petition.history.find(({ outcome }) => outcome === stage)?.at;
  const presented = find('presented');
  if (!within || !presented) return undefined;
  const zone = petition.timeZone ?? 'UTC';
  const from = calendarDay(presented, zone);
  const dueOn = new Date(Date.parse(from) + within * day).toISOString().slice(0, 10);
  const answered = find('answered');
  if (answered)
    return { dueOn, within, state: 'answered', days: daysBetween(from, calendarDay(answered, zone)) };
  const left = daysBetween(calendarDay(now, zone), dueOn);
  return left < 0
    ? { dueOn, within, state: 'late', days: -left }
    : { dueOn, within, state: 'running', days: left };
}

/** Why a stage cannot have been on this day, seen from the others; undefined where it can. */
export function obstacleToStage(petition: Petition, { outcome, at }: StageEntry): string | undefined {
  const place = stages.indexOf(outcome);
  const known = stagesOf(petition);
  if (known.some((entry) => entry.outcome === outcome)) return 'This stage is written down already.';
  const isOutOfOrder = known.some((entry) => {
    const isEarlier = stages.indexOf(entry.outcome as Stage) < place;
    return isEarlier ? entry.at > at : entry.at < at;
  });
  return isOutOfOrder
    ? 'A petition is certified, then presented, then answered. Check the day against the other stages.'
    : undefined;
}

/** Writes a stage down, once. False where it is there already, or the petition is not public or was withdrawn. */
export async function reachStage(
  { _id }: Pick<Petition, '_id'>,
  entry: StageEntry,
  { _id: organizer }: By,
  now = new Date(),
): Promise<boolean> {
  const { modifiedCount } = await Petition.updateOne(
    {
      ...{ _id, kind: 'linked', publishedAt: { $lte: now } },
      'history.outcome': { $nin: [entry.outcome, 'withdrawn'] },
    },
    { $push: { history: entry }, $set: { editedBy: organizer }, $inc: { revision: 1 } },
  );
  if (modifiedCount === 0) return false;
  const details = { stage: entry.outcome, on: entry.at.toISOString().slice(0, 10) };
  await record({ organizer, action: 'official.stage', petition: _id, details });
  return true;
}

/** Takes a stage back that was written down by mistake. */
export async function undoStage(
  { _id }: Pick<Petition, '_id'>,
  stage: Stage,
  why: string,
  { _id: organizer }: By,
): Promise<boolean> {
  const { modifiedCount } = await Petition.updateOne(
    { _id, kind: 'linked', 'history.outcome': stage },
    { $pull: { history: { outcome: stage } }, $set: { editedBy: organizer }, $inc: { revision: 1 } },
  );
  if (modifiedCount === 0) return false;
  await record({ organizer, action: 'official.undoStage', petition: _id, details: { stage }, why });
  return true;
}
