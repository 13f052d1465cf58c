import { deleteOldExports } from '../server/exports/export.ts';
import { deleteOldImports } from '../server/imports/import.ts';
import type { Platform } from '../server/platform.ts';

/** Deletes files with personal data whose time is over: exports to download, and imports that nobody went on with. */
export async function deleteOldFiles(
  { env, log }: Pick<Platform, 'env' | 'log'>,
  now = new Date(),
): Promise<void> {
  const imports = await deleteOldImports(env, now);
  const exports = await deleteOldExports(env, now);
  if (imports + exports > 0) log.info({ imports, exports }, 'old files deleted');
}
