import { z } from 'zod';
import { languages } from '../petitions/petition.ts';
import { type FieldProblems, mailbox, plainName, type Typed } from '../signatures/form.ts';

export const captchaAnswer = z.string().default('');

const subscriptionForm = z.object({
  email: mailbox,
  name: z.union([z.string().trim().length(0), plainName]).default(''),
  /** The language of the mails. */
  language: z.enum(languages).optional().catch(undefined),
  consent: z.literal('on', { error: 'missing' }),
  /** The version of the words beside the box on their page. */
  consentVersion: z.string().max(40).optional().catch(undefined),
  /** Where they came from. */
  from: z.enum(['signed']).optional().catch(undefined),
  'h-captcha-response': captchaAnswer,
});
export type SubscriptionForm = z.output<typeof subscriptionForm>;

/** Reads a form, or says what is wrong at each field in the order of the form. */
export function parseForm<Form>(
  form: z.ZodType<Form>,
  typed: Typed,
): { outcome: 'read'; form: Form } | { outcome: 'refused'; problems: FieldProblems } {
  const parsed = form.safeParse(typed);
  if (parsed.success) return { outcome: 'read', form: parsed.data };
  const problems: FieldProblems = {};
  for (const { path, message } of parsed.error.issues) {
    const field = String(path[0] ?? 'form');
    problems[field] ??= knownProblems.has(message) ? message : 'malformed';
  }
  return { outcome: 'refused', problems };
}

const knownProblems = new Set(['missing', 'tooLong', 'malformed', 'control', 'url']);

/** `consentVersion` is that of the words as they are now: a tick beside other words agrees to nothing. */
export function parseSubscription(typed: Typed, consentVersion: string) {
  // A name that is not plain is told by the name's own rules, not by the choice between none and one.
  const name = (typed.name ?? '').trim();
  const wrong = name === '' ? undefined : plainName.safeParse(name).error?.issues[0]?.message;
  const parsed = parseForm(subscriptionForm, { ...typed, name: wrong ? '' : name });
  const problems: FieldProblems = parsed.outcome === 'refused' ? { ...parsed.problems } : {};
  if (wrong) problems.name = wrong;
  if (!problems.consent && typed.consentVersion !== undefined && typed.consentVersion !== consentVersion)
    problems.consent = 'changed';
  return parsed.outcome === 'read' && Object.keys(problems).length === 0
    ? parsed
    : ({ outcome: 'refused', problems } as const);
}
