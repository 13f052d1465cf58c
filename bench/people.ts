import { Types } from 'mongoose';
import { calendarDay } from '../server/locales.ts';
import type { Petition } from '../server/petitions/petition.ts';
import { consentWording } from '../server/signatures/consent.ts';
import { placeOf, type SealedField } from '../server/signatures/signature.ts';
import { domainOf, parseAddress } from '../server/signers/address.ts';
import type { Vault } from '../server/signers/vault.ts';
import { type Counted, hourOf } from '../server/tallies/tally.ts';
import {
  comments,
  domains,
  firstNames,
  lastNames,
  momentIn,
  pick,
  places,
  randomOf,
  sources,
} from './surge.ts';

export type CrowdOptions = {
  /** How many sign in all; they are numbered from 0 in the order of time. */
  count: number;
  /** Makes their addresses other than those of every other crowd. */
  tag: string;
  /** When the last of them signed. */
  end: Date;
  /** Of the tally that includes them. */
  version: number;
  /** The first hour of which that tally keeps the sum. */
  hoursFrom: string;
  /** The share that never confirmed. */
  pending: number;
};

export type CrowdMember = Record<string, unknown> & { _id: Types.ObjectId; counted: Counted | null };

/** The signature of one person of a crowd, as signing, confirming, mailing and counting would have left it. */
export function createCrowd(vault: Vault, petition: Petition, options: CrowdOptions) {
  const { signing, updates: aboutUpdates, version: wording } = consentWording(petition, 'en');
  const page = `/petitions/${petition.slug}`;

  return (n: number): CrowdMember => {
    const random = randomOf(n);
    const at = momentIn((n + random()) / options.count, options.end);
    const typed = `${pick(firstNames, random).toLowerCase()}.${options.tag}.${n}@${pick(domains, random)}`;
    const { address, canonical } = parseAddress(typed) ?? unreadable(typed);
    const mailbox = { petition: petition._id, emailKey: vault.emailKey(canonical) };
    const seal = (field: SealedField, text: string) => vault.seal(text, placeOf(mailbox, field));
    const name = `${pick(firstNames, random)} ${pick(lastNames, random)}`;
    const comment = random() < 0.12 ? pick(comments, random) : '';
    const [country = '', region] = pick(places, random).split('-');
    const chosen = pick(sources, random);
    const source = chosen === 'partner' ? `partner-${Math.floor(random() * 150)}` : chosen;
    const updates = random() < 0.35;
    const evidence = { version: wording, at, page };
    const signature = {
      ...{ _id: idAt(at), ...mailbox },
      sealed: {
        email: seal('email', address),
        name: seal('name', name),
        ...(random() < 0.6 && { postalCode: seal('postalCode', `K${n % 10}A ${n % 7}B${n % 9}`) }),
        ...(comment && { comment: seal('comment', comment) }),
        ip: seal('ip', `11.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`),
      },
      ...{ nameKey: vault.nameKey(name), domainKey: vault.domainKey(domainOf(canonical)) },
      ...{ country, ...(region && { region }), language: random() < 0.2 ? 'fr' : 'en', version: 1 },
      ...{ ...(source && { source }), showName: random() < 0.55, hasComment: comment !== '', updates },
      consent: [
        { to: 'signing', wording: signing, ...evidence },
        ...(updates ? [{ to: 'updates', wording: aboutUpdates, ...evidence }] : []),
      ],
      ...{ createdAt: at, ipAt: at },
    };
    if (random() < options.pending) return { ...signature, ...leftPending(at, options.end) };
    const confirmedAt = new Date(Math.min(+at + 20_000 + random() ** 4 * 7_200_000, +options.end));
    const placed = [country, region].filter(Boolean).join('-');
    return { ...signature, ...confirmed(petition, at, confirmedAt, placed, source, options) };
  };
}

/** So that their ids are in the order in which they signed. */
const idAt = (at: Date) => new Types.ObjectId(Types.ObjectId.generate(Math.floor(at.getTime() / 1000)));

function unreadable(typed: string): never {
  throw new Error(`The crowd has an address that cannot be read: ${typed}`);
}

/** Whoever did not confirm within a day was reminded. */
function leftPending(at: Date, end: Date) {
  const remindedAt = new Date(at.getTime() + 86_400_000);
  const isReminded = remindedAt < end;
  return {
    ...{ state: 'pending', history: [], counted: null, countedIn: 0 },
    ...(isReminded && { remindedAt }),
    mail: isReminded
      ? { kind: 'reminder', n: 2, requestedAt: remindedAt }
      : { kind: 'confirm', n: 1, requestedAt: at },
  };
}

function confirmed(
  { timeZone }: Petition,
  at: Date,
  confirmedAt: Date,
  region: string,
  source: string,
  { version, hoursFrom }: CrowdOptions,
) {
  const hour = hourOf(confirmedAt);
  return {
    ...{ state: 'confirmed', confirmedAt, countedIn: version },
    history: [{ at: confirmedAt, from: 'pending', to: 'confirmed', by: 'signer' }],
    counted: {
      day: dayOf(confirmedAt, timeZone ?? 'UTC'),
      region,
      source: source || 'direct',
      ...(hour >= hoursFrom && { hour }),
    },
    mail: { kind: 'confirm', n: 1, requestedAt: at },
  };
}

const quarter = 900_000;
const days = new Map<string, string>();

/** Asked once for each quarter of an hour: days begin at one in every time zone, and asking takes long. */
function dayOf(at: Date, timeZone: string): string {
  const key = `${timeZone} ${Math.floor(+at / quarter)}`;
  const day = days.get(key) ?? calendarDay(at, timeZone);
  days.set(key, day);
  return day;
}
