import type { Petition } from '../../../petitions/petition.ts';
import type { Platform } from '../../../platform.ts';
import type { Task } from '../../../tasks/task.ts';
import { taskView } from '../../../tasks/view.ts';
import { Signature } from '../../signature.ts';
import { countAll, countChange, indexFor } from '../by-index.ts';
import { type ChangeInput, impossible, whichChange } from '../change.ts';
import { filterQuery } from '../filter.ts';
import { organizerNames } from '../people.ts';
import { filterInWords, momentIn, rowView, stateNames } from '../view.ts';
import { changeWords } from '../words.ts';
import { countUndoable, hasEnded } from './begin.ts';
import type { ChangeForm } from './form.ts';

const sampleSize = 10;

/** How many signatures a change would be made to, of which states, and some of them by name. Changes nothing. */
export async function previewChange(
  platform: Pick<Platform, 'vault'>,
  petition: Petition,
  { what, ...chosen }: ChangeForm,
  now = new Date(),
) {
  const which = { ...chosen, at: chosen.at ?? now.toISOString() };
  const due = whichChange(petition, what, which, now);
  const [states, meant, sample] = await Promise.all([
    countChange(petition, what, which, now),
    countAll(petition, which),
    Signature.find(due, null, indexFor(which)).sort({ _id: -1 }).limit(sampleSize).lean<Signature[]>(),
  ]);
  const problem = impossible(petition, what, now);
  const total = problem ? 0 : states.reduce((sum, { n }) => sum + n, 0);
  const { ids, at, ...filter } = which;
  return {
    what,
    ...changeWords[what],
    total,
    states: states
      .map(({ state, n }) => ({ name: stateNames[state], n }))
      .filter(({ n }) => n > 0)
      .sort((a, b) => b.n - a.n),
    others: Math.max(0, meant - total),
    impossible: problem,
    words: ids ? undefined : filterInWords(filter),
    sample: sample.map((signature) => rowView(platform, petition, signature)),
    moreThanSample: total > sampleSize,
    fields: Object.entries({ ...filter, ids: ids?.join(','), at }).flatMap(([name, value]) =>
      value === undefined ? [] : [{ name, value }],
    ),
    filterQuery: filterQuery(filter),
  };
}

/** A change that was begun: who, when, why, how far it is, what it could still be undone for, and what others changed since. */
export async function changeView(platform: Pick<Platform, 'vault'>, petition: Petition, task: Task) {
  const { what, which, why } = task.input as ChangeInput;
  const canBeUndone = what !== 'resend';
  const isEnded = hasEnded(task);
  const [names, undoable] = await Promise.all([
    organizerNames(platform, [task.organizer]),
    canBeUndone ? countUndoable(task) : 0,
  ]);
  const touched = canBeUndone && isEnded ? Math.max(0, task.done - undoable) : 0;
  const changedSince = { 'history.task': task._id, changedIn: { $ne: task._id } };
  const some = touched > 0 ? await Signature.find(changedSince).limit(sampleSize).lean<Signature[]>() : [];
  return {
    ...taskView(task),
    ...changeWords[what],
    who: names.get(String(task.organizer)),
    why,
    at: momentIn(petition, task.createdAt),
    words: what === 'undo' ? undefined : which.ids ? 'picked one by one' : filterInWords(which),
    undoes: task.undoes?.toHexString(),
    // A step that was cut off by cancelling is not in the task's own number.
    done: Math.max(task.done, undoable),
    ...{ undoable, touched, isEnded, canBeUndone, moreThanSample: touched > sampleSize },
    touchedSample: some.map((signature) => rowView(platform, petition, signature)),
  };
}
