import type { Platform } from '../platform.ts';
import type { Signature } from '../signatures/signature.ts';
import { openField, signatoryOf } from '../signatures/view.ts';
import type { SignatoryDetails } from './signatory.ts';

/** As whom somebody signed, in the clear; undefined for a person without a title, and once they were erased. */
export function detailsOf(
  platform: Pick<Platform, 'vault'>,
  signature: Signature,
): SignatoryDetails | undefined {
  return signatoryOf(openField(platform, signature, 'signatory'));
}

/** An organisation's name: what was sealed with its signature, or what became public. */
export function organisationName(
  platform: Pick<Platform, 'vault'>,
  signature: Signature,
): string | undefined {
  const details = detailsOf(platform, signature);
  if (details) return details.kind === 'organisation' ? details.organisation : undefined;
  return signature.signatory?.name ?? undefined;
}
