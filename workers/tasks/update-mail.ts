import { claimMailing, Mailing, settleMailing, updateMailingId } from '../../server/mailings/mailing.ts';
import { signerMailContext } from '../../server/mailings/signer-mail.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { isErased, type Signature } from '../../server/signatures/signature.ts';
import { suppressedAmong } from '../../server/updates/audience.ts';
import { updateMailView } from '../../server/updates/mail.ts';
import type { Update } from '../../server/updates/update.ts';
import { composeSignerMail } from '../mail.ts';
import type { Delivery } from '../mailer.ts';
import type { TaskTools } from '../task.ts';

/** An update on its way, as it was when sending began. */
export type Sending = {
  tools: TaskTools;
  update: Update;
  petition: Petition;
  frozen: NonNullable<Update['sending']>;
};

/** How many mails ended how. `unclear`: a worker or the connection died in the middle; not sent again. */
export type Outcomes = Record<'sent' | 'suppressed' | 'refused' | 'deferred' | 'unclear', number>;
export const noOutcomes: Outcomes = { sent: 0, suppressed: 0, refused: 0, deferred: 0, unclear: 0 };

type Person = { emailKey: string; signature: Signature | undefined };
type Ended = { outcome: keyof Outcomes; isUnreached: boolean };

/** Mails a few people at once, whoever still wants it. */
export async function mailAll(sending: Sending, people: readonly Person[]): Promise<Ended[]> {
  const suppressed = await suppressedAmong(people.map(({ emailKey }) => emailKey));
  return Promise.all(people.map((person) => mailOne(sending, person, suppressed.has(person.emailKey))));
}

async function mailOne(
  sending: Sending,
  { emailKey, signature }: Person,
  isSuppressed: boolean,
): Promise<Ended> {
  const id = updateMailingId(sending.update._id, emailKey);
  const claim = await claimMailing(id, sending.petition._id, new Date(), 'never');
  if (claim !== 'claimed') return { outcome: await outcomeOf(id), isUnreached: false };
  const agrees = signature?.state === 'confirmed' && signature.updates && !isErased(signature);
  if (!agrees || isSuppressed) {
    await settleMailing(id, 'suppressed', undefined, new Date());
    return { outcome: 'suppressed', isUnreached: false };
  }
  return settle(id, await deliver(sending, signature, id));
}

/** How a mail ended that an earlier run, or another worker, was at. */
async function outcomeOf(id: string): Promise<keyof Outcomes> {
  const mailing = await Mailing.findById(id, { state: 1 }).lean();
  const outcomes = {
    sent: 'sent',
    suppressed: 'suppressed',
    failed: 'refused',
    deferred: 'deferred',
  } as const;
  const state = mailing?.state ?? 'claimed';
  return state === 'claimed' || state === 'unclear' ? 'unclear' : outcomes[state];
}

async function settle(id: string, delivery: Delivery): Promise<Ended> {
  const now = new Date();
  const isUnreached = delivery.outcome === 'deferred' && !/^\d{3}$/.test(delivery.reason);
  if (delivery.outcome === 'sent') {
    await settleMailing(id, 'sent', undefined, now);
    return { outcome: 'sent', isUnreached };
  }
  if (delivery.outcome === 'refused') {
    await settleMailing(id, 'failed', delivery.reason, now);
    return { outcome: 'refused', isUnreached };
  }
  const state = delivery.mayHaveArrived ? 'unclear' : 'deferred';
  await settleMailing(id, state, delivery.reason, now);
  return { outcome: state, isUnreached };
}

async function deliver(sending: Sending, signature: Signature, id: string): Promise<Delivery> {
  const { tools, update, petition, frozen } = sending;
  let mail: Parameters<typeof tools.mailer.send>[0];
  try {
    const context = signerMailContext(tools, petition, signature);
    const view = updateMailView(
      tools,
      { petition, update, kind: frozen.kind, texts: frozen.texts },
      context.lang,
    );
    mail = composeSignerMail(tools, signature, id, {
      view: 'mail/update',
      subject: view.subject,
      context: { ...context, ...view.context },
    });
  } catch (error) {
    // One record that does not open must not keep the mail from everybody after it.
    tools.log.error(
      { err: error, signatureId: signature._id },
      'an update could not be written for a signer',
    );
    return { outcome: 'refused', reason: 'unreadable' };
  }
  return tools.mailer.send(mail);
}
