import type { Types } from 'mongoose';
import { record } from '../audit/entry.ts';
import type { Organizer } from '../organizers/organizer.ts';
import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { beginTask } from '../tasks/task.ts';
import { Import } from './import.ts';
import { importFields, type Mapping } from './mapping.ts';
import type { ImportInput } from './step.ts';

/** Begins to read a file in, once; returns the task of the first who asked, where there is one already. */
export async function beginImport(
  platform: Pick<Platform, 'queues'>,
  petition: Petition,
  { _id: organizer }: Organizer,
  given: Import,
  mapping: Mapping,
  now = new Date(),
): Promise<Types.ObjectId | undefined> {
  const claimed = await Import.updateOne({ _id: given._id, begunAt: null }, { $set: { begunAt: now } });
  if (claimed.modifiedCount === 0)
    return (await Import.findById(given._id, { task: 1 }).lean())?.task ?? undefined;
  const input: ImportInput = { importId: given._id.toHexString(), mapping };
  const task = await beginTask(platform, {
    ...{ kind: 'signatureImport', title: 'Import signatures from paper', needs: 'signature.import' },
    ...{ petition: petition._id, organizer, input },
  });
  await Import.updateOne({ _id: given._id }, { $set: { task } });
  await record({
    ...{ organizer, action: 'signature.import', petition: petition._id, subject: given._id.toHexString() },
    details: {
      bytes: given.bytes,
      columns: importFields.filter((field) => mapping[field] !== undefined).join(', '),
    },
  });
  return task;
}
