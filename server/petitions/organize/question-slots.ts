import { randomBytes } from 'node:crypto';
import { petitionLimits } from '../../../config/limits.ts';
import type { Question } from '../../signatures/asked.ts';
import type { Language, Petition } from '../petition.ts';
import type { Typed } from './typed.ts';

/**
 * A form has its questions in numbered places: `q1-kind`, `q1-en`... Two forms are compared by what names a question
 * for good, its key: `question-ab12cd34-kind`, and `questions`, the keys in their order.
 */
export const questionParts = ['kind', 'required', 'en', 'fr', 'options-en', 'options-fr'] as const;
type Part = (typeof questionParts)[number];

export const kinds = ['text', 'choice', 'yesNo'] as const;
export const slotName = (number: number, part: Part | 'key' | 'place'): string => `q${number}-${part}`;
export const keyedName = (key: string, part: Part): string => `question-${key}-${part}`;
export const newKey = (): string => randomBytes(4).toString('hex');

const isSlot = (name: string): boolean => /^q\d+-/.test(name);
const isKey = (key: string): boolean => /^[a-z0-9]{8}$/.test(key);
export const keysIn = (keyed: Typed): string[] => (keyed.questions ?? '').split(' ').filter(Boolean);

/** The numbers of the places that a form has for questions; never more than somebody could send on purpose. */
export const slotsOf = (typed: Typed): number[] =>
  Array.from({ length: 2 * petitionLimits.questions }, (_, at) => at + 1).filter(
    (number) => typed[slotName(number, 'kind')] !== undefined,
  );

const kindIn = (typed: Typed, number: number): Question['kind'] | undefined =>
  kinds.find((kind) => kind === typed[slotName(number, 'kind')]);

/** Whether somebody wrote a question and did not say of what kind it is. */
export const lacksKind = (typed: Typed, number: number): boolean =>
  !kindIn(typed, number) &&
  (['en', 'fr', 'options-en', 'options-fr'] as const).some((part) => typed[slotName(number, part)]?.trim());

/** The form with a key for each question, none of them twice. */
export function withKeys(typed: Typed): Typed {
  const keys: Record<string, string> = {};
  for (const number of slotsOf(typed)) {
    const key = typed[slotName(number, 'key')] ?? '';
    const isFree = isKey(key) && !Object.values(keys).includes(key);
    keys[slotName(number, 'key')] = isFree ? key : newKey();
  }
  return { ...typed, ...keys };
}

/** The places in the order that was asked for: one that was moved to a number comes before what stood there. */
export function slotsInOrder(typed: Typed): number[] {
  const rank = (number: number): number => {
    const place = Number(typed[slotName(number, 'place')] || number);
    return Number.isInteger(place) ? place + Math.sign(place - number) / 2 : number;
  };
  return slotsOf(typed).sort((a, b) => rank(a) - rank(b));
}

/** The form with its questions under their keys. One that was `known` and is of no kind now is no longer asked. */
export function keyedOf(typed: Typed, known: readonly string[] = []): Typed {
  const keyed: Record<string, string> = {};
  for (const [name, text] of Object.entries(typed)) if (!isSlot(name)) keyed[name] = text;
  const keys: string[] = [];
  for (const number of slotsInOrder(typed)) {
    const key = typed[slotName(number, 'key')] ?? '';
    if (!kindIn(typed, number) && (known.includes(key) || !lacksKind(typed, number))) continue;
    keys.push(key);
    for (const part of questionParts) keyed[keyedName(key, part)] = typed[slotName(number, part)] ?? '';
    keyed[keyedName(key, 'kind')] = kindIn(typed, number) ?? 'none';
  }
  return { ...keyed, questions: keys.join(' ') };
}

/** The opposite of {@link keyedOf}. */
export function numberedOf(keyed: Typed): Typed {
  const typed: Record<string, string> = {};
  for (const [name, text] of Object.entries(keyed)) if (!/^questions?(-|$)/.test(name)) typed[name] = text;
  for (const [at, key] of keysIn(keyed).entries()) {
    typed[slotName(at + 1, 'key')] = key;
    for (const part of questionParts) typed[slotName(at + 1, part)] = keyed[keyedName(key, part)] ?? '';
  }
  return typed;
}

/** The petition's questions as its form has them. */
export function questionFields({ questions }: Pick<Petition, 'questions'>): Typed {
  const fields = (questions ?? []).map(({ key, kind, label, isRequired, options }, at) => {
    const list = (language: Language) => options.map((option) => option[language] ?? '').join('\n');
    const name = (part: Part | 'key') => slotName(at + 1, part);
    return {
      ...{ [name('key')]: key, [name('kind')]: kind, [name('required')]: isRequired ? 'on' : '' },
      ...{ [name('en')]: label?.en ?? '', [name('fr')]: label?.fr ?? '' },
      ...{ [name('options-en')]: list('en').trim(), [name('options-fr')]: list('fr').trim() },
    };
  });
  return Object.assign({}, ...fields);
}
