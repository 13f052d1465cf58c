import type { Types } from 'mongoose';
import { record } from '../../../audit/entry.ts';
import type { Organizer } from '../../../organizers/organizer.ts';
import type { Petition } from '../../../petitions/petition.ts';
import type { Platform } from '../../../platform.ts';
import { beginTask, type Task } from '../../../tasks/task.ts';
import { Signature } from '../../signature.ts';
import { countChange } from '../by-index.ts';
import { type ChangeInput, impossible } from '../change.ts';
import { filterInWords } from '../view.ts';
import { changeWords } from '../words.ts';
import type { ChangeForm } from './form.ts';

type Begun = { outcome: 'begun'; task: Types.ObjectId } | { outcome: 'nothing' };

/** Begins a change of all signatures it can be made to, and writes it into the log. */
export async function beginChange(
  platform: Pick<Platform, 'queues'>,
  petition: Petition,
  organizer: Organizer,
  { what, ...chosen }: ChangeForm,
  why: string,
  now = new Date(),
): Promise<Begun> {
  const which = { ...chosen, at: chosen.at ?? now.toISOString() };
  const states = impossible(petition, what, now) ? [] : await countChange(petition, what, which, now);
  const total = states.reduce((sum, { n }) => sum + n, 0);
  if (total === 0) return { outcome: 'nothing' };
  const input: ChangeInput = { what, which, why };
  const task = await begin(platform, petition, organizer, { input, total });
  await record({
    organizer: organizer._id,
    action: changeWords[what].audit,
    petition: petition._id,
    subject: which.ids?.length === 1 ? which.ids[0] : task.toHexString(),
    details: {
      signatures: total,
      which: which.ids ? 'picked one by one' : filterInWords(which),
      task: String(task),
    },
    why,
  });
  return { outcome: 'begun', task };
}

/** Begins to take a change back, wherever nobody has changed the signature since. */
export async function beginUndo(
  platform: Pick<Platform, 'queues'>,
  petition: Petition,
  organizer: Organizer,
  undone: Task,
  why: string,
): Promise<Begun> {
  const total = await countUndoable(undone);
  if (total === 0) return { outcome: 'nothing' };
  const input: ChangeInput = { what: 'undo', which: {}, why };
  const task = await begin(platform, petition, organizer, { input, total, undoes: undone._id });
  await record({
    organizer: organizer._id,
    action: changeWords.undo.audit,
    petition: petition._id,
    subject: undone._id.toHexString(),
    details: { signatures: total, task: String(task) },
    why,
  });
  return { outcome: 'begun', task };
}

/** Nothing more comes of it: it is done, or was cancelled and no worker is at its last step any more. */
export const hasEnded = ({ state, lease, leaseUntil }: Task, now = new Date()): boolean =>
  state === 'done' || (state === 'cancelled' && !(lease && leaseUntil && leaseUntil > now));

/** How many signatures are still as the task left them; none while it is under way. */
export const countUndoable = async (task: Task): Promise<number> =>
  hasEnded(task) ? Signature.countDocuments({ changedIn: task._id }) : 0;

const titleOf = ({ what }: ChangeInput): string =>
  what === 'undo' ? 'Undo a change of signatures' : `${changeWords[what].verb}: signatures`;

const begin = (
  platform: Pick<Platform, 'queues'>,
  petition: Petition,
  { _id: organizer }: Organizer,
  task: Pick<Task, 'input' | 'total'> & Partial<Pick<Task, 'undoes'>>,
) =>
  beginTask(platform, {
    kind: 'signatureChange',
    needs: 'signature.change',
    title: titleOf(task.input as ChangeInput),
    petition: petition._id,
    organizer,
    ...task,
  });
