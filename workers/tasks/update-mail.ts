import { claimOnce, type Ending, settleMailing, updateMailingId } from '../../server/mailings/mailing.ts';
import { signerMailContext } from '../../server/mailings/signer-mail.ts';
import type { Language, Petition } from '../../server/petitions/petition.ts';
import { isErased, type Signature } from '../../server/signatures/signature.ts';
import { suppressedAmong } from '../../server/updates/audience.ts';
import { updateMailView } from '../../server/updates/mail.ts';
import type { Update } from '../../server/updates/update.ts';
import { composeSignerMail } from '../mail.ts';
import type { Delivery, Mail } from '../mailer.ts';
import type { TaskTools } from '../task.ts';
import { type Outcomes, outcomeOf } from './update-outcomes.ts';

/** An update on its way, as it was when sending began. */
export type Sending = {
  tools: TaskTools;
  update: Update;
  petition: Petition;
  frozen: NonNullable<Update['sending']>;
  /** Rendered once for each language. */
  wordings: Map<Language, ReturnType<typeof updateMailView>>;
};

export type Person = { emailKey: string; signature: Signature | undefined };
/** `isFresh`: it was tried just now, and not by an earlier run or another worker. */
export type Ended = { outcome: keyof Outcomes; isFresh: boolean };
type Attempt = { id: string; state: Ending; reason?: string };

/** Mails a few people at once, whoever still wants it. */
export async function mailAll(sending: Sending, people: readonly Person[]): Promise<Ended[]> {
  const { update, petition } = sending;
  const ids = people.map(({ emailKey }) => updateMailingId(update._id, emailKey));
  const [{ claimed, others }, suppressed] = await Promise.all([
    claimOnce(ids, petition._id, new Date()),
    suppressedAmong(people.map(({ emailKey }) => emailKey)),
  ]);
  const attempts: Attempt[] = [];
  const ended = await Promise.all(
    people.map(async ({ emailKey, signature }, index): Promise<Ended> => {
      const id = ids[index] ?? '';
      if (!claimed.has(id)) return { outcome: outcomeOf(others.get(id) ?? 'claimed'), isFresh: false };
      const agrees = signature?.state === 'confirmed' && signature.updates && !isErased(signature);
      const attempt: Attempt =
        agrees && !suppressed.has(emailKey)
          ? { id, ...endingOf(await deliver(sending, signature, id)) }
          : { id, state: 'suppressed' };
      attempts.push(attempt);
      const outcome = outcomeOf(attempt.state);
      sending.tools.metrics.mails.inc({ kind: 'update', outcome });
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

async function deliver(sending: Sending, signature: Signature, id: string): Promise<Delivery> {
  let mail: Mail;
  try {
    mail = composeUpdateMail(sending, signature, id);
  } catch (error) {
    // One record that does not open must not keep the mail from everybody after it.
    sending.tools.log.error(
      { err: error, signatureId: signature._id },
      'an update could not be written for a signer',
    );
    return { outcome: 'refused', reason: 'unreadable' };
  }
  return sending.tools.mailer.send(mail);
}

function composeUpdateMail(sending: Sending, signature: Signature, id: string): Mail {
  const { tools, petition } = sending;
  const frame = signerMailContext(tools, petition, signature);
  const { subject, context } = wordingIn(sending, frame.lang);
  return composeSignerMail(tools, signature, id, {
    view: 'mail/update',
    subject,
    context: { ...frame, ...context },
  });
}

function wordingIn({ tools, update, petition, frozen, wordings }: Sending, lang: Language) {
  const { kind, texts, image } = frozen;
  const known = wordings.get(lang) ?? updateMailView(tools, { petition, update, kind, texts, image }, lang);
  wordings.set(lang, known);
  return known;
}
