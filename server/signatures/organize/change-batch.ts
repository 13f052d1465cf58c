import type { Types } from 'mongoose';
import type { Petition } from '../../petitions/petition.ts';
import type { Platform } from '../../platform.ts';
import type { Task } from '../../tasks/task.ts';
import { historyWith } from '../history.ts';
import { Signature } from '../signature.ts';
import { type ChangeInput, changeRules, whichChange } from './change.ts';
import type { Selection } from './filter.ts';

/** Signatures looked at in one step. */
const batchSize = 500;

type Batch = { done: number; cursor: Types.ObjectId | null; finished: boolean };
type Changing = Pick<Task, '_id' | 'organizer' | 'createdAt' | 'undoes' | 'cursor'>;

/**
 * Changes the next batch of a task's signatures, each in one conditional update that also puts it on the tally's list.
 * May run twice: `done` counts what the task has changed in this stretch, whichever run it was.
 */
export async function changeBatch(
  { queues }: Pick<Platform, 'queues'>,
  petition: Petition,
  task: Changing,
  { what, which, why }: ChangeInput,
  now = new Date(),
): Promise<Batch> {
  const after = (task.cursor as Types.ObjectId | null) ?? undefined;
  const due = whichAreDue(petition, task, what, which, after);
  const found = await Signature.find(due, { _id: 1 }).sort({ _id: 1 }).limit(batchSize).lean();
  const ids = found.map(({ _id }) => _id);
  const update = what === 'resend' ? mailAgain(task, which, now) : newState(task, what, why, now);
  if (ids.length > 0)
    await Signature.updateMany({ $and: [due, { _id: { $in: ids } }] }, update, { updatePipeline: true });

  if (what !== 'resend') queues.enqueue('tally', { petitionId: petition._id.toHexString() });
  else if (ids.length > 0) queues.enqueue('mail', { signatureIds: ids.map((id) => id.toHexString()) });

  const finished = ids.length < batchSize;
  const last = finished ? undefined : ids.at(-1);
  const stretch = { ...(after && { $gt: after }), ...(last && { $lte: last }) };
  const done = await Signature.countDocuments({
    petition: petition._id,
    ...(Object.keys(stretch).length > 0 && { _id: stretch }),
    [what === 'resend' ? 'mail.task' : 'history.task']: task._id,
  });
  return { done, cursor: last ?? after ?? null, finished };
}

function whichAreDue(
  petition: Petition,
  { undoes, createdAt }: Changing,
  what: ChangeInput['what'],
  which: Selection,
  after: Types.ObjectId | undefined,
): Record<string, unknown> {
  if (what === 'undo') return { changedIn: undoes, ...(after && { _id: { $gt: after } }) };
  const due = whichChange(petition, what, which, createdAt, { after });
  // Who took their signature back and signed again since the preview has an old id and a new moment.
  return which.at ? { $and: [due, { createdAt: { $lte: new Date(which.at) } }] } : due;
}

/** The state before the last change. */
const before = {
  $ifNull: [{ $last: '$history.from' }, { $cond: [{ $gt: ['$confirmedAt', null] }, 'confirmed', 'pending'] }],
};

/** An organisation whose place another spelling of it took meanwhile comes back before a moderator. */
const mustBeApproved = {
  $and: [
    { $eq: [before, 'confirmed'] },
    { $gt: ['$signatory.kind', null] },
    { $lte: ['$signatory.approvedAt', null] },
  ],
};

const hasLetter = { $and: [{ $eq: ['$state', 'confirmed'] }, { $gt: ['$letter', null] }] };

function newState(
  { _id: task, organizer }: Changing,
  what: Exclude<ChangeInput['what'], 'resend'>,
  why: string,
  now: Date,
) {
  const given = what !== 'undo' && changeRules[what].to;
  const to = given || { $cond: [mustBeApproved, 'held', before] };
  const happening = { at: now, to, by: 'organizer', organizer, task, why: { $literal: why } } as const;
  return [
    { $set: { history: historyWith(happening), state: to, recount: true, changedIn: task } },
    { $unset: ['mail.dueAt'] },
    // A letter that counts goes out.
    { $set: { letter: { $cond: [hasLetter, { $mergeObjects: ['$letter', { dueAt: now }] }, '$letter'] } } },
  ];
}

/** One person who asked gets the mail they asked for; many get a reminder, which respects those who want no mail. */
function mailAgain({ _id: task }: Changing, { ids }: Selection, now: Date) {
  const kind = ids?.length === 1 ? 'confirm' : 'reminder';
  const n = { $add: [{ $ifNull: ['$mail.n', 0] }, 1] };
  return [{ $set: { mail: { kind, n, requestedAt: now, dueAt: now, task } } }];
}
