import { Types } from 'mongoose';
import { record } from '../audit/entry.ts';
import type { Organizer } from '../organizers/organizer.ts';
import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { countAll } from '../signatures/organize/by-index.ts';
import type { Filter } from '../signatures/organize/filter.ts';
import { filterInWords } from '../signatures/organize/view.ts';
import { beginTask } from '../tasks/task.ts';
import { Export, type ExportKind, keptUntil, newExportFile } from './export.ts';

export const kindNames: Record<ExportKind, string> = {
  csv: 'CSV',
  xlsx: 'Excel workbook',
  pdf: 'Delivery pack (PDF)',
};

/** Begins an export and writes who, what and why into the log. Returns its task. */
export async function beginExport(
  platform: Pick<Platform, 'queues'>,
  petition: Petition,
  { _id: organizer }: Organizer,
  { kind, filter, columns, why }: { kind: ExportKind; filter: Filter; columns: string[]; why: string },
  now = new Date(),
): Promise<Types.ObjectId> {
  const which = { ...filter, at: now.toISOString() };
  const total = kind === 'pdf' ? undefined : await countAll(petition, which);
  const _id = new Types.ObjectId();
  const about = { petition: petition._id, organizer, why };
  await Export.create({
    ...{ _id, ...about, at: now, kind, which, columns, file: newExportFile(), expiresAt: keptUntil(now) },
  });
  const task = await beginTask(platform, {
    ...{ kind: 'signatureExport', title: `Export: ${kindNames[kind]}`, needs: 'signature.export' },
    ...{ petition: petition._id, organizer, input: { exportId: _id.toHexString() }, total },
  });
  await Export.updateOne({ _id }, { $set: { task } });
  await record({
    ...{ ...about, action: 'signature.export', subject: _id.toHexString() },
    details:
      kind === 'pdf'
        ? { kind }
        : { kind, signatures: total, which: filterInWords(filter), columns: columns.join(', ') },
  });
  return task;
}
