import type { Types } from 'mongoose';
import { translate } from '../../locales.ts';
import { inLanguage } from '../../page.ts';
import { renderMarkdown } from '../../petitions/markdown.ts';
import type { Language } from '../../petitions/petition.ts';
import type { Platform } from '../../platform.ts';
import { dressed } from '../../updates/mail.ts';
import { type Printed, withComments, withPlainComments } from '../comments/print.ts';
import { type Issue, type IssueTexts, issueTextIn } from './issue.ts';

export const newsletterUrl = (lang: Language): string => inLanguage('/newsletter', lang);
export const issueUrl = ({ slug }: Pick<Issue, 'slug'>, lang: Language, below = ''): string =>
  inLanguage(`/newsletter/${slug}${below}`, lang);

type Worded = { slug: string; texts?: Issue['texts'] | IssueTexts | null };

/** The mail of an issue: its subject and what its template is given beside the frame. */
export function issueMailView(
  { env }: Pick<Platform, 'env'>,
  issue: Worded,
  printed: Printed,
  lang: Language,
) {
  const { subject, preview, body, lang: spoken } = issueTextIn(issue, lang);
  const url = env.BASE_URL + issueUrl(issue, lang);
  return {
    subject,
    context: {
      issue: {
        ...{ subject, preview, lang: spoken, url, commentsUrl: `${url}#comments` },
        html: dressed(renderMarkdown(withComments(body, printed))),
        text: withPlainComments(body, printed),
      },
    },
  };
}

/** What the layout of every mail of the newsletter says: who sends it and why, without the links of one reader. */
export function newsletterFrame(
  { env }: Pick<Platform, 'env'>,
  lang: Language,
  why: 'issue' | 'asked' | 'invited' | 'comment',
) {
  return {
    lang,
    siteName: env.SENDER_NAME,
    siteAddress: env.SENDER_ADDRESS,
    newsletterWhy: translate(lang, `newsletter.mail.why.${why}`, { sender: env.SENDER_NAME }),
    newsletterUrl: env.BASE_URL + newsletterUrl(lang),
    manageUrl: env.BASE_URL + newsletterUrl(lang),
    unsubscribeUrl: env.BASE_URL + newsletterUrl(lang),
  };
}

/** The links of a subscriber or of who wrote a comment. One who only wrote has nothing to unsubscribe from. */
export function readerLinks(
  { env, tokens }: Pick<Platform, 'env' | 'tokens'>,
  _id: Types.ObjectId,
): { manageUrl: string; unsubscribeUrl: string } {
  const link = (kind: 'own' | 'unsubscribe', token: string) => `${env.BASE_URL}/newsletter/${kind}/${token}`;
  return {
    manageUrl: link('own', tokens.issue('newsletter', _id)),
    unsubscribeUrl: link('unsubscribe', tokens.issue('leave', _id)),
  };
}
