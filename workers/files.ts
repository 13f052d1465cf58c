import { deleteOldExports } from '../server/exports/export.ts';
import { deleteOldImports } from '../server/imports/import.ts';
import type { Platform } from '../server/platform.ts';
import { forgetOldLookups } from '../server/representatives/represent/represent.ts';
import { deleteOldTables } from '../server/representatives/table/keep.ts';

/** Deletes files with personal data whose time is over: exports to download, imports that nobody went on with, and what is old about representatives. */
export async function deleteOldFiles(
  { env, log }: Pick<Platform, 'env' | 'log'>,
  now = new Date(),
): Promise<void> {
  const imports = await deleteOldImports(env, now);
  const exports = await deleteOldExports(env, now);
  const tables = await deleteOldTables(env, now);
  const lookups = await forgetOldLookups(now);
  if (imports + exports + tables + lookups > 0)
    log.info({ imports, exports, tables, lookups }, 'old files deleted');
}
