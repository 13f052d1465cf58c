import type { Platform } from '../platform.ts';
import { foldName, siteOf } from './fold.ts';
import type { SignatoryDetails } from './signatory.ts';

/** What is stored of a signatory beside its sealed details: of an organisation, what another spelling of it has too. */
export function newSignatory({ vault }: Pick<Platform, 'vault'>, details: SignatoryDetails) {
  if (details.kind === 'titled') return { kind: details.kind, keys: undefined };
  const site = siteOf(details.website);
  const traits = [`name ${foldName(details.organisation)}`, ...(site ? [`site ${site}`] : [])];
  return { kind: details.kind, keys: traits.map((trait) => vault.organisationKey(trait)) };
}
