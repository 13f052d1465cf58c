import { translate } from '../locales.ts';
import type { Language, Petition } from '../petitions/petition.ts';
import { countryOptions } from '../petitions/view.ts';
import type { Platform } from '../platform.ts';
import { consentWording } from './consent.ts';
import type { FieldProblems, Typed } from './form.ts';

const fields = ['form', 'name', 'email', 'country', 'postalCode', 'region', 'comment', 'captcha'] as const;

/** The signature form with what was typed and a message at each field that needs one. */
export function signatureFormView(
  { env }: Pick<Platform, 'env'>,
  petition: Petition,
  lang: Language,
  {
    typed,
    problems = {},
    values = {},
  }: { typed: Typed; problems?: FieldProblems; values?: Record<string, string> },
) {
  const wording = consentWording(petition, lang);
  const errors = errorMessages(lang, problems, values);
  const isTicked = (name: string) => Boolean(typed[name]);
  return {
    action: `/petitions/${petition.slug}/signatures`,
    ref: typed.ref,
    values: {
      name: typed.name,
      email: typed.email,
      country: typed.country,
      region: typed.region,
      postalCode: typed.postalCode,
      comment: typed.comment,
      showName: isTicked('showName'),
      updates: isTicked('updates'),
    },
    errors,
    errorList: fields.flatMap((field) => (errors[field] ? { field, message: errors[field] } : [])),
    countries: countryOptions(lang, typed.country),
    captcha: env.HCAPTCHA_SITEKEY ? { sitekey: env.HCAPTCHA_SITEKEY } : undefined,
    consentVersion: wording.version,
    updatesWording: wording.updates,
    privacyWording: wording.signing,
  };
}

/** The message of each field's problem, in the language. */
export function errorMessages(lang: Language, problems: FieldProblems, values: Record<string, string> = {}) {
  const messages: Partial<Record<string, string>> = {};
  for (const [field, problem] of Object.entries(problems)) {
    if (problem) messages[field] = translate(lang, `form.error.${field}.${problem}`, values);
  }
  return messages;
}
