import { letterWork } from '../config/limits.ts';
import { giveBackPlace, nextHour, takePlace } from '../server/letters/hour.ts';
import type { Letter } from '../server/letters/letter.ts';
import type { Target } from '../server/letters/target.ts';
import {
  againAt,
  claimBatch,
  claimLetter,
  endTurn,
  noteArrival,
  noteFailure,
  settleLetters,
  takeTurn,
} from '../server/letters/turn.ts';
import { nextDigest } from '../server/letters/write.ts';
import { Petition } from '../server/petitions/petition.ts';
import { withdrawalOf } from '../server/petitions/phase.ts';
import type { Platform } from '../server/platform.ts';
import { isErased, Signature } from '../server/signatures/signature.ts';
import type { Views } from '../server/views.ts';
import { composeDigest, composeLetter, withContent } from './letter-mail.ts';
import type { Delivery, Mail, Mailer } from './mailer.ts';

type Tools = Pick<Platform, 'env' | 'vault' | 'tokens' | 'metrics'> & { mailer: Mailer; views: Views };
/** `again`: when to go on where the mail server did not take it. */
type Outcome = { outcome: 'sent' | 'nothing' | 'stopped' | 'failed' } | { outcome: 'deferred'; again?: Date };

/** Sends a target what its pace allows. Run twice, late or by two workers at once, each letter goes out once. */
export async function sendLetters(tools: Tools, targetId: string, now = new Date()): Promise<void> {
  const target = await takeTurn(targetId, now);
  if (!target) return;
  const petition = await Petition.findById(target.petition).lean<Petition>();
  if (!petition) return;
  if (petition.letter?.digest) {
    const ended = await sendDigest(tools, petition, target, now);
    const rest = 'again' in ended && ended.again ? ended.again : nextDigest(now);
    return endTurn(target, now, rest);
  }
  await endTurn(target, now, await sendEach(tools, petition, target, now));
}

/** Sends what a turn allows. Returns when to go on where the hour is full. */
async function sendEach(
  tools: Tools,
  petition: Petition,
  target: Target,
  now: Date,
): Promise<Date | undefined> {
  let sent = 0;
  while (sent < letterWork.atOnce) {
    if (!(await takePlace(now))) return nextHour(now, target.restsUntil);
    const letter = await claimLetter(target, now);
    const [written] = letter ? withContent(tools, await stillMeant(petition, [letter], now)) : [];
    if (!written) await giveBackPlace(now);
    if (!letter) return undefined;
    if (!written) continue;
    const mail = composeLetter(tools, petition, target, written);
    const { outcome } = await handOver(tools, target, mail, [letter], now);
    if (outcome !== 'sent') return undefined;
    sent += 1;
  }
  return undefined;
}

async function sendDigest(tools: Tools, petition: Petition, target: Target, now: Date): Promise<Outcome> {
  if (!(await takePlace(now))) return { outcome: 'deferred', again: nextHour(now) };
  const letters = await claimBatch(target, now);
  const written = withContent(tools, await stillMeant(petition, letters, now));
  if (written.length === 0) {
    await giveBackPlace(now);
    return { outcome: 'nothing' };
  }
  const mail = composeDigest(tools, petition, target, written);
  return handOver(
    tools,
    target,
    mail,
    written.map(({ letter }) => letter),
    now,
  );
}

/** The letters whose writers stand by them, read just before they go; the others are stopped. */
async function stillMeant(petition: Petition, letters: readonly Letter[], now: Date) {
  const signatures = await Signature.find({
    _id: { $in: letters.map(({ signature }) => signature) },
    petition: petition._id,
    state: 'confirmed',
    'sealed.letter': { $exists: true },
  }).lean<Signature[]>();
  const byId = new Map(signatures.map((signature) => [String(signature._id), signature]));
  const isOver = Boolean(withdrawalOf(petition));
  const meant = letters.flatMap((letter) => {
    const signature = byId.get(String(letter.signature));
    return signature && !isErased(signature) && !isOver ? [{ letter, signature }] : [];
  });
  const kept = new Set(meant.map(({ letter }) => letter._id));
  const gone = letters.map(({ _id }) => _id).filter((id) => !kept.has(id));
  if (gone.length > 0) await settleLetters(gone, { state: 'stopped' }, now);
  return meant;
}

/** Hands one mail over, and writes down for each letter in it how that went. */
async function handOver(
  { mailer, metrics }: Tools,
  target: Target,
  mail: Mail,
  letters: readonly Letter[],
  now: Date,
): Promise<Outcome> {
  const ids = letters.map(({ _id }) => _id);
  const delivery = await mailer.send(mail);
  metrics.mails.inc({ kind: 'letter', outcome: delivery.outcome });
  if (delivery.outcome === 'sent') {
    await settleLetters(ids, { state: 'sent' }, now);
    await noteArrival(target);
    return { outcome: 'sent' };
  }
  const { reason } = delivery;
  if (delivery.outcome === 'deferred') {
    if (delivery.mayHaveArrived) {
      await settleLetters(ids, { state: 'unclear', reason }, now);
      return { outcome: 'stopped' };
    }
    const again = letters[0] && againAt(letters[0], now);
    if (again) {
      await settleLetters(ids, { state: 'deferred', reason, dueAt: again }, now);
      return { outcome: 'deferred', again };
    }
  }
  const state = isNoMailbox(delivery) ? 'bounced' : 'refused';
  await settleLetters(ids, { state, reason }, now);
  await noteFailure(target, state, reason, now);
  return { outcome: 'failed' };
}

/** RFC 5321, 4.2.3: these say that there is no such mailbox; others, that the mail is not wanted. */
const isNoMailbox = ({ outcome, reason }: Exclude<Delivery, { outcome: 'sent' }>): boolean =>
  outcome === 'refused' && ['550', '551', '553'].includes(reason);
