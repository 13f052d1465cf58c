import { Types } from 'mongoose';
import { z } from 'zod';
import { newsletterLimits } from '../../../config/limits.ts';
import { insertTogether } from '../../grouped.ts';
import type { Language } from '../../petitions/petition.ts';
import type { Platform } from '../../platform.ts';
import { controlButLines } from '../../signatures/characters.ts';
import { mailbox, plainName, type Typed, webAddress } from '../../signatures/form.ts';
import { wordingOf } from '../consent.ts';
import { captchaAnswer, parseForm } from '../form.ts';
import type { Issue } from '../issues/issue.ts';
import { NewsletterComment, placeOf } from './comment.ts';

const commentForm = z.object({
  name: plainName,
  email: mailbox,
  comment: z
    .string({ error: 'missing' })
    .transform((text) => text.replaceAll('\r\n', '\n').trim())
    .refine((text) => text !== '', { error: 'missing', abort: true })
    .refine((text) => [...text].length <= newsletterLimits.comment, { error: 'tooLong', abort: true })
    .refine((text) => !controlButLines.test(text), { error: 'control', abort: true })
    .refine((text) => !webAddress.test(text), { error: 'url' }),
  mayPrint: z
    .string()
    .optional()
    .transform((value) => value === 'on'),
  'h-captcha-response': captchaAnswer,
});
type CommentForm = z.output<typeof commentForm>;

export const parseComment = (typed: Typed) => parseForm(commentForm, typed);

const insertComment = insertTogether(NewsletterComment);

/** Stores what a reader wrote below an issue and asks them to confirm it by mail. The same thing twice is there once. */
export async function writeComment(
  { env, vault, queues }: Pick<Platform, 'env' | 'vault' | 'queues'>,
  issue: Pick<Issue, '_id'>,
  form: CommentForm,
  { page, lang, now = new Date() }: { page: string; lang: Language; now?: Date },
): Promise<void> {
  const _id = new Types.ObjectId();
  const seal = (field: 'email' | 'name' | 'comment', text: string) => vault.seal(text, placeOf(_id, field));
  const evidence = { at: now, page };
  const comment = {
    ...{ _id, issue: issue._id, language: lang, state: 'pending', mayPrint: form.mayPrint, createdAt: now },
    emailKey: vault.emailKey(form.email.canonical),
    textKey: vault.nameKey(form.comment),
    sealed: {
      email: seal('email', form.email.address),
      name: seal('name', form.name),
      comment: seal('comment', form.comment),
    },
    consent: [
      { ...wordingOf(env, 'newsletter.comment.shown', lang), ...evidence },
      ...(form.mayPrint ? [{ ...wordingOf(env, 'newsletter.comment.mayPrint', lang), ...evidence }] : []),
    ],
    mail: { n: 1, requestedAt: now, dueAt: now },
  };
  try {
    await insertComment(comment);
  } catch (error) {
    if ((error as { code?: number }).code !== 11000) throw error;
    return;
  }
  queues.enqueue('commentMail', { commentId: _id.toHexString() });
}

/** What a link to confirm a comment leads to. */
export type Confirmed =
  | { outcome: 'unknown' | 'expired' }
  | { outcome: 'confirmable' | 'confirmed'; comment: NewsletterComment };

/** Says what pressing the button would do. Changes nothing. */
export async function findComment({ tokens }: Pick<Platform, 'tokens'>, token: string): Promise<Confirmed> {
  const id = tokens.read('comment', token);
  if (!id) return { outcome: 'unknown' };
  const comment = await NewsletterComment.findById(id).lean<NewsletterComment>();
  if (!comment) return { outcome: 'expired' };
  return { outcome: comment.state === 'pending' ? 'confirmable' : 'confirmed', comment };
}

/** Hands a comment to the moderators, once however often it is called. */
export async function confirmComment(
  platform: Pick<Platform, 'tokens'>,
  token: string,
  now = new Date(),
): Promise<Confirmed> {
  const found = await findComment(platform, token);
  if (found.outcome !== 'confirmable') return found;
  await NewsletterComment.updateOne(
    { _id: found.comment._id, state: 'pending' },
    { $set: { state: 'confirmed', confirmedAt: now }, $unset: { 'mail.dueAt': 1 } },
  );
  return { ...found, outcome: 'confirmed' };
}
