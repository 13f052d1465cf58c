import type { Platform } from '../platform.ts';
import { hashOf } from './chain.ts';
import { AuditEntry, countUnnumbered } from './entry.ts';

/** What is wrong with the log; `from` and `to` are numbers of entries. */
export type Problem =
  /** An entry is not the one that was written, or does not follow the one before it. */
  | { kind: 'changed'; seq: number }
  /** Entries are gone; what the next one says cannot be proved without them. */
  | { kind: 'missing'; from: number; to: number }
  /** Entries without a number have come or gone since the first that has one. */
  | { kind: 'unnumbered'; were: number; are: number }
  /** The log was whole to this number at the last check, and that entry is no longer there or another one. */
  | { kind: 'shortened'; seq: number; checkedAt: string };

type End = { seq: number; at: Date; hash: string };
/** `problems` holds the first of them; `found` is how many there are. */
export type Findings = { first?: End; last?: End; unnumbered: number; problems: Problem[]; found: number };

const problemsListed = 20;

/**
 * Walks the whole log, an entry at a time. Entries that were cut off its end leave no gap: they are noticed by the
 * end that the last check wrote to Redis, which whoever has the database alone cannot change, or that a person noted.
 */
export async function checkLog({ redis }: Pick<Platform, 'redis'>, now = new Date()): Promise<Findings> {
  const witness = await readWitness(redis);
  const findings: Findings = { unnumbered: await countUnnumbered(), problems: [], found: 0 };
  const report = (problem: Problem) => {
    findings.found += 1;
    if (findings.found <= problemsListed) findings.problems.push(problem);
  };
  let hasWitnessed = !witness;
  for await (const entry of numberedEntries()) {
    const { last } = findings;
    compare(entry, last, findings.unnumbered, report);
    const { at, hash = '' } = entry;
    const end = { seq: Number(entry.seq), at, hash: String(hash) };
    findings.first ??= end;
    findings.last = end;
    hasWitnessed ||= witness?.seq === end.seq && witness.hash === end.hash;
  }
  if (witness && !hasWitnessed) report({ kind: 'shortened', ...witness });
  else if (findings.last) await bearWitness(redis, findings.last, now);
  return findings;
}

const numberedEntries = () =>
  AuditEntry.find({ seq: { $exists: true } })
    .sort({ seq: 1 })
    .lean<AuditEntry>()
    .cursor({ batchSize: 500 });

/** One entry against the one before it. */
function compare(
  entry: AuditEntry,
  last: End | undefined,
  unnumbered: number,
  report: (problem: Problem) => void,
) {
  const seq = Number(entry.seq);
  const next = (last?.seq ?? 0) + 1;
  if (seq > next) return report({ kind: 'missing', from: next, to: seq - 1 });
  if (seq < next || hashOf(entry, last?.hash ?? '') !== entry.hash) return report({ kind: 'changed', seq });
  if (seq === 1 && entry.unnumbered !== unnumbered)
    report({ kind: 'unnumbered', were: Number(entry.unnumbered), are: unnumbered });
}

/** The beginning of an entry's hash, as a person writes it down: `4f2a 91bc 77d0 e1a3`. */
export const codeOf = (hash: string): string => (hash.slice(0, 16).match(/.{4}/g) ?? []).join(' ');

/** Whether an entry still has the code that somebody wrote down, however they spaced it. */
export async function isAsNoted(seq: number, code: string): Promise<boolean> {
  const entry = await AuditEntry.findOne({ seq }, { hash: 1 }).lean();
  return Boolean(entry?.hash && codeOf(entry.hash) === codeOf(code.toLowerCase().replaceAll(/\s/g, '')));
}

type Redis = Platform['redis'];
type Witness = { seq: number; hash: string; checkedAt: string };
/** The end of the log at the last check. After an older backup was restored it has to be deleted by hand. */
const witnessKey = 'audit:witness';

/** Undefined where no check was made yet, or Redis is away or was emptied. */
async function readWitness(redis: Redis): Promise<Witness | undefined> {
  const stored = await redis.get(witnessKey).catch(() => undefined);
  return stored ? (JSON.parse(stored) as Witness) : undefined;
}

async function bearWitness(redis: Redis, { seq, hash }: End, now: Date): Promise<void> {
  const witness: Witness = { seq, hash, checkedAt: now.toISOString() };
  await redis.set(witnessKey, JSON.stringify(witness)).catch(() => undefined);
}
