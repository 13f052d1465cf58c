import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { Types } from 'mongoose';
import { deriveKey } from './vault.ts';

/** What a link lets whoever has it do. `report` links stand on public pages; the others are in mails. */
export type Purpose =
  | ('confirm' | 'manage' | 'unsubscribe' | 'enter' | 'report')
  /** Of the newsletter: to join it, to leave it, one's own data, and to stand by a comment. */
  | ('subscribe' | 'leave' | 'newsletter' | 'comment');
export type Tokens = ReturnType<typeof createTokens>;

const idBytes = 12;
const proofBytes = 20;
const wellFormed = /^[A-Za-z0-9_-]{43}$/;

/**
 * Links that cannot be guessed and are stored nowhere: base64url of a record's id and a keyed proof of it
 * (HMAC-SHA-256, 160 bits). A stolen database makes no valid link, and a link for one purpose is none for another.
 */
export function createTokens(lookupKey: Buffer) {
  const keys: Record<Purpose, KeyObject> = {
    confirm: deriveKey(lookupKey, 'link/confirm'),
    manage: deriveKey(lookupKey, 'link/manage'),
    unsubscribe: deriveKey(lookupKey, 'link/unsubscribe'),
    enter: deriveKey(lookupKey, 'link/enter'),
    report: deriveKey(lookupKey, 'link/report'),
    subscribe: deriveKey(lookupKey, 'link/subscribe'),
    leave: deriveKey(lookupKey, 'link/leave'),
    newsletter: deriveKey(lookupKey, 'link/newsletter'),
    comment: deriveKey(lookupKey, 'link/comment'),
  };
  const prove = (purpose: Purpose, id: Uint8Array): Buffer =>
    createHmac('sha256', keys[purpose]).update(id).digest().subarray(0, proofBytes);

  return {
    issue(purpose: Purpose, id: Types.ObjectId): string {
      return Buffer.concat([id.id, prove(purpose, id.id)]).toString('base64url');
    },

    /** The record's id; undefined for anything that {@link issue} did not make for this purpose. */
    read(purpose: Purpose, token: string): Types.ObjectId | undefined {
      if (!wellFormed.test(token)) return undefined;
      const bytes = Buffer.from(token, 'base64url');
      const id = bytes.subarray(0, idBytes);
      const genuine = timingSafeEqual(bytes.subarray(idBytes), prove(purpose, id));
      return genuine ? new Types.ObjectId(Uint8Array.from(id)) : undefined;
    },
  };
}
