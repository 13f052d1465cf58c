import type { Types } from 'mongoose';
import { representativeLimits } from '../../config/limits.ts';
import type { Language, Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import type { Typed } from '../signatures/form.ts';
import { sourceOf, wantedBy } from './providers.ts';
import { type Representative, readRepresentatives } from './representative.ts';

/** Somebody a letter can go to. */
export type Chosen = { id: string; name: string; title: string; email: string; language: Language };
type Choice =
  | { outcome: 'read'; representatives: Chosen[] }
  | { outcome: 'refused'; problem: 'missing' | 'gone' | 'tooMany' };

const isId = (text: string): boolean => /^[0-9a-f]{24}$/.test(text);

/** The ids of those that were chosen in a form: the values of its fields `representative-...`. */
export const chosenIds = (form: Typed): string[] => [
  ...new Set(
    Object.entries(form).flatMap(([field, value]) =>
      field.startsWith('representative-') && isId(value) ? [value] : [],
    ),
  ),
];

/** What a form says of representatives, to be sent on as it is. */
export const chosenFields = (form: Typed): { name: string; value: string }[] =>
  Object.entries(form)
    .filter(([name]) => name === 'representatives' || name.startsWith('representative-'))
    .map(([name, value]) => ({ name, value }));

/** The ids of those that a form showed. */
export const shownIds = ({ representatives = '' }: Typed): string[] =>
  representatives.split(',', representativeLimits.found).filter(isId);

type OfLetter = Pick<Petition, 'kind' | 'representatives' | 'language'>;

/**
 * Those of the ids whom letters of this petition can go to, with the address that is known today. Whoever is in none of
 * its offices, or of another provider, or has no address, is left out: ids lead nowhere else.
 */
async function representativesByIds(
  petition: OfLetter,
  ids: readonly (string | Types.ObjectId)[],
): Promise<Chosen[]> {
  const wanted = wantedBy(petition);
  const source = wanted && ids.length > 0 ? await sourceOf(wanted.provider) : undefined;
  if (!wanted || !source) return [];
  const found = await readRepresentatives(source, wanted.offices, ids);
  return found.flatMap((person) => chosenOf(person, petition.language));
}

function chosenOf({ key, name, title, office, email, language }: Representative, usual: Language): Chosen[] {
  if (!email) return [];
  return [{ id: key.toHexString(), name, title: title || office, email, language: language ?? usual }];
}

/** Those that a signer chose in a form; see {@link representativesByIds}. */
export const chosenRepresentatives = (
  _platform: unknown,
  petition: OfLetter,
  form: Typed,
): Promise<Chosen[]> => representativesByIds(petition, chosenIds(form).slice(0, representativeLimits.chosen));

/** The same, or what is wrong with the choice. Whoever goes on without chose nobody. */
export async function readChoice(
  platform: Pick<Platform, 'env'>,
  petition: OfLetter,
  form: Typed,
): Promise<Choice> {
  const ids = chosenIds(form);
  if (!wantedBy(petition) || (ids.length === 0 && form.withoutRepresentatives))
    return { outcome: 'read', representatives: [] };
  if (ids.length === 0) return { outcome: 'refused', problem: 'missing' };
  if (ids.length > representativeLimits.chosen) return { outcome: 'refused', problem: 'tooMany' };
  const representatives = await chosenRepresentatives(platform, petition, form);
  return representatives.length === ids.length
    ? { outcome: 'read', representatives }
    : { outcome: 'refused', problem: 'gone' };
}
