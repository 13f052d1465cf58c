import type { Types } from 'mongoose';
import { Mailing } from '../mailings/mailing.ts';

export const mailStates = ['sent', 'deferred', 'failed', 'suppressed', 'claimed', 'unclear'] as const;
type MailState = (typeof mailStates)[number];
export type MailOfKind = { kind: string } & Record<MailState, number>;
type MailReason = { state: 'deferred' | 'failed'; kind: string; reason: string; number: number };

/**
 * What became of a petition's mail. Every number is of keys in `{ petition, kind, state, reason }`, but for the few that
 * a worker is at, or died at.
 */
export type MailHealth = { kinds: MailOfKind[]; reasons: MailReason[] };

export async function readMailHealth(petition: Types.ObjectId, now = new Date()): Promise<MailHealth> {
  const kinds = await valuesOf({ petition }, 'kind');
  const ofKinds = await Promise.all(kinds.map((kind) => countStates(petition, kind, now)));
  const reasons = await Promise.all(ofKinds.map((ofKind) => readReasons(petition, ofKind)));
  return { kinds: ofKinds, reasons: reasons.flat().sort((a, b) => b.number - a.number) };
}

/** Nobody is at a mail whose claim has run out: whether it went out is unclear, until it is tried again if ever. */
async function countStates(petition: Types.ObjectId, kind: string, now: Date): Promise<MailOfKind> {
  const [left, ...counts] = await Promise.all([
    count({ petition, kind, state: 'claimed', leaseUntil: { $lte: now } }),
    ...mailStates.map((state) => count({ petition, kind, state })),
  ]);
  const byState = Object.fromEntries(mailStates.map((state, n) => [state, counts[n] ?? 0]));
  const { claimed, unclear, ...others } = byState as Record<MailState, number>;
  return { kind, ...others, claimed: Math.max(0, claimed - left), unclear: unclear + left };
}

async function readReasons(petition: Types.ObjectId, ofKind: MailOfKind): Promise<MailReason[]> {
  const { kind } = ofKind;
  const states = (['failed', 'deferred'] as const).filter((state) => ofKind[state] > 0);
  const found = await Promise.all(
    states.map(async (state) => {
      const reasons = await valuesOf({ petition, kind, state }, 'reason');
      const numbers = await Promise.all(reasons.map((reason) => count({ petition, kind, state, reason })));
      return reasons.map((reason, n) => ({ state, kind, reason, number: numbers[n] ?? 0 }));
    }),
  );
  return found.flat();
}

const count = (which: Record<string, unknown>) => Mailing.countDocuments(which);

/** Every different text in the field that the index has after `fixed`: from each to the next with one look. */
async function valuesOf(fixed: Record<string, unknown>, field: 'kind' | 'reason'): Promise<string[]> {
  const values: string[] = [];
  for (;;) {
    const next = await Mailing.findOne(
      { ...fixed, [field]: { $gt: values.at(-1) ?? '' } },
      { _id: 0, [field]: 1 },
    )
      .sort({ [field]: 1 })
      .lean<Record<string, string>>();
    const value = next?.[field];
    if (!value) return values;
    values.push(value);
  }
}

const meanings: Readonly<Record<string, string>> = {
  '421': 'the mail server was too busy',
  '450': 'the mailbox was not available just then',
  '451': 'the mail server had a problem of its own',
  '452': 'the mail server or the mailbox was full',
  '530': 'our mail server wants us to log in',
  '535': 'our mail server refused our login',
  '550': 'there is no such mailbox, or it refuses us',
  '551': 'the mailbox has moved',
  '552': 'the mailbox is full',
  '553': 'the address is not allowed',
  '554': 'refused, often as spam',
  EAUTH: 'our mail server refused our login',
  ECONNECTION: 'our mail server could not be reached',
  ECONNREFUSED: 'our mail server could not be reached',
  EDNS: 'our mail server could not be found',
  EENVELOPE: 'the addresses were not accepted',
  ESOCKET: 'the connection to our mail server broke',
  ETIMEDOUT: 'our mail server did not answer in time',
  ETLS: 'no safe connection to our mail server',
};

/** A reply code of SMTP (RFC 5321, 4.2.3) or an error of the connection, in words. */
export function reasonInWords(reason: string): string {
  const meaning = meanings[reason] ?? (reason.startsWith('5') ? 'refused for good' : 'not taken for now');
  return `${reason}: ${meaning}`;
}
