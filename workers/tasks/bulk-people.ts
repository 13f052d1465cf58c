import { bulkMailingId, Mailing } from '../../server/mailings/mailing.ts';
import type { BulkMail, Listed, Recipient } from './bulk-mail.ts';
import { mailingsOf } from './bulk-outcomes.ts';

/** `all`: everybody on the list, in the order of their ids; `again`: those the mail server put off. */
type Place = { phase: 'all' | 'again'; after: string };
/** Somebody, with the place behind them. */
type Next<Person extends Listed> = Recipient<Person> & { after: string };

/** The next few people, each with the place in the list behind them. */
export const nextPeople = <Person extends Listed>(
  bulk: BulkMail<Person>,
  { phase, after }: Place,
  atMost: number,
): Promise<Next<Person>[]> =>
  phase === 'all' ? nextListed(bulk, after, atMost) : nextDeferred(bulk, after, atMost);

async function nextListed<Person extends Listed>(bulk: BulkMail<Person>, from: string, atMost: number) {
  const people = await bulk.listFrom(from, atMost);
  return people.map((person) => ({
    ...{ emailKey: person.emailKey, person },
    after: person._id.toHexString(),
  }));
}

async function nextDeferred<Person extends Listed>(
  bulk: BulkMail<Person>,
  after: string,
  atMost: number,
): Promise<Next<Person>[]> {
  const prefix = bulkMailingId(bulk.kind, bulk.id, '');
  const deferred = await Mailing.find({ ...mailingsOf(bulk, after || prefix), state: 'deferred' }, { _id: 1 })
    .sort({ _id: 1 })
    .limit(atMost)
    .lean();
  const emailKeys = deferred.map(({ _id }) => _id.slice(prefix.length));
  const people = await bulk.find(emailKeys);
  return deferred.map(({ _id }, index) => ({
    emailKey: emailKeys[index] ?? '',
    person: people.find(({ emailKey }) => emailKey === emailKeys[index]),
    after: _id,
  }));
}
