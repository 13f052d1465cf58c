import { checkLog } from '../server/audit/check.ts';
import type { Platform } from '../server/platform.ts';

/** Checks the audit log, and says in the process's own log, which is kept elsewhere, how it ends. */
export async function watchAuditLog({
  redis,
  log,
  metrics,
}: Pick<Platform, 'redis' | 'log' | 'metrics'>): Promise<void> {
  const { problems, found, last } = await checkLog({ redis });
  metrics.auditChecks.inc({ outcome: found > 0 ? 'changed' : 'whole' });
  const end = last && { seq: last.seq, hash: last.hash };
  if (found > 0) log.error({ problems, found, end }, 'the audit log was changed outside of the software');
  else log.info({ end }, 'the audit log is whole');
}
