import { bulkMailingId, Mailing } from '../../server/mailings/mailing.ts';
import type { BulkMail } from './bulk-mail.ts';

const outcomeNames = ['sent', 'suppressed', 'refused', 'deferred', 'unclear'] as const;

/** How many mails ended how. */
export type Outcomes = Record<(typeof outcomeNames)[number], number>;
export const noOutcomes: Outcomes = { sent: 0, suppressed: 0, refused: 0, deferred: 0, unclear: 0 };

/** What the record of a mail says of it. Nobody wrote down what became of one that is still claimed. */
export function outcomeOf(state: Mailing['state']): keyof Outcomes {
  if (state === 'failed') return 'refused';
  return state === 'claimed' ? 'unclear' : state;
}

type Mailed = Pick<BulkMail, 'kind' | 'id' | 'about'>;

/** Every record of the mails of one text behind one of them; base64url has nothing above `~`. */
export const mailingsOf = ({ kind, id, about }: Mailed, after = bulkMailingId(kind, id, '')) => ({
  petition: about,
  kind,
  _id: { $gt: after, $lt: bulkMailingId(kind, id, '~') },
});

/** From the records: what steps that were cut short did is in them too. */
export async function countOutcomes(mailed: Mailed): Promise<Outcomes> {
  const count = (...states: Mailing['state'][]) =>
    Mailing.countDocuments({ ...mailingsOf(mailed), state: { $in: states } });
  const [sent, suppressed, refused, deferred, unclear] = await Promise.all([
    count('sent'),
    count('suppressed'),
    count('failed'),
    count('deferred'),
    count('claimed', 'unclear'),
  ]);
  return { sent, suppressed, refused, deferred, unclear };
}

const people = (number: number): string =>
  number === 1 ? '1 person' : `${number.toLocaleString('en')} people`;

/** What came of it, in sentences for the organizer: nothing that did not arrive is passed over. */
export function reportOf({ sent, suppressed, refused, deferred, unclear }: Outcomes, gone: number): string {
  const said = [
    `The mail server took the mail to ${people(sent)}.`,
    suppressed && `${people(suppressed)} had asked for no more mail.`,
    gone && `${people(gone)} had withdrawn or changed their mind before it was their turn.`,
    refused && `The mail to ${people(refused)} was refused for good.`,
    deferred && `The mail to ${people(deferred)} was put off every time it was tried; they did not get it.`,
    unclear &&
      `The mail to ${people(unclear)} was cut short while it was handed over: it may or may not have arrived, and is not sent again.`,
  ];
  return said.filter(Boolean).join(' ');
}
