import { createHash } from 'node:crypto';
import { Types } from 'mongoose';
import { mailWork } from '../config/limits.ts';
import { findTogether, updateTogether } from '../server/grouped.ts';
import { ownLetterView } from '../server/letters/view.ts';
import { translateFor } from '../server/locales.ts';
import { claimMailing, mailingId, settleMailing } from '../server/mailings/mailing.ts';
import { signerMailContext } from '../server/mailings/signer-mail.ts';
import { Petition } from '../server/petitions/petition.ts';
import { isOver } from '../server/petitions/phase.ts';
import type { Platform } from '../server/platform.ts';
import { keepRecent } from '../server/recent.ts';
import { isErased, Signature } from '../server/signatures/signature.ts';
import { openField } from '../server/signatures/view.ts';
import { mayMail } from '../server/signers/suppression.ts';
import { latestUpdates, missedView } from '../server/updates/missed.ts';
import type { Update } from '../server/updates/update.ts';
import type { Views } from '../server/views.ts';
import type { Mail, Mailer } from './mailer.ts';

/** The mail server said `later`, or nothing: the job is tried again. */
export class MailDeferred extends Error {
  override name = 'MailDeferred';
}

const findSignature = findTogether<Signature>(Signature);
const updateSignature = updateTogether(Signature);
const findPetition = findTogether<Petition>(Petition);
/** On the day everyone comes a petition's updates are read once a second, not once a mail. */
const recentUpdates = keepRecent<Update[]>();

type Tools = Pick<Platform, 'env' | 'vault' | 'tokens' | 'metrics'> & { mailer: Mailer; views: Views };

/** Sends the mails these signatures are due. One that fails keeps none of the others; the first failure is thrown. */
export async function sendDueMails(tools: Tools, signatureIds: readonly string[]): Promise<void> {
  const left = signatureIds.values();
  const failures: unknown[] = [];
  const sendOn = async () => {
    for (const id of left) await sendDueMail(tools, id).catch((error) => failures.push(error));
  };
  await Promise.all(Array.from({ length: mailWork.atOnce }, sendOn));
  if (failures.length > 0) throw failures[0];
}

/**
 * Sends the mail a signature is due, once however often it runs. Throws {@link MailDeferred} where another try may
 * help; a mail refused for good is recorded and no longer due.
 */
export async function sendDueMail(tools: Tools, signatureId: string, now = new Date()): Promise<void> {
  const signature = await findSignature(new Types.ObjectId(signatureId));
  const { kind, n, dueAt, requestedAt } = signature?.mail ?? {};
  if (!signature || !kind || !n || !dueAt) return;
  const petition = await findPetition(signature.petition);
  if (!petition) return;

  const id = mailingId(kind, signature._id, n);
  const claim = await claimMailing(id, signature.petition, now);
  if (claim === 'taken') return;
  if (claim === 'claimed') {
    const delivery = await deliver(tools, petition, signature, id, now);
    tools.metrics.mails.inc({ kind, outcome: delivery.outcome });
    if (delivery.outcome === 'sent' && requestedAt)
      tools.metrics.mailWait.observe((Date.now() - requestedAt.getTime()) / 1_000, { kind });
    if (delivery.outcome === 'deferred') {
      await settleMailing(id, 'deferred', delivery.reason, now);
      throw new MailDeferred(`The mail server did not take a mail (${delivery.reason})`);
    }
    const state = delivery.outcome === 'refused' ? 'failed' : delivery.outcome;
    await settleMailing(id, state, delivery.outcome === 'refused' ? delivery.reason : undefined, now);
  }
  await updateSignature({
    filter: { _id: signature._id, 'mail.n': n },
    update: { $unset: { 'mail.dueAt': 1 } },
  });
}

/** Nobody is asked for what can no longer be done, nor mailed against their wish. */
async function deliver(tools: Tools, petition: Petition, signature: Signature, mailing: string, now: Date) {
  const kind = signature.mail?.kind;
  const isPointless = isErased(signature) || (kind !== 'duplicate' && isOver(petition, now));
  if (isPointless || !(await mayMail(signature.emailKey, kind === 'reminder' ? 'unasked' : 'asked'))) {
    return { outcome: 'suppressed' as const };
  }
  const letter = signature.sealed?.letter ? await ownLetterView(tools, petition, signature) : undefined;
  const updates =
    kind === 'duplicate'
      ? []
      : await recentUpdates.get(petition._id.toHexString(), () => latestUpdates(petition));
  return tools.mailer.send(composeMail(tools, petition, signature, mailing, { letter, updates }));
}

/** `letter`: what they wrote, where they wrote one: the mail that asks to confirm shows it. */
function composeMail(
  tools: Tools,
  petition: Petition,
  signature: Signature,
  mailing: string,
  { letter, updates }: { letter: Awaited<ReturnType<typeof ownLetterView>>; updates: readonly Update[] },
): Mail {
  const { kind } = signature.mail ?? {};
  const frame = signerMailContext(tools, petition, signature);
  const missed = missedView(petition, updates, signature.createdAt, frame.lang, tools.env.BASE_URL);
  const context = { ...frame, letter, missed };
  return composeSignerMail(tools, signature, mailing, {
    view: `mail/${kind}`,
    subject: translateFor(context.lang, petition.kind, `mail.${kind}.subject`, {
      title: context.petition.title,
    }),
    context,
  });
}

type Wording = { view: string; subject: string; context: ReturnType<typeof signerMailContext> };

/** A mail to the person behind a signature, with the way to stop such mail. */
export function composeSignerMail(
  tools: Omit<Tools, 'metrics'>,
  signature: Signature,
  mailing: string,
  { view, subject, context }: Wording,
): Mail {
  return {
    to: openField(tools, signature, 'email') ?? '',
    subject,
    text: tools.views.render(`${view}.text`, context),
    html: tools.views.render(`${view}.html`, context),
    messageId: messageIdOf(mailing, tools.env.BASE_URL),
    unsubscribeUrl: context.unsubscribeUrl,
  };
}

/** The same for every attempt, so that a mail server that got it twice can tell; says nothing about whom it is for. */
export function messageIdOf(mailing: string, baseUrl: string): string {
  const name = createHash('sha256').update(mailing).digest('hex').slice(0, 32);
  return `<${name}@${new URL(baseUrl).hostname}>`;
}
