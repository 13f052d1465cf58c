import { z } from 'zod';
import { petitionLimits } from '../../../config/limits.ts';
import { kindOf } from '../kinds.ts';
import { isTimeZone } from '../local-time.ts';
import { askings, type Language, languages, type Petition } from '../petition.ts';
import { readDates } from './dates.ts';
import { hashtagList, line, lines, mailAddress, phoneNumber, slug, slugFrom, webAddress } from './fields.ts';
import { readQuestions } from './questions.ts';
import { languageWords, type Typed } from './typed.ts';

export type Problems = Record<string, string>;
export type PetitionForm = NonNullable<ReturnType<typeof readForm>>;
type Text = { title: string; addressedTo: string; summary: string; body: string; imageAlt: string };

const { title, addressedTo, summary, body, consent, goal } = petitionLimits;
const asking = z.enum(askings, { error: 'Choose one of the three.' });

const plainFields = z.object({
  kind: z.string().optional().transform(kindOf),
  slug,
  language: z.enum(languages, { error: 'Choose the main language.' }),
  'group-name': line(120).refine(Boolean, { error: 'Say who runs the petition.' }),
  'group-url': webAddress,
  'press-name': line(120),
  'press-email': mailAddress,
  'press-phone': phoneNumber,
  'goal-kind': z.enum(['fixed', 'auto'], { error: 'Choose a kind of goal.' }),
  'goal-number': line(20),
  'ask-postalCode': asking,
  'ask-phone': asking,
  'ask-comment': asking,
  hashtags: hashtagList,
  donationUrl: webAddress,
  newsletterUrl: webAddress,
  timeZone: z.string().refine(isTimeZone, { error: 'Choose a time zone from the list.' }),
});

const textFields = z.object({
  title: line(title),
  addressedTo: line(addressedTo),
  summary: line(summary),
  body: lines(body),
  imageAlt: line(250),
  signing: line(consent),
  updates: line(consent),
});

/** Reads the whole form, or says what is wrong at each field. `stored` is the petition it is a form for. */
export function parsePetitionForm(
  typed: Typed,
  stored?: Petition,
): { outcome: 'read'; form: PetitionForm } | { outcome: 'refused'; problems: Problems } {
  const problems: Problems = {};
  const form = readForm(typed, problems, stored);
  return form && Object.keys(problems).length === 0
    ? { outcome: 'read', form }
    : { outcome: 'refused', problems };
}

function readForm(typed: Typed, problems: Problems, stored?: Petition) {
  const plain = take(plainFields.safeParse(typed), '', problems);
  const main = languages.find((language) => language === typed.language) ?? 'en';
  const texts = readTexts(typed, main, problems);
  const timeZone = plain?.timeZone ?? 'UTC';
  const dates = readDates(typed, timeZone, problems, stored);
  const goal = readGoal(typed, problems);
  const given = languages.filter((language) => texts[language]);
  const asked = stored?.questions.map(({ key }) => key);
  const questions = readQuestions(typed, given.length > 0 ? given : [main], problems, asked);
  if (!plain) return undefined;
  return {
    ...{ kind: plain.kind, texts, questions, goal, ...dates, timeZone, language: plain.language },
    slug: plain.slug || slugFrom(texts[main]?.title ?? ''),
    isSlugSuggested: plain.slug === '',
    group: {
      ...{ name: plain['group-name'], url: plain['group-url'], pressName: plain['press-name'] },
      ...{ pressEmail: plain['press-email'], pressPhone: plain['press-phone'] },
    },
    asks: {
      ...{ postalCode: plain['ask-postalCode'], phone: plain['ask-phone'] },
      comment: plain['ask-comment'],
    },
    consent: { signing: wordsOf(typed, given, 'signing'), updates: wordsOf(typed, given, 'updates') },
    ...{ hashtags: plain.hashtags, donationUrl: plain.donationUrl, newsletterUrl: plain.newsletterUrl },
  };
}

function take<Output>(parsed: z.ZodSafeParseResult<Output>, prefix: string, problems: Problems) {
  for (const { path, message } of parsed.error?.issues ?? []) problems[prefix + String(path[0])] ??= message;
  return parsed.data;
}

const own = (typed: Typed, language: Language, part: string): string =>
  (typed[`${language}-${part}`] ?? '').trim();

const wordsOf = (typed: Typed, given: readonly Language[], part: 'signing' | 'updates') =>
  Object.fromEntries(given.map((language) => [language, own(typed, language, part)]));

const needed = {
  title: 'Write the title',
  addressedTo: 'Say who it is addressed to',
  summary: 'Write a sentence or two as a summary',
  body: 'Write the text',
} as const;

/** The texts of every language that has one: whole or not at all. */
function readTexts(typed: Typed, main: Language, problems: Problems): Partial<Record<Language, Text>> {
  const texts: Partial<Record<Language, Text>> = {};
  for (const language of languages) {
    const parts = Object.keys(textFields.shape);
    if (language !== main && parts.every((part) => !own(typed, language, part))) continue;
    const fields = Object.fromEntries(parts.map((part) => [part, typed[`${language}-${part}`]]));
    const text = take(textFields.safeParse(fields), `${language}-`, problems);
    for (const [part, what] of Object.entries(needed)) {
      if (own(typed, language, part)) continue;
      const otherwise = language === main ? '' : `, or empty all ${languageWords[language]} fields`;
      problems[`${language}-${part}`] ??= `${what} in ${languageWords[language]}${otherwise}.`;
    }
    if (typed.picture && !own(typed, language, 'imageAlt'))
      problems[`${language}-imageAlt`] ??=
        `Say in ${languageWords[language]} what the picture shows, for those who do not see it.`;
    if (text) {
      const { title, addressedTo, summary, body, imageAlt } = text;
      texts[language] = { title, addressedTo, summary, body, imageAlt };
    }
  }
  return texts;
}

function readGoal(typed: Typed, problems: Problems): { kind: 'fixed' | 'auto'; number?: number } {
  if (typed['goal-kind'] !== 'fixed') return { kind: 'auto' };
  const number = Number((typed['goal-number'] ?? '').replaceAll(/[\s,\u202f]/g, '') || Number.NaN);
  if (!Number.isInteger(number) || number < 1 || number > goal)
    problems['goal-number'] =
      `Enter a whole number from 1 to ${goal.toLocaleString('en')}, or let the goal grow by itself.`;
  return { kind: 'fixed', number };
}
