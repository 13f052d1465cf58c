import { petitionLimits } from '../../../config/limits.ts';
import type { Question } from '../../signatures/asked.ts';
import type { Language } from '../petition.ts';
import { line, lines } from './fields.ts';
import { keyedOf, keysIn, kinds, newKey, slotName, slotsInOrder } from './question-slots.ts';
import { languageWords, type Typed } from './typed.ts';

type Problems = Record<string, string>;

/**
 * Reads the petition's own questions in every language it has, in their order. `known` are the keys of those it asks
 * already: one of no kind among them is no longer asked.
 */
export function readQuestions(
  typed: Typed,
  languages: readonly Language[],
  problems: Problems,
  known: readonly string[] = [],
): Question[] {
  const present = keysIn(keyedOf(typed, known));
  const slots = slotsInOrder(typed).filter((number) =>
    present.includes(typed[slotName(number, 'key')] ?? ''),
  );
  const most = petitionLimits.questions;
  for (const number of slots.slice(most))
    problems[slotName(number, 'kind')] = `Ask at most ${most} questions. Choose “No question” for this one.`;
  return slots.flatMap((number) => {
    const kind = kinds.find((each) => each === typed[slotName(number, 'kind')]);
    if (kind) return [readQuestion(typed, number, kind, languages, problems)];
    problems[slotName(number, 'kind')] ??= 'Choose how it is answered, or empty the question.';
    return [];
  });
}

function readQuestion(
  typed: Typed,
  number: number,
  kind: Question['kind'],
  languages: readonly Language[],
  problems: Problems,
): Question {
  const label: Question['label'] = {};
  for (const language of languages) {
    const name = slotName(number, language);
    const read = line(200).safeParse(typed[name]);
    if (!read.success) problems[name] = read.error.issues[0]?.message ?? '';
    else if (read.data) label[language] = read.data;
    else problems[name] = `Write the question in ${languageWords[language]}, or choose “No question”.`;
  }
  return {
    key: typed[slotName(number, 'key')] || newKey(),
    kind,
    label,
    isRequired: typed[slotName(number, 'required')] === 'on',
    options: kind === 'choice' ? readOptions(typed, number, languages, problems) : [],
  };
}

function readOptions(typed: Typed, number: number, languages: readonly Language[], problems: Problems) {
  const { options } = petitionLimits;
  const lists = languages.map((language) => {
    const name = slotName(number, `options-${language}`);
    const read = lines(4_000).safeParse(typed[name] ?? '');
    if (!read.success) problems[name] = read.error.issues[0]?.message ?? '';
    const list = (read.data ?? '')
      .split('\n')
      .map((option) => option.trim())
      .filter(Boolean);
    if (list.length < 2) problems[name] ??= 'Write at least two answers, one a line.';
    if (list.length > options || list.some((option) => option.length > 100))
      problems[name] ??= `Use at most ${options} answers of at most 100 characters.`;
    if (new Set(list).size < list.length) problems[name] ??= 'Two of these answers are the same.';
    return { name, language, list };
  });
  const [first, ...others] = lists;
  for (const { name, list } of others)
    if (first && list.length !== first.list.length)
      problems[name] ??= `Write as many answers as in ${languageWords[first.language]}, in the same order.`;
  return (first?.list ?? []).map((_, at) =>
    Object.fromEntries(lists.map(({ language, list }) => [language, list[at]])),
  );
}
