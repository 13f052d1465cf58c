import { createHmac, type KeyObject } from 'node:crypto';
import { deriveKey } from '../signers/vault.ts';

let key: KeyObject | undefined;

/** Gives this process the log's key. As with the connection there is one, so that whoever records need not carry it. */
export function keyLog(lookupKey: Buffer): void {
  key = deriveKey(lookupKey, 'audit');
}

/**
 * The keyed hash (HMAC-SHA-256, hex) of an entry and all before it: of its content and the hash of the entry before,
 * which is empty for the first. Whoever has the database alone can make none.
 */
export function hashOf(entry: object, hashBefore: string): string {
  if (!key) throw new Error('The log has no key: createPlatform gives it one');
  return createHmac('sha256', key)
    .update(`${hashBefore}\n${canonical({ ...entry, hash: undefined })}`)
    .digest('hex');
}

/** The same text for the same content, before it is stored and after: names in order, without what is unset. */
const canonical = (content: object): string =>
  JSON.stringify(content, (_name, value: unknown) => {
    if (typeof value === 'string') return value.toWellFormed();
    if (!value || typeof value !== 'object' || Array.isArray(value)) return value;
    const names = Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== null);
    return Object.fromEntries(names.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
