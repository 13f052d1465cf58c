import type { Types } from 'mongoose';
import { moderationWork } from '../../../config/limits.ts';
import { inWords } from '../../locales.ts';
import { findClaims } from '../../moderation/claim.ts';
import { refusalCodes, refusals } from '../../moderation/review.ts';
import { nameOf, takenText } from '../../moderation/view.ts';
import { organizePath } from '../../organize/petition-page.ts';
import type { Petition } from '../../petitions/petition.ts';
import { placeName } from '../../places.ts';
import type { Platform } from '../../platform.ts';
import { organizerNames } from '../../signatures/organize/people.ts';
import type { Signature } from '../../signatures/signature.ts';
import { openField } from '../../signatures/view.ts';
import { domainOf } from '../../signers/address.ts';
import { detailsOf, organisationName } from '../details.ts';
import { domainOfSite, isOwnDomain, readWebsite } from '../fold.ts';
import { countWaiting, findDoubles, type List, lists, readSignatories } from '../queue.ts';

type Watching = { petition: Petition; organizer: Types.ObjectId; now: Date };
type Names = Map<string, string>;
type Vaulted = Pick<Platform, 'vault'>;

const listNames: Record<List, string> = { waiting: 'To look at', listed: 'Listed', refused: 'Not listed' };

export const signatoriesPath = (petition: Pick<Petition, '_id'>): string =>
  organizePath(petition, 'signatories');

/** One page of a list of signatories as a moderator sees it. */
export async function signatoryQueueView(
  platform: Pick<Platform, 'vault' | 'redis'>,
  watching: Watching,
  { show, page }: { show: List; page: number },
) {
  const { petition, organizer, now } = watching;
  const base = signatoriesPath(petition);
  const [{ signatures, hasMore }, waiting] = await Promise.all([
    readSignatories(petition, show, page),
    countWaiting(petition),
  ]);
  const ids = signatures.map(({ _id }) => _id);
  const [claims, doubles] = await Promise.all([
    show === 'waiting' ? findClaims(platform.redis, ids, now) : [],
    show === 'waiting' ? findDoubles(petition, signatures) : new Map<string, Signature[]>(),
  ]);
  const by = [...claims.map((claim) => claim?.organizer), ...signatures.map(({ review }) => review?.by)];
  const names = await organizerNames(platform, by);
  const listUrl = (list: List, at = 1) => `${base}?show=${list}${at > 1 ? `&page=${at}` : ''}`;
  return {
    base,
    show,
    lists: lists.map((list) => ({
      ...{ name: listNames[list], url: listUrl(list), current: list === show },
      count: list === 'waiting' ? waiting : undefined,
      isMore: list === 'waiting' && waiting === moderationWork.countTo,
    })),
    items: signatures.map((signature, index) => ({
      ...itemView(platform, watching, signature, names),
      doubles: (doubles.get(String(signature._id)) ?? []).map((other) =>
        doubleView(platform, watching, other),
      ),
      taken: takenText(claims[index], watching, names),
      isMine: claims[index]?.organizer === organizer.toHexString(),
    })),
    newerUrl: page > 1 ? listUrl(show, page - 1) : undefined,
    olderUrl: hasMore && page < moderationWork.pages ? listUrl(show, page + 1) : undefined,
    reasons: refusalCodes.map((code) => ({ code, label: refusals[code] })),
    byTime: petition.openLetter?.order === 'time',
  };
}

function itemView(platform: Vaulted, watching: Watching, signature: Signature, names: Names) {
  const { petition, now } = watching;
  const { _id, country, confirmedAt, createdAt, review, signatory } = signature;
  const id = _id.toHexString();
  return {
    id,
    ...whoView(platform, signature),
    comment: openField(platform, signature, 'comment'),
    place: placeName('en', country),
    when: inWords('en', confirmedAt ?? createdAt, now),
    url: `${signatoriesPath(petition)}/${id}`,
    signatureUrl: `${organizePath(petition, 'signatures')}/${id}`,
    isPinned: Boolean(signatory?.pinnedAt),
    isMerged: Boolean(signatory?.mergedInto),
    isHidden: signatory?.kind === 'titled' && !signature.showName,
    canUndo: Boolean(review?.settled && signature.sealed?.signatory),
    decided: review?.settled && {
      isApproved: review.shows === 'all',
      reason: review.reason ? refusals[review.reason] : undefined,
      by: review.by ? nameOf(names, review.by) : undefined,
      when: review.at ? inWords('en', review.at, now) : '',
    },
  };
}

/** Who signs, and for an organisation whether the mail comes from where the website is. */
function whoView(platform: Vaulted, signature: Signature) {
  const details = detailsOf(platform, signature);
  const person = openField(platform, signature, 'name');
  const mail = domainOf(openField(platform, signature, 'email') ?? '');
  if (details?.kind !== 'organisation') {
    const name = organisationName(platform, signature) ?? person ?? 'Anonymised';
    const detail = details && [details.title, details.affiliation].filter(Boolean).join(', ');
    const isOrganisation = signature.signatory?.kind === 'organisation';
    return { ...{ isOrganisation, name, detail, mail }, domain: undefined };
  }
  const site = readWebsite(details.website);
  return {
    isOrganisation: true,
    ...{ name: details.organisation, person, role: details.role, mail },
    website: site?.href,
    domain: site && domainOfSite(site),
    isOwnDomain: isOwnDomain(mail, details.website),
  };
}

function doubleView(platform: Vaulted, { petition, now }: Watching, other: Signature) {
  const { name, domain, mail } = whoView(platform, other);
  const id = other._id.toHexString();
  return {
    id,
    ...{ name, domain, mail, place: placeName('en', other.country) },
    isListed: other.state === 'confirmed',
    when: inWords('en', other.confirmedAt ?? other.createdAt, now),
    signatureUrl: `${organizePath(petition, 'signatures')}/${id}`,
  };
}
