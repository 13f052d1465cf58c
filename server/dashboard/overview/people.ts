import { createHash } from 'node:crypto';
import { Types } from 'mongoose';
import { dashboardWork } from '../../../config/limits.ts';
import type { Platform } from '../../platform.ts';
import { Signature } from '../../signatures/signature.ts';
import { beginTask, type Step, Task, type TaskState } from '../../tasks/task.ts';

/** How many different people were behind how many confirmed signatures, and when they were told apart. */
export type PeopleCount = { people: number; signatures: number; from: Date; to: Date };
/** What is known of the people of some petitions: the last count, and the one that is under way. */
export type People = { counted?: PeopleCount; counting?: { task: string; percent?: number } };

type Input = { key: string; petitions: string[] };
type Cursor = { after: string } & Pick<PeopleCount, 'people' | 'signatures'>;

/** One selection of petitions, in whatever order. */
const keyOf = (petitions: readonly Types.ObjectId[]): string =>
  createHash('sha256')
    .update(
      petitions
        .map((id) => id.toHexString())
        .sort()
        .join(),
    )
    .digest('base64url');

/**
 * The different people among the confirmed signatures of some petitions: everybody has one `emailKey`, whatever they
 * signed. A few are counted at once; of many the last count is given, see {@link countPeopleStep}. `signatures` is
 * about how many there are.
 */
export async function findPeople(
  petitions: Types.ObjectId[],
  signatures: number,
  now = new Date(),
): Promise<People> {
  if (signatures > dashboardWork.peopleAtOnce) return lastCount(petitions);
  const confirmed = await Signature.find(
    { petition: { $in: petitions }, state: 'confirmed' },
    { _id: 0, emailKey: 1 },
  )
    .limit(dashboardWork.peopleAtOnce + 1)
    .lean();
  if (confirmed.length > dashboardWork.peopleAtOnce) return lastCount(petitions);
  const people = new Set(confirmed.map(({ emailKey }) => emailKey)).size;
  return { counted: { people, signatures: confirmed.length, from: now, to: now } };
}

async function lastCount(petitions: readonly Types.ObjectId[]): Promise<People> {
  const key = keyOf(petitions);
  const last = (states: TaskState[]) =>
    Task.findOne({ petition: null, kind: 'people', 'input.key': key, state: { $in: states } })
      .sort({ createdAt: -1 })
      .lean<Task>();
  const [counting, counted] = await Promise.all([last(['waiting', 'running', 'paused']), last(['done'])]);
  const finished = counted?.finishedAt && {
    ...(counted.result as Pick<PeopleCount, 'people' | 'signatures'>),
    ...{ from: counted.startedAt ?? counted.createdAt, to: counted.finishedAt },
  };
  return {
    ...(finished && { counted: finished }),
    ...(counting && { counting: progressOf(counting) }),
  };
}

function progressOf({ _id, done, total }: Task) {
  const percent = total ? { percent: Math.min(99, Math.floor((done / total) * 100)) } : {};
  return { task: _id.toHexString(), ...percent };
}

/** Begins to count the people of some petitions, unless somebody is at it. */
export async function beginPeopleCount(
  platform: Pick<Platform, 'queues'>,
  organizer: Types.ObjectId,
  petitions: Types.ObjectId[],
): Promise<void> {
  if ((await lastCount(petitions)).counting) return;
  const input: Input = { key: keyOf(petitions), petitions: petitions.map((id) => id.toHexString()) };
  const title = `Count the people of ${petitions.length} petitions`;
  await beginTask(platform, { kind: 'people', needs: 'petition.view', organizer, title, input });
}

/**
 * One step of counting people: goes on through the signatures in the order of their `emailKey`, where those of one
 * person are side by side. Only the place and the sum are kept, so memory does not grow, and a step that runs twice
 * begins at the same place.
 */
export async function countPeopleStep({ input, cursor }: Pick<Task, 'input' | 'cursor'>): Promise<Step> {
  const petitions = (input as Input).petitions.map((id) => new Types.ObjectId(id));
  const { after, ...known } = (cursor as Cursor | null) ?? { after: '', people: 0, signatures: 0 };
  const total = cursor ? undefined : await Signature.countDocuments({ petition: { $in: petitions } });
  const read = await Signature.find(
    { petition: { $in: petitions }, emailKey: { $gt: after } },
    { _id: 0, emailKey: 1, state: 1 },
  )
    .sort({ emailKey: 1 })
    .limit(dashboardWork.peopleStep)
    .lean();
  const finished = read.length < dashboardWork.peopleStep;
  // Where it was cut, the last person may have more signatures behind the cut: they are for the next step.
  const last = read.at(-1)?.emailKey;
  const whole = finished ? read : read.filter(({ emailKey }) => emailKey !== last);
  const confirmed = whole.filter(({ state }) => state === 'confirmed');
  const people = known.people + new Set(confirmed.map(({ emailKey }) => emailKey)).size;
  const signatures = known.signatures + confirmed.length;
  return {
    done: whole.length,
    cursor: { after: whole.at(-1)?.emailKey ?? after, people, signatures } satisfies Cursor,
    finished,
    ...(total !== undefined && { total }),
    ...(finished && { result: { people, signatures, summary: 'The different people are told apart.' } }),
  };
}
