import type { Env } from '../../../config/env.ts';
import { feedLimits } from '../../../config/limits.ts';
import { type Feed, type FeedEntry, tagOf } from '../../feeds/atom.ts';
import { translate } from '../../locales.ts';
import { inLanguage } from '../../page.ts';
import { renderMarkdown } from '../../petitions/markdown.ts';
import type { Language } from '../../petitions/petition.ts';
import type { Platform } from '../../platform.ts';
import { type Printed, printedIn, withComments } from '../comments/print.ts';
import { bodiesOf, Issue, issueTextIn, published } from './issue.ts';
import { issueUrl, newsletterUrl } from './mail.ts';

/** The issues of the newsletter that are on the web. */
export async function newsletterFeed(
  platform: Pick<Platform, 'env' | 'vault'>,
  lang: Language,
): Promise<Feed> {
  const { env } = platform;
  const issues = await Issue.find(published)
    .sort({ publishedAt: -1, _id: -1 })
    .limit(feedLimits.entries)
    .lean<Issue[]>();
  const printed = await printedIn(platform, issues.flatMap(bodiesOf));
  const entries = issues.map((issue) => entryOf(env, issue, printed, lang));
  const times = entries.map(({ updated }) => updated.getTime());
  return {
    id: tagOf(env.BASE_URL, 'newsletter'),
    title: translate(lang, 'newsletter.title', { sender: env.SENDER_NAME }),
    url: env.BASE_URL + newsletterUrl(lang),
    self: env.BASE_URL + inLanguage('/newsletter/feed.xml', lang),
    ...{ author: env.SENDER_NAME, lang, entries },
    updated: new Date(times.length > 0 ? Math.max(...times) : Date.UTC(2026, 0)),
  };
}

function entryOf(
  { BASE_URL }: Pick<Env, 'BASE_URL'>,
  issue: Issue,
  printed: Printed,
  lang: Language,
): FeedEntry {
  const text = issueTextIn(issue, lang);
  const at = issue.publishedAt ?? issue.createdAt;
  const { changedAt } = issue;
  return {
    id: tagOf(BASE_URL, `newsletter:${issue._id.toHexString()}`),
    ...{ title: text.subject, lang: text.lang, url: BASE_URL + issueUrl(issue, lang) },
    ...{ published: at, updated: changedAt && changedAt > at ? changedAt : at },
    html: renderMarkdown(withComments(text.body, printed)),
  };
}
