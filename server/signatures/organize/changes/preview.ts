import type { Petition } from '../../../petitions/petition.ts';
import type { Platform } from '../../../platform.ts';
import type { Task } from '../../../tasks/task.ts';
import { taskView } from '../../../tasks/view.ts';
import { Signature, type SignatureState } from '../../signature.ts';
import { type ChangeInput, whichChange } from '../change.ts';
import { filterQuery, whichSignatures } from '../filter.ts';
import { organizerNames } from '../people.ts';
import { filterInWords, momentIn, rowView, stateNames } from '../view.ts';
import { changeWords } from '../words.ts';
import { countUndoable } from './begin.ts';
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
    Signature.aggregate<{ _id: SignatureState; n: number }>([
      { $match: due },
      { $group: { _id: '$state', n: { $sum: 1 } } },
      { $sort: { n: -1 } },
    ]),
    Signature.countDocuments(whichSignatures(petition, which)),
    Signature.find(due).sort({ _id: -1 }).limit(sampleSize).lean<Signature[]>(),
  ]);
  const total = states.reduce((sum, { n }) => sum + n, 0);
  const { ids, at, ...filter } = which;
  return {
    what,
    ...changeWords[what],
    total,
    states: states.map(({ _id, n }) => ({ name: stateNames[_id], n })),
    others: meant - total,
    words: ids ? undefined : filterInWords(filter),
    sample: sample.map((signature) => rowView(platform, petition, signature)),
    moreThanSample: total > sampleSize,
    fields: Object.entries({ ...filter, ids: ids?.join(','), at }).flatMap(([name, value]) =>
      value === undefined ? [] : [{ name, value }],
    ),
    filterQuery: filterQuery(filter),
  };
}

/** A change that was begun: who, when, why, how far it is, and how many it could still be undone for. */
export async function changeView(platform: Pick<Platform, 'vault'>, petition: Petition, task: Task) {
  const { what, which, why } = task.input as ChangeInput;
  const names = await organizerNames(platform, [task.organizer]);
  const undoable = what === 'resend' ? 0 : await countUndoable(task);
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
    undoable,
    touched: Math.max(0, task.done - undoable),
  };
}
