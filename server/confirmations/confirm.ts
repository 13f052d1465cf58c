import { throwawayDomains } from '../../config/mail-providers.ts';
import { findTogether, updateTogether } from '../grouped.ts';
import { Petition } from '../petitions/petition.ts';
import { confirmableUntil, withdrawalOf } from '../petitions/phase.ts';
import type { Platform } from '../platform.ts';
import { isErased, Signature } from '../signatures/signature.ts';
import { openField } from '../signatures/view.ts';
import { domainOf } from '../signers/address.ts';

const findSignature = findTogether<Signature>(Signature);
const findPetition = findTogether<Petition>(Petition);
const updateSignature = updateTogether(Signature);

type Found = { petition: Petition; signature: Signature };

/** What a confirmation link leads to. `unknown` was never issued; for `expired` the signature is gone. */
export type Confirmation =
  | { outcome: 'unknown' }
  | { outcome: 'expired' }
  | ({ outcome: 'confirmable' | 'confirmed' | 'closed' | 'withdrawn' | 'invalidated' } & Found);

/** Says what pressing the button would do. Changes nothing. */
export async function findConfirmation(
  { tokens }: Pick<Platform, 'tokens'>,
  token: string,
  now = new Date(),
): Promise<Confirmation> {
  const id = tokens.read('confirm', token);
  if (!id) return { outcome: 'unknown' };
  const signature = await findSignature(id);
  const petition = signature && (await findPetition(signature.petition));
  if (!signature || !petition || isErased(signature)) return { outcome: 'expired' };
  const found = { signature, petition };
  if (signature.state === 'confirmed' || signature.state === 'held')
    return { outcome: 'confirmed', ...found };
  if (signature.state === 'invalidated') return { outcome: 'invalidated', ...found };
  if (signature.state === 'withdrawn' || withdrawalOf(petition)) return { outcome: 'withdrawn', ...found };
  return { outcome: confirmationIsLate(petition, signature, now) ? 'closed' : 'confirmable', ...found };
}

/** Confirms a pending signature, once however often it is called, and asks for the tally to move. */
export async function confirmSignature(
  platform: Pick<Platform, 'tokens' | 'vault' | 'queues'>,
  token: string,
  now = new Date(),
): Promise<Confirmation> {
  const found = await findConfirmation(platform, token, now);
  if (found.outcome !== 'confirmable') return found;
  const { _id, petition } = found.signature;
  const mustWait = Boolean(found.signature.signatory) || mustBeHeld(platform, found.signature);
  const state = mustWait ? 'held' : 'confirmed';
  const goesOut = state === 'confirmed' && Boolean(found.signature.letter);
  const wasPending = await updateSignature({
    filter: { _id, state: 'pending' },
    update: {
      $set: { state, confirmedAt: now, recount: true, ...(goesOut && { 'letter.dueAt': now }) },
      $unset: { 'mail.dueAt': 1, changedIn: 1 },
      $push: { history: { at: now, from: 'pending', to: state, by: 'signer' } },
    },
  });
  if (!wasPending) {
    const standing = await findConfirmation(platform, token, now);
    if (standing.outcome !== 'confirmed') return standing;
  }
  platform.queues.enqueue('tally', { petitionId: petition.toHexString() });
  if (goesOut) platform.queues.enqueue('letter', { signatureId: _id.toHexString() });
  return { ...found, outcome: 'confirmed' };
}

function confirmationIsLate(petition: Petition, signature: Signature, now: Date): boolean {
  const until = confirmableUntil(petition);
  if (!until || !petition.closesAt || petition.closesAt > now) return false;
  return now >= until || signature.createdAt >= petition.closesAt;
}

/** A mailbox that anybody can read proves nobody: a person has a look before it counts. */
function mustBeHeld(platform: Pick<Platform, 'vault'>, signature: Signature): boolean {
  return throwawayDomains.has(domainOf(openField(platform, signature, 'email') ?? ''));
}
