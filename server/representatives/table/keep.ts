import { rm } from 'node:fs/promises';
import type { Env } from '../../../config/env.ts';
import { fileLimits, representativeLimits } from '../../../config/limits.ts';
import { importPath } from '../../imports/import.ts';
import { Representative } from '../representative.ts';
import { RepresentativeArea, RepresentativeTable } from './table.ts';

export const deleteTableFile = (
  env: Pick<Env, 'DATA_DIR'>,
  table: Pick<RepresentativeTable, 'file'>,
): Promise<void> => rm(importPath(env, table), { force: true });

/** Deletes tables that nobody used within a day, and those long replaced. Returns how many. */
export async function deleteOldTables(env: Pick<Env, 'DATA_DIR'>, now: Date): Promise<number> {
  const { tablesKept } = representativeLimits;
  const used = await RepresentativeTable.find({ usedAt: { $ne: null } }, { _id: 1 })
    .sort({ usedAt: -1, _id: -1 })
    .limit(tablesKept)
    .lean();
  const longAgo = new Date(now.getTime() - fileLimits.importKept * 1000);
  const old = await RepresentativeTable.find({
    _id: { $nin: used.map(({ _id }) => _id) },
    at: { $lte: longAgo },
    takenBackAt: { $not: { $gt: longAgo } },
  }).lean<RepresentativeTable[]>();
  for (const table of old) {
    const source = table._id.toHexString();
    await deleteTableFile(env, table);
    await RepresentativeArea.deleteMany({ table: source });
    await Representative.deleteMany({ source });
    // Last, so that whatever is left after a crash is found again.
    await RepresentativeTable.deleteOne({ _id: table._id });
  }
  return old.length;
}
