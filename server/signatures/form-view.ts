import { translate, translateFor } from '../locales.ts';
import { signatoryFieldsView } from '../open-letters/fields-view.ts';
import type { Kind } from '../petitions/kinds.ts';
import type { Asking, Language, Petition } from '../petitions/petition.ts';
import { versionOf } from '../petitions/versions/version.ts';
import { countryOptions } from '../places.ts';
import type { Platform } from '../platform.ts';
import { type Asked, answerField, askedOf, labelIn } from './asked.ts';
import { consentWording } from './consent.ts';
import type { FieldProblems, Typed } from './form.ts';

const fields = [
  ...[
    'form',
    'representatives',
    'letterSubject',
    'letterText',
    ...['signer', 'title', 'affiliation', 'organisation', 'website', 'role'],
    'name',
    'email',
    'country',
    'postalCode',
    'region',
    'phone',
    'comment',
  ],
  ...['answer', 'listing', 'captcha'],
];

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
  const errors = errorMessages(lang, problems, values, petition.kind);
  const asked = askedOf(petition);
  const questions = questionsView(petition, lang, typed, errors);
  const inOrder = fields.flatMap((field) =>
    field === 'answer' ? questions.map(({ name }) => name) : [field],
  );
  const isTicked = (name: string) => Boolean(typed[name]);
  return {
    action: `/petitions/${petition.slug}/signatures${petition.kind === 'letter' ? '?kind=letter' : ''}`,
    ref: typed.ref,
    values: {
      name: typed.name,
      email: typed.email,
      country: typed.country,
      region: typed.region,
      postalCode: typed.postalCode,
      phone: typed.phone,
      comment: typed.comment,
      showName: isTicked('showName'),
      updates: isTicked('updates'),
    },
    errors,
    version: typed.version ?? versionOf(petition),
    asked: eachAsked(asked, (asking) =>
      asking === 'off' ? undefined : { isRequired: asking === 'required' },
    ),
    optional: eachAsked(asked, (asking) => asking === 'optional'),
    questions,
    errorList: inOrder.flatMap((field) => (errors[field] ? { field, message: errors[field] } : [])),
    countries: countryOptions(lang, typed.country),
    captcha: env.HCAPTCHA_SITEKEY ? { sitekey: env.HCAPTCHA_SITEKEY } : undefined,
    consentVersion: wording.version,
    updatesWording: wording.updates,
    privacyWording: wording.signing,
    ...(petition.kind === 'openLetter' && {
      signatory: signatoryFieldsView(typed),
      listingWording: wording.listing,
    }),
  };
}

const eachAsked = <Value>(asked: Asked, of: (asking: Asking) => Value) =>
  Object.fromEntries(Object.entries(asked).map(([field, asking]) => [field, of(asking)]));

/** The petition's own questions, with what was answered so far. */
function questionsView(
  { questions }: Pick<Petition, 'questions'>,
  lang: Language,
  typed: Typed,
  errors: ReturnType<typeof errorMessages>,
) {
  return (questions ?? []).map(({ key, kind, label, isRequired, options }) => {
    const name = answerField(key);
    const value = typed[name] ?? '';
    const choices =
      kind === 'yesNo'
        ? ['yes', 'no'].map((answer) => ({
            value: answer,
            label: translate(lang, `form.question.${answer}`),
          }))
        : options.map((option) => ({ value: labelIn(option, lang), label: labelIn(option, lang) }));
    return {
      ...{ name, label: labelIn(label, lang), isRequired, value, error: errors[name] },
      isText: kind === 'text',
      optional: !isRequired,
      choices: choices.map((choice) => ({ ...choice, selected: choice.value === value })),
    };
  });
}

/** The message of each field's problem, in the language. */
export function errorMessages(
  lang: Language,
  problems: FieldProblems,
  values: Record<string, string> = {},
  kind?: Kind,
) {
  const messages: Partial<Record<string, string>> = {};
  for (const [field, problem] of Object.entries(problems)) {
    const key = `form.error.${field.replace(/^answer-.*/, 'answer')}.${problem}`;
    if (problem) messages[field] = translateFor(lang, kind, key, values);
  }
  return messages;
}
