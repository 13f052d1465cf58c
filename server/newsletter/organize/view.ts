import { newsletterLimits } from '../../../config/limits.ts';
import { monthLabel } from '../../dashboard/calendar.ts';
import { drawChart } from '../../dashboard/chart.ts';
import { readMailHealth, reasonInWords } from '../../dashboard/mail-health.ts';
import { numberFormat } from '../../formats.ts';
import { formatDate, formatTime } from '../../locales.ts';
import { renderMarkdown } from '../../petitions/markdown.ts';
import { languages } from '../../petitions/petition.ts';
import type { Platform } from '../../platform.ts';
import type { Typed } from '../../signatures/form.ts';
import { Task } from '../../tasks/task.ts';
import { taskView } from '../../tasks/view.ts';
import { isPublic, languagesIn } from '../../updates/publication.ts';
import { countReaders, readMonths } from '../audience.ts';
import { NewsletterComment, openComment } from '../comments/comment.ts';
import { placeFor, printable, printedIn, withComments } from '../comments/print.ts';
import { type IssueProblems, languageNames } from '../issues/form.ts';
import { bodiesOf, Issue, issueTextIn } from '../issues/issue.ts';
import { issueUrl } from '../issues/mail.ts';
import { Subscriber } from '../subscriber.ts';

export const newsletterPath = '/organize/newsletter';
export const issuePath = ({ _id }: Pick<Issue, '_id'>): string =>
  `${newsletterPath}/issues/${_id.toHexString()}`;

/** The newsletter's numbers, its issues, and what waits to be looked at. */
export async function overviewView(now: Date) {
  const [readers, pending, months, issues, waiting] = await Promise.all([
    countReaders(),
    Subscriber.countDocuments({ state: 'pending' }),
    readMonths(now, newsletterLimits.months),
    Issue.find({}, { 'texts.en.body': 0, 'texts.fr.body': 0, 'sending.texts': 0 })
      .sort({ createdAt: -1 })
      .limit(newsletterLimits.issues)
      .lean<Issue[]>(),
    NewsletterComment.countDocuments({ state: 'confirmed', 'review.settled': null }),
  ]);
  const known = months.findIndex(({ joined, left, atEnd }) => joined + left + atEnd > 0);
  const shown = known < 0 ? [] : months.slice(Math.min(known, months.length - 1));
  return {
    ...{ readers, pending, waiting },
    months: shown.toReversed().map((month) => ({ ...month, label: monthLabel(`${month.key}-01`) })),
    chart: shown.length > 1 ? chartOf(shown) : undefined,
    issues: issues.map((issue) => ({
      url: issuePath(issue),
      subject: issueTextIn(issue, 'en').subject,
      status: statusOf(issue),
    })),
  };
}

function chartOf(months: Awaited<ReturnType<typeof readMonths>>) {
  const bars = months.map(({ key, atEnd }) => ({ label: monthLabel(`${key}-01`), number: atEnd }));
  const last = months.at(-1)?.atEnd ?? 0;
  const numbers = numberFormat('en');
  const description = `Subscribers at the end of each month; ${numbers.format(last)} now.`;
  return drawChart(bars, { numbers, description, isPartial: true });
}

function statusOf({ publishedAt, hiddenAt, sending, createdAt }: Issue): string {
  const parts = [
    publishedAt && !hiddenAt ? `on the web since ${formatDate('en', publishedAt)}` : undefined,
    hiddenAt ? 'taken off the web' : undefined,
    sending ? `mailed from ${formatDate('en', sending.at)}` : undefined,
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(', ') : `draft of ${formatDate('en', createdAt)}`;
}

/** One issue with all that can be done with it. */
export async function oneIssueView(platform: Pick<Platform, 'vault'>, issue: Issue) {
  const { sending } = issue;
  const url = issuePath(issue);
  const [task, printed, health] = await Promise.all([
    sending && Task.findById(sending.task).lean<Task>(),
    printedIn(platform, bodiesOf(issue)),
    sending && readMailHealth(issue._id),
  ]);
  return {
    ...{ url, revision: issue.revision, status: statusOf(issue) },
    ...{ isPublic: isPublic(issue), isHidden: Boolean(issue.hiddenAt) },
    isDraft: !issue.publishedAt && !sending,
    publicUrl: issueUrl(issue, 'en'),
    texts: languagesIn(issue).map((lang) => {
      const { subject, preview, body } = issueTextIn(issue, lang);
      return {
        ...{ lang, language: languageNames[lang], subject, preview },
        html: renderMarkdown(withComments(body, printed)),
        mailUrl: `${url}/mail?lang=${lang}`,
      };
    }),
    audience: sending ? undefined : await countReaders(),
    sending: sending && {
      at: `${formatDate('en', sending.at)}, ${formatTime('en', sending.at)}`,
      isChangedSince: Boolean(issue.changedAt && issue.changedAt > sending.at),
      task: task ? taskView(task) : undefined,
      /** Frozen by a process that died before it could begin the work. */
      isLeft: !task,
      reasons: health?.reasons.map(({ state, reason, number }) => ({
        ...{ what: state === 'failed' ? 'Refused' : 'Put off', number, words: reasonInWords(reason) },
      })),
    },
  };
}

/** The form, with what was typed or what is saved, and a message at each field that needs one. */
export function issueFormView({
  issue,
  typed,
  problems = {},
}: {
  issue?: Issue;
  typed?: Typed;
  problems?: IssueProblems;
}) {
  const action = issue ? issuePath(issue) : `${newsletterPath}/issues`;
  return {
    action,
    revision: issue?.revision ?? 0,
    problems: Object.entries(problems).map(([field, message]) => ({ field, message })),
    languages: languages.map((lang) => {
      const saved = issue?.texts?.[lang];
      const value = (field: 'subject' | 'preview' | 'body') =>
        typed ? (typed[`${field}-${lang}`] ?? '') : (saved?.[field] ?? '');
      return {
        ...{ lang, name: languageNames[lang] },
        ...{ subject: value('subject'), preview: value('preview'), body: value('body') },
        subjectError: problems[`subject-${lang}`],
        previewError: problems[`preview-${lang}`],
        bodyError: problems[`body-${lang}`],
      };
    }),
  };
}

/** Comments that may be put into an issue, the latest first: those it already has are left out. */
export async function printableView(platform: Pick<Platform, 'vault'>, issue: Issue) {
  const bodies = bodiesOf(issue).join('\n');
  const comments = await NewsletterComment.find(printable)
    .sort({ confirmedAt: -1 })
    .limit(newsletterLimits.toPrint)
    .lean<NewsletterComment[]>();
  return comments
    .filter((comment) => !bodies.includes(placeFor(comment)))
    .map((comment) => ({
      id: comment._id.toHexString(),
      name: openComment(platform, comment, 'name'),
      comment: openComment(platform, comment, 'comment'),
      lang: comment.language,
      isPrinted: Boolean(comment.printedIn),
    }));
}
