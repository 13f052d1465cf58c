import { letterWork, mailWork } from '../../config/limits.ts';
import { readId } from '../record-id.ts';
import { Letter, type LetterState, newBatch } from './letter.ts';
import { Target } from './target.ts';

const after = (now: Date, seconds: number): Date => new Date(now.getTime() + seconds * 1000);
const waiting = { $in: ['due', 'deferred'] as LetterState[] };

/** Which targets may get letters now. */
export const isTheirTurn = (now: Date) => ({
  dueAt: { $lte: now },
  pausedAt: null,
  restsUntil: { $not: { $gt: now } },
});

/** Takes a target's turn: nobody else has one until it has rested. Undefined where it is not its turn. */
export async function takeTurn(targetId: string, now: Date): Promise<Target | undefined> {
  if (!readId(targetId)) return undefined;
  const target = await Target.findOneAndUpdate(
    { _id: targetId, ...isTheirTurn(now) },
    { $set: { restsUntil: after(now, letterWork.rest) } },
    { returnDocument: 'after' },
  ).lean<Target>();
  return target ?? undefined;
}

const claim = (now: Date) => ({
  $set: { state: 'claimed' as const, at: now, leaseUntil: after(now, mailWork.lease) },
  $inc: { attempts: 1 },
});

/** Claims the letter that has waited longest: it is handed over by nobody else, and by nobody again. */
export const claimLetter = ({ _id: target }: Pick<Target, '_id'>, now: Date): Promise<Letter | null> =>
  Letter.findOneAndUpdate({ target, state: waiting, dueAt: { $lte: now } }, claim(now), {
    sort: { dueAt: 1 },
    returnDocument: 'after',
  }).lean<Letter>();

/** Claims all that are due for one mail. */
export async function claimBatch({ _id: target }: Pick<Target, '_id'>, now: Date): Promise<Letter[]> {
  const due = await Letter.find({ target, state: waiting, dueAt: { $lte: now } }, { _id: 1 })
    .sort({ dueAt: 1 })
    .limit(letterWork.digest.most)
    .lean();
  if (due.length === 0) return [];
  const batch = newBatch();
  const { $set, $inc } = claim(now);
  const which = { _id: { $in: due.map(({ _id }) => _id) }, state: waiting };
  await Letter.updateMany(which, { $set: { ...$set, batch }, $inc });
  return Letter.find({ target, state: 'claimed', batch }).sort({ dueAt: 1 }).lean<Letter[]>();
}

type Ending = { state: Exclude<LetterState, 'due' | 'claimed'>; reason?: string; dueAt?: Date };

/** Writes down how it went for letters that were claimed. */
export async function settleLetters(
  ids: readonly string[],
  { state, reason, dueAt }: Ending,
  now: Date,
): Promise<void> {
  await Letter.updateMany(
    { _id: { $in: [...ids] }, state: 'claimed' },
    {
      $set: { state, at: now, ...(reason && { reason }), ...(dueAt && { dueAt }) },
      $unset: { leaseUntil: 1, ...(!reason && { reason: 1 }) },
    },
  );
}

/** When a letter that the server did not take is tried again; undefined where it was tried often enough. */
export function againAt({ attempts }: Pick<Letter, 'attempts'>, now: Date): Date | undefined {
  const wait = letterWork.again[attempts - 1];
  return wait === undefined ? undefined : after(now, wait);
}

/** A failure for good: after some in a row the target is paused, until somebody has looked. */
export async function noteFailure(
  { _id }: Pick<Target, '_id'>,
  kind: 'bounced' | 'refused',
  reason: string,
  now: Date,
): Promise<void> {
  await Target.updateOne({ _id }, { $set: { failedAt: now, reason }, $inc: { failures: 1 } });
  await Target.updateOne(
    { _id, pausedAt: null, failures: { $gte: letterWork.refusedAtMost } },
    { $set: { pausedAt: now, pausedFor: kind } },
  );
}

export const noteArrival = ({ _id }: Pick<Target, '_id'>) =>
  Target.updateOne(
    { _id, failedAt: { $ne: null } },
    { $set: { failures: 0 }, $unset: { failedAt: 1, reason: 1 } },
  );

/**
 * Ends a turn: counts the target's letters, and says when it next has something to send. A letter that a worker died at
 * is not sent again by itself: nobody knows whether it arrived. `restsUntil`: a rest other than the usual.
 */
export async function endTurn(
  { _id, calls }: Pick<Target, '_id' | 'calls'>,
  now: Date,
  restsUntil?: Date,
): Promise<void> {
  await Letter.updateMany(
    { target: _id, state: 'claimed', leaseUntil: { $lte: now } },
    { $set: { state: 'unclear', at: now }, $unset: { leaseUntil: 1 } },
  );
  const counts = await countLetters(_id);
  const [due, deferred, claimed] = await Promise.all([
    Letter.findOne({ target: _id, state: 'due' }, { dueAt: 1 }).sort({ dueAt: 1 }).lean(),
    Letter.findOne({ target: _id, state: 'deferred' }, { dueAt: 1 }).sort({ dueAt: 1 }).lean(),
    Letter.findOne({ target: _id, state: 'claimed' }, { leaseUntil: 1 }).lean(),
  ]);
  const moments = [due?.dueAt, deferred?.dueAt, claimed?.leaseUntil].filter((at) => at instanceof Date);
  const dueAt = moments.length > 0 ? new Date(Math.min(...moments.map(Number))) : undefined;
  await Target.updateOne({ _id }, { $set: { counts, ...(restsUntil && { restsUntil }) } });
  await Target.updateOne({ _id, calls }, dueAt ? { $set: { dueAt } } : { $unset: { dueAt: 1 } });
}

const counted = ['sent', 'bounced', 'refused', 'unclear'] as const;

async function countLetters(target: Target['_id']): Promise<Target['counts']> {
  const numbers = await Promise.all(counted.map((state) => Letter.countDocuments({ target, state })));
  return Object.fromEntries(counted.map((state, i) => [state, numbers[i]])) as Target['counts'];
}
