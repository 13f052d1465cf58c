import { newsletterLimits } from '../../config/limits.ts';
import { formatDate, translate } from '../locales.ts';
import { renderMarkdown } from '../petitions/markdown.ts';
import { type Language, languages } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import type { FieldProblems, Typed } from '../signatures/form.ts';
import { NewsletterComment, openComment, shown } from './comments/comment.ts';
import { printedIn, withComments } from './comments/print.ts';
import { type ConsentTo, wordingOf } from './consent.ts';
import { Issue, issueTextIn, published } from './issues/issue.ts';
import { issueUrl } from './issues/mail.ts';

/** What a form says: what was typed, what is wrong with it, and values for the messages. */
export type FormShown = { typed: Typed; problems?: FieldProblems; values?: Record<string, string> };

/** Where a field's messages are; those of the fields that signing has too are the same. */
const keyOf = (field: string): string =>
  ['name', 'email', 'captcha'].includes(field) ? `form.error.${field}` : `newsletter.error.${field}`;

export function problemMessages(lang: Language, { problems = {}, values = {} }: FormShown) {
  return Object.fromEntries(
    Object.entries(problems).map(([field, problem]) => [
      field,
      translate(lang, `${keyOf(field)}.${problem}`, { ...values, limit: newsletterLimits.comment }),
    ]),
  ) as Partial<Record<string, string>>;
}

/** A form of the newsletter, with a message at each field that needs one. */
function formView(
  { env }: Pick<Platform, 'env'>,
  lang: Language,
  form: FormShown,
  { consent, fields }: { consent: ConsentTo; fields: readonly string[] },
) {
  const errors = problemMessages(lang, form);
  const { wording, version } = wordingOf(env, consent, lang);
  return {
    values: { ...form.typed },
    errors,
    errorList: fields.flatMap((field) => (errors[field] ? { field, message: errors[field] } : [])),
    captcha: env.HCAPTCHA_SITEKEY ? { sitekey: env.HCAPTCHA_SITEKEY } : undefined,
    ...{ consentWording: wording, consentVersion: version },
  };
}

const nativeNames: Record<Language, string> = { en: 'English', fr: 'Français' };

export function subscriptionFormView(platform: Pick<Platform, 'env'>, lang: Language, form: FormShown) {
  const chosen = languages.find((language) => language === form.typed.language) ?? lang;
  return {
    ...formView(platform, lang, form, {
      consent: 'newsletter.consent',
      fields: ['form', 'email', 'name', 'consent', 'captcha'],
    }),
    action: '/newsletter/subscriptions',
    languages: languages.map((language) => ({
      ...{ language, name: nativeNames[language], checked: language === chosen },
    })),
  };
}

export function commentFormView(
  platform: Pick<Platform, 'env'>,
  issue: Pick<Issue, 'slug'>,
  lang: Language,
  form: FormShown,
) {
  return {
    ...formView(platform, lang, form, {
      consent: 'newsletter.comment.shown',
      fields: ['form', 'name', 'email', 'comment', 'captcha'],
    }),
    action: `/newsletter/${issue.slug}/comments`,
    mayPrintWording: wordingOf(platform.env, 'newsletter.comment.mayPrint', lang).wording,
    limit: newsletterLimits.comment,
  };
}

/** The issues on the web, the newest first. */
export async function issuesView(lang: Language) {
  const issues = await Issue.find(published, { 'texts.en.body': 0, 'texts.fr.body': 0, sending: 0 })
    .sort({ publishedAt: -1, _id: -1 })
    .limit(newsletterLimits.issues)
    .lean<Issue[]>();
  return issues.map((issue) => {
    const { subject, preview, lang: spoken } = issueTextIn(issue, lang);
    return { subject, preview, lang: spoken, url: issueUrl(issue, lang), date: dateOf(issue, lang) };
  });
}

const dateOf = ({ publishedAt }: Issue, lang: Language): string | undefined =>
  publishedAt ? formatDate(lang, publishedAt) : undefined;

export const findPublishedIssue = (slug: string): Promise<Issue | null> =>
  Issue.findOne({ slug, ...published }).lean<Issue>();

/** An issue as the public reads it. */
export async function issueView(platform: Pick<Platform, 'vault'>, issue: Issue, lang: Language) {
  const { subject, preview, body, lang: spoken } = issueTextIn(issue, lang);
  const printed = await printedIn(platform, [body]);
  const { publishedAt, changedAt } = issue;
  const isChanged = publishedAt && changedAt && changedAt > publishedAt;
  return {
    ...{ subject, preview, lang: spoken, url: issueUrl(issue, lang), date: dateOf(issue, lang) },
    html: renderMarkdown(withComments(body, printed)),
    changedOn: isChanged ? formatDate(lang, changedAt) : undefined,
  };
}

/** What readers wrote below an issue and a moderator approved, the oldest first. */
export async function commentsView(
  platform: Pick<Platform, 'vault'>,
  { _id }: Pick<Issue, '_id'>,
  lang: Language,
) {
  const comments = await NewsletterComment.find({ issue: _id, ...shown })
    .sort({ confirmedAt: 1 })
    .limit(newsletterLimits.commentsShown)
    .lean<NewsletterComment[]>();
  return comments.map((comment) => ({
    id: comment._id.toHexString(),
    name: openComment(platform, comment, 'name'),
    comment: openComment(platform, comment, 'comment'),
    lang: comment.language,
    date: formatDate(lang, comment.confirmedAt ?? comment.createdAt),
  }));
}
