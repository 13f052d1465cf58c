import { randomBytes } from 'node:crypto';
import { petitionLimits } from '../../../config/limits.ts';
import type { Question } from '../../signatures/asked.ts';
import type { Language } from '../petition.ts';
import { line, lines } from './fields.ts';
import { languageWords, questionNumbers, type Typed } from './typed.ts';

type Problems = Record<string, string>;

const kinds = ['text', 'choice', 'yesNo'] as const;

/** Reads the petition's own questions in every language it has. A question of no kind is left out. */
export function readQuestions(typed: Typed, languages: readonly Language[], problems: Problems): Question[] {
  return questionNumbers.flatMap((number) => {
    const kind = kinds.find((known) => known === typed[`q${number}-kind`]);
    return kind ? [readQuestion(typed, number, kind, languages, problems)] : [];
  });
}

function readQuestion(
  typed: Typed,
  number: number,
  kind: Question['kind'],
  languages: readonly Language[],
  problems: Problems,
): Question {
  const key = typed[`q${number}-key`] ?? '';
  const label: Question['label'] = {};
  for (const language of languages) {
    const name = `q${number}-${language}`;
    const read = line(200).safeParse(typed[name]);
    if (!read.success) problems[name] = read.error.issues[0]?.message ?? '';
    else if (read.data) label[language] = read.data;
    else problems[name] = `Write the question in ${languageWords[language]}, or choose “No question”.`;
  }
  return {
    key: /^[a-z0-9]{8}$/.test(key) ? key : randomBytes(4).toString('hex'),
    kind,
    label,
    isRequired: typed[`q${number}-required`] === 'on',
    options: kind === 'choice' ? readOptions(typed, number, languages, problems) : [],
  };
}

function readOptions(typed: Typed, number: number, languages: readonly Language[], problems: Problems) {
  const lists = languages.map((language) => {
    const name = `q${number}-options-${language}`;
    const read = lines(4_000).safeParse(typed[name] ?? '');
    if (!read.success) problems[name] = read.error.issues[0]?.message ?? '';
    const list = (read.data ?? '')
      .split('\n')
      .map((option) => option.trim())
      .filter(Boolean);
    const { options } = petitionLimits;
    if (list.length < 2) problems[name] ??= 'Write at least two answers, one a line.';
    if (list.length > options || list.some((option) => option.length > 100))
      problems[name] ??= `Use at most ${options} answers of at most 100 characters.`;
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
