import type { Types } from 'mongoose';
import { record } from '../../audit/entry.ts';
import type { Organizer } from '../../organizers/organizer.ts';
import type { Petition } from '../../petitions/petition.ts';
import type { Platform } from '../../platform.ts';
import { historyWith } from '../../signatures/history.ts';
import { Signature } from '../../signatures/signature.ts';
import { beginTask, type Step, Task } from '../../tasks/task.ts';

export const undoKind = 'importUndo';
type UndoInput = { why: string };

/** Signatures taken back in one step. */
const batchSize = 500;

/** What an import stored and nobody has changed since. */
export const asReadIn = (imported: Types.ObjectId) => ({ changedIn: imported });
/** Whether an import has ended for good, so that what it stored can be taken back. */
export const canTakeBack = ({ state }: Pick<Task, 'state'>): boolean =>
  state === 'done' || state === 'cancelled';

type Begun = { outcome: 'begun'; task: Types.ObjectId } | { outcome: 'nothing' };

/** Begins to take an import back, and writes it into the log. */
export async function beginImportUndo(
  platform: Pick<Platform, 'queues'>,
  petition: Petition,
  { _id: organizer }: Organizer,
  imported: Task,
  why: string,
): Promise<Begun> {
  const total = canTakeBack(imported) ? await Signature.countDocuments(asReadIn(imported._id)) : 0;
  if (total === 0) return { outcome: 'nothing' };
  const input: UndoInput = { why };
  const task = await beginTask(platform, {
    ...{ kind: undoKind, title: 'Take an import back', needs: 'signature.import', undoes: imported._id },
    ...{ petition: petition._id, organizer, input, total },
  });
  await record({
    ...{ organizer, action: 'signature.importUndo', petition: petition._id, why },
    ...{ subject: imported._id.toHexString(), details: { signatures: total, task: task.toHexString() } },
  });
  return { outcome: 'begun', task };
}

/**
 * Takes the next signatures of an import back, each in one conditional update. They are withdrawn, so that these people
 * can sign, and can be read in again from a file that was put right. May run twice: `done` counts what this task changed
 * in the stretch, whichever run it was.
 */
export async function undoStep(
  { queues }: Pick<Platform, 'queues'>,
  { _id: task, organizer, undoes, cursor, input, petition }: Task,
  now = new Date(),
): Promise<Step> {
  if (!undoes || !petition) throw new Error('There is no import to take back');
  const after = cursor as Types.ObjectId | null;
  const due = { ...asReadIn(undoes), ...(after && { _id: { $gt: after } }) };
  const found = await Signature.find(due, { _id: 1 }).sort({ _id: 1 }).limit(batchSize).lean();
  const ids = found.map(({ _id }) => _id);
  const why = { $literal: (input as UndoInput).why };
  const history = historyWith({ at: now, to: 'withdrawn', by: 'organizer', organizer, task, why });
  await Signature.updateMany(
    { ...due, _id: { $in: ids } },
    [{ $set: { history, state: 'withdrawn', withdrawnAt: now, changedIn: task, recount: true } }],
    { updatePipeline: true },
  );
  queues.enqueue('tally', { petitionId: petition.toHexString() });
  const finished = ids.length < batchSize;
  const last = finished ? undefined : ids.at(-1);
  const stretch = { ...(after && { $gt: after }), ...(last && { $lte: last }) };
  const done = await Signature.countDocuments({
    importedIn: undoes,
    'history.task': task,
    ...(Object.keys(stretch).length > 0 && { _id: stretch }),
  });
  return { done, cursor: last ?? after, finished };
}

/** Of some signatures, those that are as the taking back of an import left them. */
export async function whichWereTakenBack(signatures: readonly Signature[]): Promise<Set<string>> {
  const withdrawn = signatures.filter(({ state, changedIn }) => state === 'withdrawn' && changedIn);
  if (withdrawn.length === 0) return new Set();
  const changedIn = { $in: withdrawn.map((signature) => signature.changedIn) };
  const undone = await Task.find({ _id: changedIn, kind: undoKind }, { _id: 1 }).lean();
  const tasks = new Set(undone.map(({ _id }) => _id.toHexString()));
  return new Set(
    withdrawn.flatMap(({ _id, changedIn }) => (tasks.has(String(changedIn)) ? [_id.toHexString()] : [])),
  );
}
