import type { Types } from 'mongoose';
import { mailAgainAfter } from '../../../config/limits.ts';
import type { Petition } from '../../petitions/petition.ts';
import type { Platform } from '../../platform.ts';
import type { Task } from '../../tasks/task.ts';
import { historyWith } from '../history.ts';
import { Signature } from '../signature.ts';
import { type Selection, whichSignatures } from './filter.ts';

export const changeNames = ['withdraw', 'invalidate', 'restore', 'release', 'resend'] as const;
export type ChangeName = (typeof changeNames)[number];

/** What a task of changing signatures is told. */
export type ChangeInput = { what: ChangeName | 'undo'; which: Selection; why: string };

/** Signatures looked at in one step. */
const batchSize = 500;

const standing = { state: { $in: ['pending', 'confirmed', 'held'] } };

/** Which signatures a change can be made to, and the state it ends in; `undefined` gives back the one before. */
const changes: Record<Exclude<ChangeName, 'resend'>, { from: Record<string, unknown>; to?: string }> = {
  withdraw: { from: standing, to: 'withdrawn' },
  invalidate: { from: standing, to: 'invalidated' },
  release: { from: { state: 'held' }, to: 'confirmed' },
  // What a signer withdrew stays withdrawn: only a withdrawal that an organizer wrote down is taken back.
  restore: { from: { $or: [{ state: 'invalidated' }, { state: 'withdrawn', changedIn: { $ne: null } }] } },
};

/** The selection without those the change cannot be made to. */
export function whichChange(
  petition: Petition,
  what: ChangeName,
  which: Selection,
  now: Date,
  bounds: { after?: Types.ObjectId } = {},
): Record<string, unknown> {
  const from =
    what === 'resend'
      ? { state: 'pending', 'mail.requestedAt': { $lte: ago(mailAgainAfter.confirm, now) } }
      : changes[what].from;
  return { ...whichSignatures(petition, which, bounds), $and: [from] };
}

const ago = (seconds: number, now: Date): Date => new Date(now.getTime() - seconds * 1000);

/** The state before the last change. */
const before = {
  $ifNull: [{ $last: '$history.from' }, { $cond: [{ $gt: ['$confirmedAt', null] }, 'confirmed', 'pending'] }],
};

/**
 * Changes the next batch of a task's signatures, each in one conditional update that also puts it on the tally's list.
 * May run twice: `done` counts what the task has changed in this stretch, whichever run it was.
 */
export async function changeBatch(
  { queues }: Pick<Platform, 'queues'>,
  petition: Petition,
  task: Pick<Task, '_id' | 'organizer' | 'createdAt' | 'undoes' | 'cursor'>,
  { what, which, why }: ChangeInput,
  now = new Date(),
): Promise<{ done: number; cursor: Types.ObjectId | null; finished: boolean }> {
  const after = (task.cursor as Types.ObjectId | null) ?? undefined;
  const due =
    what === 'undo'
      ? { changedIn: task.undoes, ...(after && { _id: { $gt: after } }) }
      : whichChange(petition, what, which, task.createdAt, { after });
  const found = await Signature.find(due, { _id: 1 }).sort({ _id: 1 }).limit(batchSize).lean();
  const ids = found.map(({ _id }) => _id);
  const stillDue = { ...due, _id: { $in: ids } };
  const update = what === 'resend' ? mailAgain(which, now) : newState(task, what, why, now);
  if (ids.length > 0) await Signature.updateMany(stillDue, update, { updatePipeline: true });

  const petitionId = petition._id.toHexString();
  if (what !== 'resend') queues.enqueue('tally', { petitionId });
  else for (const id of ids) queues.enqueue('mail', { signatureId: id.toHexString() });

  const finished = ids.length < batchSize;
  const last = finished ? undefined : ids.at(-1);
  const stretch = { ...(after && { $gt: after }), ...(last && { $lte: last }) };
  const done = await Signature.countDocuments({
    petition: petition._id,
    ...(what === 'resend' ? { 'mail.requestedAt': { $gt: task.createdAt } } : { changedIn: task._id }),
    ...(what === 'resend' && { _id: { $in: ids } }),
    ...(what !== 'resend' && Object.keys(stretch).length > 0 && { _id: stretch }),
  });
  return { done, cursor: last ?? after ?? null, finished };
}

function newState(
  { _id: task, organizer }: Pick<Task, '_id' | 'organizer'>,
  what: Exclude<ChangeName, 'resend'> | 'undo',
  why: string,
  now: Date,
) {
  const to = (what !== 'undo' && changes[what].to) || before;
  const happening = { at: now, to, by: 'organizer', organizer, task, why: { $literal: why } } as const;
  return [
    {
      $set: {
        ...{ history: historyWith(happening), state: to, recount: true, changedIn: task },
        ...(what === 'withdraw' && { withdrawnAt: now }),
      },
    },
    { $unset: ['mail.dueAt'] },
  ];
}

/** One person who asked gets the mail they asked for; many get a reminder, which respects those who want no mail. */
const mailAgain = ({ ids }: Selection, now: Date) => [
  {
    $set: {
      mail: {
        ...{
          kind: ids?.length === 1 ? 'confirm' : 'reminder',
          n: { $add: [{ $ifNull: ['$mail.n', 0] }, 1] },
        },
        ...{ requestedAt: now, dueAt: now },
      },
    },
  },
];
