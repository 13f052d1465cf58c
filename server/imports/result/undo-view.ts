import type { Platform } from '../../platform.ts';
import { stateNames } from '../../signatures/organize/view.ts';
import { Signature } from '../../signatures/signature.ts';
import { openField } from '../../signatures/view.ts';
import { Task } from '../../tasks/task.ts';
import type { Import } from '../import.ts';
import { asReadIn, canTakeBack, undoKind } from './undo.ts';

/** Signatures named on the page. */
const named = 20;

/** How many signatures of an import can be taken back, and those that stay because somebody changed them since. */
export async function undoView(platform: Pick<Platform, 'vault'>, { task }: Import) {
  const imported = task && (await Task.findById(task, { state: 1 }).lean<Task>());
  if (!imported || !canTakeBack(imported)) return undefined;
  const undone = await Task.find({ undoes: imported._id, kind: undoKind }, { _id: 1 })
    .sort({ _id: 1 })
    .lean();
  const ours = [imported, ...undone].map(({ _id }) => _id);
  const changedSince = { importedIn: imported._id, changedIn: { $nin: ours } };
  const [n, touched, some] = await Promise.all([
    Signature.countDocuments(asReadIn(imported._id)),
    Signature.countDocuments(changedSince),
    Signature.find(changedSince).sort({ _id: 1 }).limit(named).lean<Signature[]>(),
  ]);
  return {
    n,
    touched,
    some: some.map((signature) => ({
      id: signature._id.toHexString(),
      name: openField(platform, signature, 'name') ?? 'No name',
      row: signature.importedRow,
      state: stateNames[signature.state],
    })),
    more: touched - some.length,
    task: undone.at(-1)?._id.toHexString(),
  };
}
