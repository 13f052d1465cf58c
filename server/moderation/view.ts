import type { Types } from 'mongoose';
import { moderationWork } from '../../config/limits.ts';
import { inWords } from '../locales.ts';
import type { Petition } from '../petitions/petition.ts';
import { placeName } from '../places.ts';
import type { Platform } from '../platform.ts';
import { openReports } from '../reports/report.ts';
import { organizerNames } from '../signatures/organize/people.ts';
import type { Signature } from '../signatures/signature.ts';
import { openField } from '../signatures/view.ts';
import { type Claim, findClaims } from './claim.ts';
import { countLists, type List, lists, readList } from './queue.ts';
import { refusalCodes, refusals } from './review.ts';

type Watching = { petition: Petition; organizer: Types.ObjectId; now: Date };
type Names = Map<string, string>;

const listNames: Record<List, string> = {
  waiting: 'To look at',
  approved: 'Approved',
  refused: 'Refused',
  held: 'Held',
};

export const basePath = (petition: Pick<Petition, '_id'>): string =>
  `/organize/petitions/${petition._id.toHexString()}/moderation`;

/** One page of a list as a moderator sees it. */
export async function listView(
  platform: Pick<Platform, 'vault' | 'redis'>,
  watching: Watching,
  { show, page }: { show: List; page: number },
) {
  const { petition, now } = watching;
  const base = basePath(petition);
  const [{ signatures, hasMore }, counts] = await Promise.all([
    readList(petition, show, page),
    countLists(petition),
  ]);
  const ids = signatures.map(({ _id }) => _id);
  const [claims, reports] = await Promise.all([
    show === 'waiting' ? findClaims(platform.redis, ids, now) : [],
    openReports(ids),
  ]);
  const names = await organizerNames(platform, [
    ...claims.map((claim) => claim?.organizer),
    ...signatures.map(({ review }) => review?.by),
  ]);
  const listUrl = (list: List, at = 1) => `${base}?show=${list}${at > 1 ? `&page=${at}` : ''}`;
  return {
    base,
    show,
    lists: lists.map((list) => ({
      name: listNames[list],
      url: listUrl(list),
      current: list === show,
      count: list === 'waiting' || list === 'held' ? counts[list] : undefined,
      isMore: list !== 'approved' && list !== 'refused' && counts[list] === moderationWork.countTo,
    })),
    items: signatures.map((signature, index) => ({
      ...itemView(platform, watching, signature, names),
      taken: takenText(claims[index], watching, names),
      isMine: claims[index]?.organizer === watching.organizer.toHexString(),
      reports: [...(reports.get(String(signature._id)) ?? [])].map(([reason, number]) => ({
        label: refusals[reason],
        number,
      })),
    })),
    newerUrl: page > 1 ? listUrl(show, page - 1) : undefined,
    olderUrl: hasMore && page < moderationWork.pages ? listUrl(show, page + 1) : undefined,
    /** There are more than anybody goes through page by page. */
    isCut: hasMore && page === moderationWork.pages,
    reasons: refusalCodes.map((code) => ({ code, label: refusals[code] })),
  };
}

function itemView(
  platform: Pick<Platform, 'vault'>,
  { petition, now }: Watching,
  signature: Signature,
  names: Names,
) {
  const { _id, country, region, confirmedAt, createdAt, review } = signature;
  const id = _id.toHexString();
  return {
    id,
    name: openField(platform, signature, 'name') ?? '',
    comment: openField(platform, signature, 'comment'),
    place: placeName('en', country, region),
    when: inWords('en', confirmedAt ?? createdAt, now),
    url: `${basePath(petition)}/${id}`,
    signatureUrl: `/organize/petitions/${petition._id.toHexString()}/signatures/${id}`,
    decided: review?.settled && {
      shows: review.shows,
      reason: review.reason ? refusals[review.reason] : undefined,
      by: nameOf(names, review.by),
      when: review.at ? inWords('en', review.at, now) : '',
    },
  };
}

/** Whose it is for the moment, where that is somebody else, in a sentence for whoever would have it. */
export function takenText(
  claim: Claim | undefined,
  { organizer, now }: Pick<Watching, 'organizer' | 'now'>,
  names: Names,
): string | undefined {
  if (!claim || claim.organizer === organizer.toHexString()) return undefined;
  const again = inWords('en', claim.until, now);
  return `${nameOf(names, claim.organizer)} is looking at this. It is free again ${again}, or as soon as they move on.`;
}

export const nameOf = (names: Names, organizer: unknown): string =>
  names.get(String(organizer)) ?? 'somebody who is gone';
