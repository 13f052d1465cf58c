import { representativeLimits } from '../../config/limits.ts';
import type { Providers } from './providers.ts';
import {
  type Representative,
  readRepresentatives,
  searchRepresentatives,
  type Wanted,
} from './representative.ts';

/** What came of looking for somebody's representatives. */
export type Found =
  /** `districts`: where the code is. `asOf`: what was known then; the provider cannot be asked now. */
  | { outcome: 'found'; representatives: Representative[]; districts: string[]; asOf?: Date }
  | { outcome: 'named'; representatives: Representative[] }
  | { outcome: 'missing' | 'malformed' | 'unknown' | 'unavailable' | 'noName' };

/** Looks for whoever represents a postal code in one of the offices. */
export async function findByCode(providers: Providers, wanted: Wanted, typed: string): Promise<Found> {
  const provider = providers[wanted.provider];
  if (!typed.trim()) return { outcome: 'missing' };
  const code = typed.length > 40 ? undefined : provider.readCode(typed);
  if (!code) return { outcome: 'malformed' };
  const lookup = await provider.lookUp(code, wanted.offices);
  if (lookup.outcome !== 'found') return lookup;
  const source = await provider.source();
  const { keys, ...found } = lookup;
  const representatives = source ? await readRepresentatives(source, wanted.offices, keys) : [];
  return { ...found, representatives: representatives.slice(0, representativeLimits.found) };
}

/** Looks for people in one of the offices by their name or district. */
export async function findByName(providers: Providers, wanted: Wanted, typed: string): Promise<Found> {
  if (!/[\p{L}\p{N}]/u.test(typed)) return { outcome: 'noName' };
  const source = await providers[wanted.provider].source();
  const representatives = source
    ? await searchRepresentatives(source, wanted.offices, typed.slice(0, 100), representativeLimits.found)
    : [];
  return { outcome: 'named', representatives };
}
