import { listFormat } from '../formats.ts';
import { formatDate, translate } from '../locales.ts';
import type { Language, Petition } from '../petitions/petition.ts';
import type { Typed } from '../signatures/form.ts';
import { chosenFields, chosenIds, shownIds } from './choose.ts';
import type { Found } from './find.ts';
import { sourceOf, wantedBy } from './providers.ts';
import { type Representative, readRepresentatives } from './representative.ts';

/** What the form says beside what was typed. */
export type Looked = { found?: Found; tooMany?: string; error?: string };

const problems = new Set(['missing', 'malformed', 'unknown', 'unavailable', 'noName']);

/**
 * The part of the sign form that finds representatives; undefined where the petition asks for none. Those it showed
 * before are shown again with what was chosen; while the database is away (`isWhole` is false) they are only kept.
 */
export async function representativesView(
  petition: Petition,
  lang: Language,
  typed: Typed,
  looked: Looked = {},
  isWhole = true,
) {
  const wanted = wantedBy(petition);
  if (!wanted) return undefined;
  const { found } = looked;
  const isNew = found !== undefined && 'representatives' in found;
  const shown = isNew ? found.representatives : isWhole ? await shownBefore(wanted, typed, found) : [];
  const groups = groupsOf(shown, isNew ? undefined : new Set(chosenIds(typed)));
  const problem = found && problems.has(found.outcome) ? found.outcome : undefined;
  const isByName = found?.outcome === 'named' || found?.outcome === 'noName';
  const isFruitless = isNew && shown.length === 0;
  const isStuck = problem === 'unknown' || problem === 'unavailable' || isFruitless;
  const without = Boolean(typed.withoutRepresentatives);
  return {
    action: `/petitions/${petition.slug}/representatives`,
    code: typed.lookupCode ?? typed.postalCode ?? '',
    name: typed.lookupName ?? '',
    codeError: isByName ? undefined : errorOf(lang, wanted.provider, looked, problem),
    nameError: isByName && problem ? translate(lang, 'representatives.error.noName') : undefined,
    isSearching: isByName || isStuck || without || Boolean(typed.lookupName),
    ...{ isNew: isNew && shown.length > 0, groups, without },
    shown: shown.map(({ key }) => key.toHexString()).join(','),
    kept: isWhole ? [] : chosenFields(typed),
    spans: groups.some(({ isSpread }) => isSpread) && !isByName && !problem,
    note: noteOf(lang, wanted.offices, found),
  };
}

/** Whoever was found before, unless another code was asked for that nobody knows: they are not theirs. */
async function shownBefore(
  { provider, offices }: NonNullable<ReturnType<typeof wantedBy>>,
  typed: Typed,
  found: Found | undefined,
) {
  const ids = found?.outcome === 'unknown' ? [] : shownIds(typed);
  const source = ids.length > 0 ? await sourceOf(provider) : undefined;
  return source ? readRepresentatives(source, offices, ids) : [];
}

function errorOf(lang: Language, provider: string, { tooMany, error }: Looked, problem?: string) {
  if (tooMany) return translate(lang, 'representatives.error.tooMany', { inWords: tooMany });
  if (error) return error;
  if (problem === 'malformed' && provider === 'represent')
    return translate(lang, 'representatives.error.malformedCanadian');
  return problem && translate(lang, `representatives.error.${problem}`);
}

/** A sentence about what was found: as of when, where the code is, or that nobody was. */
function noteOf(lang: Language, offices: readonly string[], found: Found | undefined): string | undefined {
  if (!found || !('representatives' in found)) return undefined;
  const isNobody = found.representatives.length === 0;
  if (found.outcome === 'named') return isNobody ? translate(lang, 'representatives.nobodyNamed') : undefined;
  const { districts, asOf } = found;
  const or = listFormat(lang, { type: 'disjunction' });
  const and = listFormat(lang, { type: 'conjunction' });
  return [
    isNobody && translate(lang, 'representatives.nobody', { offices: or.format(offices) }),
    isNobody &&
      districts.length > 0 &&
      translate(lang, 'representatives.districts', { districts: and.format(districts) }),
    asOf && translate(lang, 'representatives.asOf', { date: formatDate(lang, asOf) }),
  ]
    .filter(Boolean)
    .join(' ');
}

/**
 * People by office. Where those of one office are of several districts the signer chooses the right one: nothing is
 * ticked for them. Otherwise all who can be written to are.
 */
function groupsOf(people: readonly Representative[], chosen: ReadonlySet<string> | undefined) {
  return [...new Set(people.map(({ office }) => office))].map((office, n) => {
    const members = people.filter((person) => person.office === office);
    const districts = new Set(members.map(({ district }) => district));
    const isSpread = districts.size > 1;
    // One of each district: whoever chooses one does not mean the others.
    const isOneOf = isSpread && members.length === districts.size;
    return {
      ...{ office, isSpread, isOneOf },
      members: members.map(({ key, name, title, district, party, email }) => {
        const id = key.toHexString();
        return {
          ...{ id, name, canBeChosen: Boolean(email) },
          field: isOneOf ? `representative-office-${n}` : `representative-${id}`,
          about: [title === office ? '' : title, district, party].filter(Boolean).join(', '),
          selected: chosen ? chosen.has(id) : Boolean(email) && !isSpread,
        };
      }),
    };
  });
}
