import type { Types } from 'mongoose';
import { bulkMailingId, claimOnce, type Ending, settleMailing } from '../../server/mailings/mailing.ts';
import type { Delivery, Mail } from '../mailer.ts';
import type { TaskTools } from '../task.ts';
import { type Outcomes, outcomeOf } from './bulk-outcomes.ts';

/** Somebody on a list, as the database has them. */
export type Listed = { _id: Types.ObjectId; emailKey: string };

/** One text that is mailed to everybody on a list: an update to those who signed, an issue to those who subscribed. */
export type BulkMail<Person extends Listed = Listed> = {
  tools: TaskTools;
  kind: 'update' | 'issue';
  /** The update or issue, and what its mailings are about: the petition, or the issue itself. */
  id: Types.ObjectId;
  about: Types.ObjectId;
  /** The next few on the list in the order of their ids, from behind one. */
  listFrom(after: string, atMost: number): Promise<Person[]>;
  /** Those with these addresses who are still known, whether or not they are on the list. */
  find(emailKeys: readonly string[]): Promise<Person[]>;
  isOnList(person: Person): boolean;
  /** The addresses among these people's that must not be mailed. */
  suppressedAmong(people: readonly Person[]): Promise<Set<string>>;
  compose(person: Person, mailing: string): Mail;
};

export type Recipient<Person extends Listed> = { emailKey: string; person: Person | undefined };
/** `isFresh`: it was tried just now, and not by an earlier run or another worker. */
export type Ended = { outcome: keyof Outcomes; isFresh: boolean };
type Attempt = { id: string; state: Ending; reason?: string };

/** Mails a few people at once, whoever still wants it. */
export async function mailAll<Person extends Listed>(
  bulk: BulkMail<Person>,
  recipients: readonly Recipient<Person>[],
): Promise<Ended[]> {
  const ids = recipients.map(({ emailKey }) => bulkMailingId(bulk.kind, bulk.id, emailKey));
  const known = recipients.flatMap(({ person }) => person ?? []);
  const [{ claimed, others }, suppressed] = await Promise.all([
    claimOnce(ids, bulk.about, new Date()),
    bulk.suppressedAmong(known),
  ]);
  const attempts: Attempt[] = [];
  const ended = await Promise.all(
    recipients.map(async ({ emailKey, person }, index): Promise<Ended> => {
      const id = ids[index] ?? '';
      if (!claimed.has(id)) return { outcome: outcomeOf(others.get(id) ?? 'claimed'), isFresh: false };
      const attempt: Attempt =
        person && bulk.isOnList(person) && !suppressed.has(emailKey)
          ? { id, ...endingOf(await deliver(bulk, person, id)) }
          : { id, state: 'suppressed' };
      attempts.push(attempt);
      const outcome = outcomeOf(attempt.state);
      bulk.tools.metrics.mails.inc({ kind: bulk.kind, outcome });
      return { outcome, isFresh: true };
    }),
  );
  const now = new Date();
  await Promise.all(attempts.map(({ id, state, reason }) => settleMailing(id, state, reason, now)));
  return ended;
}

function endingOf(delivery: Delivery): Omit<Attempt, 'id'> {
  if (delivery.outcome === 'sent') return { state: 'sent' };
  const { reason } = delivery;
  if (delivery.outcome === 'refused') return { state: 'failed', reason };
  return { state: delivery.mayHaveArrived ? 'unclear' : 'deferred', reason };
}

async function deliver<Person extends Listed>(
  { tools, compose }: BulkMail<Person>,
  person: Person,
  id: string,
): Promise<Delivery> {
  let mail: Mail;
  try {
    mail = compose(person, id);
  } catch (error) {
    // One record that does not open must not keep the mail from everybody after it.
    tools.log.error(
      { err: error, recipient: person._id },
      'a mail to many could not be written for somebody',
    );
    return { outcome: 'refused', reason: 'unreadable' };
  }
  return tools.mailer.send(mail);
}
