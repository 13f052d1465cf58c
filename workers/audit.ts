import { checkLog } from '../server/audit/check.ts';
import type { Platform } from '../server/platform.ts';

/** Checks the audit log, and says in the process's own log, which is kept elsewhere, how it ends. */
export async function watchAuditLog({ redis, log }: Pick<Platform, 'redis' | 'log'>): Promise<void> {
  const { problems, found, last } = await checkLog({ redis });
  const end = last && { seq: last.seq, hash: last.hash };
  if (found > 0) log.error({ problems, found, end }, 'the audit log was changed outside of the software');
  else log.info({ end }, 'the audit log is whole');
}
