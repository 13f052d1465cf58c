import { createHash } from 'node:crypto';
import type { Env } from '../../config/env.ts';
import { translate } from '../locales.ts';
import type { Language } from '../petitions/petition.ts';

/** The exact words that were shown, and the short name of exactly these words. */
type Wording = { wording: string; version: string };

/** What is agreed to: the newsletter, that a comment appears below its issue, that it may be printed in another. */
const consents = ['newsletter.consent', 'newsletter.comment.shown', 'newsletter.comment.mayPrint'] as const;
export type ConsentTo = (typeof consents)[number];

export function wordingOf(
  { SENDER_NAME: sender }: Pick<Env, 'SENDER_NAME'>,
  to: ConsentTo,
  lang: Language,
): Wording {
  const wording = translate(lang, to, { sender });
  return { wording, version: createHash('sha256').update(wording).digest('base64url').slice(0, 12) };
}
