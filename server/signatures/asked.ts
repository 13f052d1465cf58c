import type { Asking, Language, Petition } from '../petitions/petition.ts';
import { controlCharacters } from './characters.ts';
import type { FieldProblems, Typed } from './form.ts';

const askable = ['postalCode', 'phone', 'comment'] as const;
const usual = { postalCode: 'optional', phone: 'off', comment: 'optional' } as const;
export type Asked = Record<(typeof askable)[number], Asking>;

const answerLength = 200;
export const answerField = (key: string): string => `answer-${key}`;

/** What was answered to one question: `value` is the same in every language, `answer` is in the signer's words. */
export type Answer = { key: string; question: string; value: string; answer: string };
type Words = { en?: string | null; fr?: string | null };
export type Question = {
  key: string;
  kind: 'text' | 'choice' | 'yesNo';
  label?: Words | null;
  isRequired: boolean;
  options: Words[];
};

/** How much of each thing the petition's form asks for. */
export const askedOf = ({ asks }: Partial<Pick<Petition, 'asks'>>): Asked => ({ ...usual, ...asks });

/** What was typed, without what the petition does not ask for. */
export function onlyAsked(petition: Partial<Pick<Petition, 'asks'>>, typed: Typed): Typed {
  const asked = askedOf(petition);
  return Object.fromEntries(
    Object.entries(typed).filter(
      ([name]) => !askable.some((field) => field === name && asked[field] === 'off'),
    ),
  );
}

/** What the petition needs and the form does not have. */
export function missingOf(petition: Partial<Pick<Petition, 'asks'>>, typed: Typed): FieldProblems {
  const asked = askedOf(petition);
  const missing = askable.filter((field) => asked[field] === 'required' && !typed[field]?.trim());
  return Object.fromEntries(missing.map((field) => [field, 'missing']));
}

export const labelIn = (words: Words | null | undefined, lang: Language): string =>
  words?.[lang] || words?.en || words?.fr || '';

/** Reads the answers to the petition's own questions, or says what is wrong at each. */
export function readAnswers(questions: readonly Question[], typed: Typed, lang: Language) {
  const answers: Answer[] = [];
  const problems: FieldProblems = {};
  for (const question of questions) {
    const field = answerField(question.key);
    const text = (typed[field] ?? '').trim();
    const read = text ? answerIn(question, text, lang) : undefined;
    if (read && 'problem' in read) problems[field] = read.problem;
    else if (read) answers.push({ key: question.key, question: labelIn(question.label, lang), ...read });
    else if (question.isRequired) problems[field] = 'missing';
  }
  return { answers, problems };
}

function answerIn(
  { kind, options }: Question,
  text: string,
  lang: Language,
): { value: string; answer: string } | { problem: string } {
  if (kind === 'text') {
    if ([...text].length > answerLength) return { problem: 'tooLong' };
    return controlCharacters.test(text) ? { problem: 'control' } : { value: text, answer: text };
  }
  if (kind === 'yesNo') {
    const words = { yes: { en: 'Yes', fr: 'Oui' }, no: { en: 'No', fr: 'Non' } };
    return text === 'yes' || text === 'no'
      ? { value: text, answer: words[text][lang] }
      : { problem: 'unknown' };
  }
  // By its words, not its place: the list may have been put in another order while the page was open.
  const chosen = options.find(({ en, fr }) => text === en || text === fr);
  return chosen ? { value: labelIn(chosen, 'en'), answer: labelIn(chosen, lang) } : { problem: 'unknown' };
}
