import type { Types } from 'mongoose';
import { moderationWork } from '../../../../config/limits.ts';
import { inWords } from '../../../locales.ts';
import { findClaims } from '../../../moderation/claim.ts';
import { refusalCodes, refusals } from '../../../moderation/review.ts';
import { nameOf, takenText } from '../../../moderation/view.ts';
import type { Platform } from '../../../platform.ts';
import { organizerNames } from '../../../signatures/organize/people.ts';
import { NewsletterComment, openComment } from '../../comments/comment.ts';
import { Issue, issueTextIn } from '../../issues/issue.ts';
import { issueUrl } from '../../issues/mail.ts';
import { newsletterPath } from '../view.ts';

export const commentsPath = `${newsletterPath}/comments`;
export const lists = ['waiting', 'approved', 'refused'] as const;
type List = (typeof lists)[number];

const listNames: Record<List, string> = {
  waiting: 'To look at',
  approved: 'Approved',
  refused: 'Refused',
};
/** What is on each list: who has waited longest comes first, what was decided last comes last. */
const contents = {
  waiting: { which: { state: 'confirmed', 'review.settled': null }, order: { confirmedAt: 1 } },
  approved: {
    which: { state: 'confirmed', 'review.settled': true, 'review.shows': 'all' },
    order: { confirmedAt: -1 },
  },
  refused: {
    which: { state: 'confirmed', 'review.settled': true, 'review.shows': 'nothing' },
    order: { confirmedAt: -1 },
  },
} as const satisfies Record<List, { which: object; order: Record<string, 1 | -1> }>;

/** One page of a list as a moderator sees it. */
export async function queueView(
  platform: Pick<Platform, 'vault' | 'redis'>,
  { organizer, now }: { organizer: Types.ObjectId; now: Date },
  { show, page }: { show: List; page: number },
) {
  const { which, order } = contents[show];
  const { pageSize, pages, countTo } = moderationWork;
  const [found, waiting] = await Promise.all([
    NewsletterComment.find(which)
      .sort(order)
      .skip((page - 1) * pageSize)
      .limit(pageSize + 1)
      .lean<NewsletterComment[]>(),
    NewsletterComment.countDocuments(contents.waiting.which, { limit: countTo }),
  ]);
  const comments = found.slice(0, pageSize);
  const [claims, issues] = await Promise.all([
    show === 'waiting'
      ? findClaims(
          platform.redis,
          comments.map(({ _id }) => _id),
        )
      : [],
    Issue.find(
      { _id: { $in: comments.map(({ issue }) => issue) } },
      { slug: 1, 'texts.en.subject': 1, 'texts.fr.subject': 1 },
    ).lean<Issue[]>(),
  ]);
  const names = await organizerNames(platform, [
    ...claims.map((claim) => claim?.organizer),
    ...comments.map(({ review }) => review?.by),
  ]);
  const listUrl = (list: List, at = 1) => `${commentsPath}?show=${list}${at > 1 ? `&page=${at}` : ''}`;
  return {
    show,
    lists: lists.map((list) => ({
      ...{ name: listNames[list], url: listUrl(list), current: list === show },
      count: list === 'waiting' ? waiting : undefined,
    })),
    items: comments.map((comment, index) => ({
      ...itemView(platform, comment, names, now),
      issue: issueOf(comment, issues),
      taken: takenText(claims[index], { organizer, now }, names),
      isMine: claims[index]?.organizer === organizer.toHexString(),
    })),
    newerUrl: page > 1 ? listUrl(show, page - 1) : undefined,
    olderUrl: found.length > pageSize && page < pages ? listUrl(show, page + 1) : undefined,
    reasons: refusalCodes.map((code) => ({ code, label: refusals[code] })),
  };
}

function itemView(
  platform: Pick<Platform, 'vault'>,
  comment: NewsletterComment,
  names: Map<string, string>,
  now: Date,
) {
  const { _id, review, confirmedAt, createdAt, mayPrint, printedIn, language } = comment;
  const id = _id.toHexString();
  return {
    ...{ id, mayPrint, isPrinted: Boolean(printedIn), lang: language, url: `${commentsPath}/${id}` },
    name: openComment(platform, comment, 'name'),
    comment: openComment(platform, comment, 'comment'),
    when: inWords('en', confirmedAt ?? createdAt, now),
    decided: review?.settled && {
      isApproved: review.shows === 'all',
      reason: review.reason ? refusals[review.reason] : undefined,
      by: nameOf(names, review.by),
      when: review.at ? inWords('en', review.at, now) : '',
    },
  };
}

function issueOf({ issue: id }: NewsletterComment, issues: readonly Issue[]) {
  const issue = issues.find(({ _id }) => _id.equals(id));
  return issue && { subject: issueTextIn(issue, 'en').subject, url: issueUrl(issue, 'en') };
}
