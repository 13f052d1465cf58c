import { formatDate, formatTime } from '../../locales.ts';
import type { Petition } from '../../petitions/petition.ts';
import { placeName } from '../../places.ts';
import type { Platform } from '../../platform.ts';
import { Tally } from '../../tallies/tally.ts';
import { isErased, type Signature, type SignatureState, signatureStates } from '../signature.ts';
import { signatureView } from '../view.ts';
import type { Filter } from './filter.ts';
import { organizerNames } from './people.ts';

export const stateNames: Record<SignatureState, string> = {
  pending: 'Not confirmed',
  confirmed: 'Confirmed',
  held: 'Held',
  withdrawn: 'Withdrawn',
  invalidated: 'Invalidated',
};

type Vaulted = Pick<Platform, 'vault'>;

/** A moment as organizers read it, in the petition's time zone. */
export const momentIn = (petition: Pick<Petition, 'timeZone'>, at: Date): string => {
  const zone = petition.timeZone ?? undefined;
  return `${formatDate('en', at, zone)}, ${formatTime('en', at, zone)}`;
};

/** A signature in a list. */
export function rowView(platform: Vaulted, petition: Petition, signature: Signature) {
  const { name, country, region, source, state, signedAt, comment } = signatureView(platform, signature);
  return {
    id: signature._id.toHexString(),
    name: nameShown(signature, name),
    place: placeName('en', country, signature.region) ?? region,
    source: source ?? 'direct',
    state,
    stateName: stateNames[state],
    signedAt: momentIn(petition, signedAt),
    hasComment: Boolean(comment),
  };
}

const nameShown = (signature: Signature, name: string | undefined): string =>
  name ?? (isErased(signature) ? 'Anonymised' : 'No name');

/** Everything about one signature that an organizer may see, and its history, the latest first. */
export async function detailView(platform: Vaulted, petition: Petition, signature: Signature) {
  const { ip: _ip, ...shown } = signatureView(platform, signature);
  // Signatures from before there was a history have none.
  const history = signature.history ?? [];
  const names = await organizerNames(
    platform,
    history.map(({ organizer }) => organizer),
  );
  const changed = history.map(({ at, from, to, by, organizer, task, why }) => ({
    at: momentIn(petition, at),
    text: from ? `${stateNames[from]} → ${stateNames[to]}` : stateNames[to],
    who: by === 'organizer' ? names.get(String(organizer)) : by === 'signer' ? 'the signer' : 'the platform',
    task: task?.toHexString(),
    isImport: !from,
    why,
  }));
  return {
    ...shown,
    id: signature._id.toHexString(),
    name: nameShown(signature, shown.name),
    /** What is public of an organisation whose authorised person was erased. */
    organisation: signature.signatory?.name,
    stateName: stateNames[shown.state],
    place: placeName('en', shown.country, signature.region),
    region: signature.region ? undefined : shown.region,
    signedAt: momentIn(petition, shown.signedAt),
    confirmedAt: shown.confirmedAt && momentIn(petition, shown.confirmedAt),
    remindedAt: signature.remindedAt && momentIn(petition, signature.remindedAt),
    mailedAt: signature.mail?.requestedAt && momentIn(petition, signature.mail.requestedAt),
    mailIsDue: Boolean(signature.mail?.dueAt),
    isErased: isErased(signature),
    importedRow: signature.importedRow,
    isCounted: Boolean(signature.counted),
    consent: shown.consent.map((given) => ({ ...given, at: given.at && momentIn(petition, given.at) })),
    changed: changed.reverse(),
  };
}

/** What the filter's lists offer: places and sources that have signatures. */
export async function filterChoices(petition: Petition, filter: Filter) {
  const tally = await Tally.findById(petition._id, { regions: 1, sources: 1 }).lean<{
    regions: Record<string, number>;
    sources: Record<string, number>;
  }>();
  const places = new Set(Object.keys(tally?.regions ?? {}).flatMap((key) => [key, key.slice(0, 2)]));
  if (filter.region) places.add(filter.region);
  const sources = new Set(['direct', ...Object.keys(tally?.sources ?? {})]);
  if (filter.source) sources.add(filter.source);
  return {
    states: signatureStates.map((state) => option(state, stateNames[state], filter.state)),
    regions: [...places]
      .filter((key) => /^[A-Z]{2}(-|$)/.test(key))
      .map((key) => option(key, placeOf(key), filter.region))
      .sort((a, b) => a.name.localeCompare(b.name)),
    sources: [...sources]
      .filter((source) => source !== 'other')
      .sort()
      .map((source) => option(source, source, filter.source)),
  };
}

const option = (value: string, name: string, chosen: string | undefined) => ({
  value,
  name,
  selected: value === chosen,
});

const countryName = new Intl.DisplayNames('en', { type: 'region' });
function placeOf(key: string): string {
  const [country = '', part] = key.split('-');
  const whole = countryName.of(country) ?? country;
  return part ? `${whole}: ${placeName('en', country, part)}` : whole;
}

/** The filter in words, for previews, exports and the log. Says that it looks for a person, never for whom. */
export function filterInWords(filter: Filter): string {
  const words = [
    filter.state && stateNames[filter.state].toLowerCase(),
    filter.from && `signed from ${filter.from}`,
    filter.to && `signed until ${filter.to}`,
    filter.region && `from ${placeOf(filter.region)}`,
    filter.source && `source “${filter.source}”`,
    filter.person && (filter.person.startsWith('name.') ? 'with one exact name' : 'with one exact address'),
    filter.domain && 'with one mail domain',
    filter.imported && 'read in by one import',
    filter.changed && 'changed by one task',
  ];
  return words.filter(Boolean).join(', ') || 'all signatures';
}
