import { Types } from 'mongoose';
import { NewsletterComment, placeOf as placeOfComment } from '../../server/newsletter/comments/comment.ts';
import { Issue } from '../../server/newsletter/issues/issue.ts';
import { placeOf, Subscriber } from '../../server/newsletter/subscriber.ts';
import type { Platform } from '../../server/platform.ts';
import type { World } from '../support/world.ts';

let made = 0;
export const newAddress = (): string => {
  made += 1;
  return `reader-${made}-${process.pid}@example.org`;
};

/** A form that is right in every field, for a reader nobody else is. */
export const readerForm = (differences: Record<string, string> = {}): Record<string, string> => ({
  ...{ email: newAddress(), name: 'Rita Reader', language: 'en', consent: 'on' },
  ...differences,
});

export const commentForm = (differences: Record<string, string> = {}): Record<string, string> => ({
  ...{ email: newAddress(), name: 'Carl Comment', comment: 'I was there, and it rained.' },
  ...differences,
});

/** Somebody on the list, as if they had asked and confirmed. */
export async function makeReader(
  { vault }: Pick<Platform, 'vault'>,
  { email = newAddress(), name = 'Rita Reader', ...differences }: Record<string, unknown> = {},
) {
  const address = String(email);
  const emailKey = vault.emailKey(address);
  const at = new Date(Date.now() - 60_000);
  const { _id } = await Subscriber.create({
    ...{ emailKey, language: 'en', state: 'subscribed', source: 'page', createdAt: at, subscribedAt: at },
    sealed: {
      email: vault.seal(address, placeOf(emailKey, 'email')),
      name: vault.seal(String(name), placeOf(emailKey, 'name')),
    },
    mail: { n: 0 },
    ...differences,
  });
  return { _id, email: address, emailKey };
}

/** An issue on the web, unless said otherwise. */
export async function makeIssue(differences: Record<string, unknown> = {}): Promise<Issue> {
  made += 1;
  const issue = await Issue.create({
    slug: `2026-11-22-issue-${made}-${process.pid}`,
    texts: {
      en: { subject: `Issue ${made}`, preview: 'What came of it', body: 'The council **listened**.' },
    },
    ...{ createdAt: new Date(), createdBy: new Types.ObjectId(), publishedAt: new Date() },
    ...differences,
  });
  return issue.toObject() as Issue;
}

/** What a reader wrote and confirmed. */
export async function makeComment(
  { vault }: Pick<Platform, 'vault'>,
  issue: Pick<Issue, '_id'>,
  {
    comment = 'I was there, and it rained.',
    name = 'Carl Comment',
    ...differences
  }: Record<string, unknown> = {},
) {
  const _id = new Types.ObjectId();
  const email = newAddress();
  const seal = (field: 'email' | 'name' | 'comment', text: string) =>
    vault.seal(text, placeOfComment(_id, field));
  const at = new Date();
  await NewsletterComment.create({
    ...{ _id, issue: issue._id, emailKey: vault.emailKey(email), textKey: vault.nameKey(`${comment}${_id}`) },
    sealed: {
      ...{ email: seal('email', email), name: seal('name', String(name)) },
      comment: seal('comment', String(comment)),
    },
    ...{ language: 'en', state: 'confirmed', createdAt: at, confirmedAt: at, mail: { n: 1 } },
    ...differences,
  });
  return { _id, id: _id.toHexString(), email };
}

/** One of everything of the newsletter that has an address. */
export async function makeNewsletter(platform: Pick<Platform, 'vault' | 'tokens'>) {
  const issue = await makeIssue();
  const reader = await makeReader(platform, { state: 'pending' });
  const comment = await makeComment(platform, issue, { state: 'pending' });
  const { tokens } = platform;
  return {
    issue: `/newsletter/${issue.slug}`,
    comment: `/newsletter/comments/${tokens.issue('comment', comment._id)}`,
    confirm: `/newsletter/confirm/${tokens.issue('subscribe', reader._id)}`,
    own: `/newsletter/own/${tokens.issue('newsletter', reader._id)}`,
    unsubscribe: `/newsletter/unsubscribe/${tokens.issue('leave', reader._id)}`,
  };
}

/** The path of the newest mail's link of a kind: `confirm`, `own`, `unsubscribe`, `comments`. */
export function newsletterLink(world: Pick<World, 'mailbox'>, email: string, kind: string): string {
  const mail = world.mailbox.to(email).at(-1);
  const found = new RegExp(`https?://[^\\s/]+(/newsletter/${kind}/[\\w-]+)`).exec(mail?.text ?? '');
  if (!found?.[1]) throw new Error(`The mail to ${email} has no ${kind} link: ${mail?.text}`);
  return found[1];
}
