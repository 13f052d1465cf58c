import type { SignatoryDetails } from '../open-letters/signatory.ts';
import type { Platform } from '../platform.ts';
import type { Answer } from './asked.ts';
import { placeOf, type SealedField, type Signature } from './signature.ts';

/** One sealed value in the clear; undefined where there is none. */
export function openField(
  { vault }: Pick<Platform, 'vault'>,
  signature: Signature,
  field: SealedField,
): string | undefined {
  const sealed = signature.sealed?.[field];
  return sealed ? vault.open(sealed, placeOf(signature, field)) : undefined;
}

/** What was answered to the petition's own questions. */
export const answersOf = (opened: string | undefined): Answer[] =>
  opened ? (JSON.parse(opened) as Answer[]) : [];

/** As whom an open letter was signed: an organisation, or a person with a title. */
export const signatoryOf = (opened: string | undefined): SignatoryDetails | undefined =>
  opened ? (JSON.parse(opened) as SignatoryDetails) : undefined;

/** A signature in the clear, for its own signer. */
export function signatureView(platform: Pick<Platform, 'vault'>, signature: Signature) {
  const open = (field: SealedField) => openField(platform, signature, field);
  return {
    name: open('name'),
    signatory: signatoryOf(open('signatory')),
    email: open('email'),
    postalCode: open('postalCode'),
    phone: open('phone'),
    comment: open('comment'),
    answers: answersOf(open('answers')),
    version: signature.version,
    ip: open('ip'),
    country: signature.country,
    region: signature.region ?? open('region'),
    showName: signature.showName,
    moderation: signature.review?.settled
      ? { shows: signature.review.shows, reason: signature.review.reason, at: signature.review.at }
      : undefined,
    updates: signature.updates,
    source: signature.source,
    state: signature.state,
    signedAt: signature.createdAt,
    confirmedAt: signature.confirmedAt,
    consent: signature.consent.map(({ to, wording, version, at, page }) => ({
      to,
      wording,
      version,
      at,
      page,
    })),
  };
}
