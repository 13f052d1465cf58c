import { Mailing } from '../../server/mailings/mailing.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { messageIdOf } from '../../workers/mail.ts';
import type { Interruptions } from './hand.ts';
import { leftAt, mayStand, type Person } from './ledger.ts';
import { goneDomain, type Taken } from './post.ts';
import type { Settled } from './settle.ts';
import type { System } from './system.ts';

type Sent = Pick<Mailing, '_id' | 'state' | 'at'>;
export type Evidence = { settled: Settled; interruptions: Interruptions };

/** Mails that went out twice although nobody did wrong, by why. */
export type Twice = { notAnswered: number; notRecorded: number };

/** Compares what was to be mailed with what the mail server took. Returns what is wrong, and how many came twice. */
export async function checkMail(
  { post, platform }: System,
  petitions: readonly Petition[],
  people: readonly Person[],
  evidence: Evidence,
): Promise<{ wrong: string[]; twice: Twice; mails: number }> {
  const mailings = await Mailing.find({ petition: { $in: petitions.map(({ _id }) => _id) } }).lean<Sent[]>();
  const byMessage = new Map(mailings.map((each) => [messageIdOf(each._id, platform.env.BASE_URL), each]));
  const taken = Map.groupBy(post.taken, ({ messageId }) => messageId);
  const twice: Twice = { notAnswered: 0, notRecorded: 0 };
  const wrong = [
    ...[...taken.keys()]
      .filter((id) => !byMessage.has(id))
      .map((id) => `${id} was sent and nobody knows of it`),
    ...[...byMessage].flatMap(([messageId, mailing]) => {
      const times = taken.get(messageId) ?? [];
      if (times.length === 0 && mailing.state === 'sent')
        return [`${mailing._id} was never sent but is said to be`];
      return times
        .slice(1)
        .flatMap((time, n) => judgeAgain(mailing, times[n] as Taken, time, evidence, twice));
    }),
    ...mailings.flatMap((mailing) => judgeUnended(mailing, evidence)),
    ...people.flatMap((person) => checkPerson(person, mailings, post.taken)),
  ];
  return { wrong, twice, mails: post.taken.length };
}

/** A mail may come again only where nobody could know that it had been taken. */
function judgeAgain(
  { _id }: Sent,
  earlier: Taken,
  later: Taken,
  { settled, interruptions }: Evidence,
  twice: Twice,
): string[] {
  if (!earlier.isAnswered) {
    twice.notAnswered += 1;
    return [];
  }
  const wasInterrupted = interruptions.some((moment) => moment >= earlier.at);
  if (settled.unrecorded.has(_id) && later.at >= settled.at && wasInterrupted) {
    twice.notRecorded += 1;
    return [];
  }
  return [`${_id} was sent again after ${later.at - earlier.at} ms although it had been taken`];
}

/** Sending that was begun is said to have ended, unless whoever did it may have been kept from that. */
function judgeUnended({ _id, state, at }: Sent, { interruptions, settled }: Evidence): string[] {
  if (state !== 'claimed' || interruptions.some((moment) => moment >= Number(at))) return [];
  if (settled.wereKilled && settled.unrecorded.has(_id)) return [];
  return [`sending ${_id} was begun and never said to have ended`];
}

function checkPerson(person: Person, mailings: readonly Sent[], taken: readonly Taken[]): string[] {
  const { email, id } = person;
  const mails = taken.filter(({ to }) => to === email);
  const may = mayStand(person);
  const mustBeMailed = !may.has('none') && !may.has('withdrawn') && !email.endsWith(goneDomain);
  const wasErased = [...may].some((standing) => standing.startsWith('erased'));
  if (mails.length === 0 && mustBeMailed && !wasErased) return [`${email} signed and was never mailed`];

  const own = mailings.filter(({ _id }) => id !== undefined && _id.includes(id));
  const left = leftAt(person) ?? Number.POSITIVE_INFINITY;
  const begunAfter = own.filter(({ at, state }) => +at > left && state === 'sent');
  return begunAfter.map(({ _id }) => `${_id} was sent to somebody who had left before it was begun`);
}
