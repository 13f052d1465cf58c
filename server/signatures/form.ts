import { z } from 'zod';
import { formLimits } from '../../config/limits.ts';
import { countries } from '../../config/places.ts';
import type { LetterForm } from '../letters/form.ts';
import type { SignatoryDetails } from '../open-letters/signatory.ts';
import { type Language, languages, type Petition } from '../petitions/petition.ts';
import { parseAddress } from '../signers/address.ts';
import { type Answer, missingOf, onlyAsked, readAnswers } from './asked.ts';
import { controlButLines, controlCharacters } from './characters.ts';

/** What the browser sent, before anything is believed: one string a field. */
export type Typed = Readonly<Record<string, string>>;

export type SignatureForm = z.output<typeof signatureForm> & {
  answers?: Answer[];
  letter?: LetterForm;
  signatory?: SignatoryDetails;
};
/** What is wrong at a field: the end of a message's key, `form.error.<field>.<problem>`. */
export type FieldProblems = Partial<Record<string, string>>;

/** A web address, or what looks like one. */
export const webAddress =
  /https?:|www\.|:\/\/|\b[\p{L}\d-]+\.(com|org|net|info|biz|io|co|ru|cn|xyz|top|site|online|shop|app|dev|me|ly|gl|ca|uk|fr|de)\b/iu;

const oneLine = (problem = 'missing') => z.string({ error: problem }).trim();
const optional = (name: 'region' | 'postalCode' | 'phone') =>
  oneLine('control')
    .max(formLimits[name], { error: 'tooLong' })
    .refine((text) => !controlCharacters.test(text), { error: 'control' })
    .default('');
const ticked = z
  .string()
  .optional()
  .transform((value) => value === 'on' || value === 'true' || value === '1');

/** Characters as people count them, not as UTF-16 does. */
const noLongerThan = (limit: number) => (text: string) => [...text].length <= limit;

/** A person's name: letters, no web address, nothing that turns text around. */
export const plainName = oneLine()
  .min(1, { error: 'missing', abort: true })
  .refine(noLongerThan(formLimits.name), { error: 'tooLong', abort: true })
  .refine((text) => !controlCharacters.test(text), { error: 'control', abort: true })
  .refine((text) => /\p{L}/u.test(text), { error: 'missing', abort: true })
  .refine((text) => !webAddress.test(text) && !/[<>@]/.test(text), { error: 'url' });

/** An address that mail can be sent to. */
export const mailbox = oneLine()
  .min(1, { error: 'missing', abort: true })
  .max(254, { error: 'tooLong', abort: true })
  .transform((typed, context) => {
    const address = parseAddress(typed);
    if (address) return address;
    context.addIssue({ code: 'custom', message: 'malformed' });
    return z.NEVER;
  });

/** Which link brought them; anything that is not a plain word is not worth keeping. */
export const linkRef = z
  .string()
  .toLowerCase()
  .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/)
  .refine((ref) => !(ref in Object.prototype))
  .optional()
  .catch(undefined);

export const signatureForm = z.object({
  name: plainName,
  email: mailbox,
  country: oneLine()
    .min(1, { error: 'missing', abort: true })
    .transform((code) => code.toUpperCase())
    .refine((code) => countries.includes(code), { error: 'unknown' }),
  region: optional('region'),
  postalCode: optional('postalCode').refine((text) => /^[\p{L}\d -]*$/u.test(text), { error: 'malformed' }),
  phone: optional('phone').refine(
    (text) => text === '' || /^\+?(?:[\s()./-]*\d){5,20}[\s()./-]*$/.test(text),
    {
      error: 'malformed',
    },
  ),
  comment: z
    .string({ error: 'control' })
    .transform((text) => text.replaceAll('\r\n', '\n').trim())
    .refine(noLongerThan(formLimits.comment), { error: 'tooLong', abort: true })
    .refine((text) => !controlButLines.test(text), { error: 'control', abort: true })
    .refine((text) => !webAddress.test(text), { error: 'url' })
    .default(''),
  showName: ticked,
  updates: ticked,
  ref: linkRef,
  lang: z.enum(languages).optional().catch(undefined),
  /** The version of the text that was on their page. */
  version: z.coerce.number().int().min(1).optional().catch(undefined),
  consentVersion: z.string().max(40).optional().catch(undefined),
  'h-captcha-response': z.string().default(''),
});

/** Reads the form as the petition asks for it, or says what is wrong at each field, in the order of the form. */
export function parseSignatureForm(
  typed: Typed,
  petition: Partial<Pick<Petition, 'asks' | 'questions'>> = {},
  lang: Language = 'en',
): { outcome: 'read'; form: SignatureForm } | { outcome: 'refused'; problems: FieldProblems } {
  const asked = onlyAsked(petition, typed);
  const parsed = signatureForm.safeParse(asked);
  const { answers, problems } = readAnswers(petition.questions ?? [], typed, lang);
  Object.assign(problems, missingOf(petition, asked));
  for (const { path, message } of parsed.error?.issues ?? []) problems[String(path[0])] ??= message;
  if (!parsed.success || Object.keys(problems).length > 0) return { outcome: 'refused', problems };
  return { outcome: 'read', form: { ...parsed.data, answers } };
}
