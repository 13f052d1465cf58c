import { differenceOf } from '../difference.ts';
import { languages, type Petition } from '../petition.ts';
import type { Merged, Unit } from './merge.ts';
import { keyedName, keyedOf, keysIn, slotName, slotsOf } from './question-slots.ts';
import { labelOf, languageWords, type Typed, typedOf } from './typed.ts';
import { askingWords, pictureUrl, questionKinds } from './view.ts';

/** Two editors' forms put together: what was taken from the other one, and what there is to choose between. */
export const mergeView = (stored: Petition, typed: Typed, merged: Merged, by: string) =>
  compareForms(typedOf(stored), typed, merged, by);

/** The same of any two forms, each as it would be sent. */
export function compareForms(stored: Typed, typed: Typed, { taken, conflicts }: Merged, by: string) {
  const [theirs, mine] = [keyedOf(stored), keyedOf(typed)];
  return {
    by,
    taken: listOf(taken.map(({ name }) => name)),
    asked: conflicts.map(({ name }) => name).join(' '),
    conflicts: conflicts.map((unit) => ({
      name: `choice-${unit.name}`,
      label: unitLabel(unit, [mine, theirs]),
      field: fieldOf(unit, typed),
      lang: /^(en|fr)-/.exec(unit.name)?.[1],
      ...sides(wordsOf(unit, theirs), wordsOf(unit, mine)),
      ...(unit.name === 'picture' && {
        theirPicture: pictureUrl(theirs.picture),
        myPicture: pictureUrl(mine.picture),
      }),
    })),
  };
}

/** The labels of units, once each: `Title (English), Goal`. */
export const listOf = (names: readonly string[]): string => [...new Set(names.map(nameOf))].join(', ');

const nameOf = (name: string): string => (name.startsWith('question') ? 'Questions' : labelOf(name));

function unitLabel({ name }: Unit, forms: readonly Typed[]): string {
  const [, key] = /^question-(.+)$/.exec(name) ?? [];
  if (!key) return labelOf(name);
  const form = forms.find((each) => each[keyedName(key, 'kind')]) ?? {};
  return `Question: ${form[keyedName(key, 'en')] || form[keyedName(key, 'fr')] || 'without words'}`;
}

/** The field of the form where mine can still be changed. */
function fieldOf({ name, fields: [first = ''] }: Unit, typed: Typed): string {
  const [, key] = /^question-(.+)$/.exec(name) ?? [];
  const slot = slotsOf(typed).find((number) => typed[slotName(number, 'key')] === key);
  if (key) return slot ? slotName(slot, 'kind') : 'questions';
  return { goal: 'goal-number', picture: 'file' }[name] ?? first;
}

/** Both texts whole; what the other one does not have is marked. */
function sides(theirs: string, mine: string) {
  const changes = differenceOf(theirs, mine);
  const side = (other: 'added' | 'removed') =>
    changes
      .map(({ pieces }) =>
        pieces
          .filter(({ kind }) => kind !== other)
          .map(({ kind, text }) => ({ text, isOwn: kind !== 'same' })),
      )
      .filter((pieces) => pieces.length > 0);
  return { theirs: side('added'), mine: side('removed') };
}

/** What a form says of one thing, in words; nothing where it is empty. */
function wordsOf({ name, fields }: Unit, form: Typed): string {
  if (name === 'questions')
    return keysIn(form)
      .map((key) => form[keyedName(key, 'en')] || form[keyedName(key, 'fr')])
      .join('\n');
  const [, key] = /^question-(.+)$/.exec(name) ?? [];
  if (key) return questionWords(key, form);
  const texts = fields.map((field) => {
    const text = inWords(field, form[field] ?? '');
    return fields.length > 1 && text && field !== 'picture' ? `${labelOf(field)}: ${text}` : text;
  });
  return texts.filter(Boolean).join('\n');
}

function questionWords(key: string, form: Typed): string {
  const part = (name: Parameters<typeof keyedName>[1]) => form[keyedName(key, name)]?.trim() ?? '';
  if (!part('kind')) return '';
  const isRequired = part('required') === 'on' ? ', everybody must answer it' : '';
  return [
    `${questionKinds[part('kind')]}${isRequired}`,
    ...languages.flatMap((language) => [part(language), part(`options-${language}`)]),
  ]
    .filter(Boolean)
    .join('\n');
}

function inWords(field: string, text: string): string {
  if (field === 'picture') return '';
  if (field === 'language') return languageWords[text as keyof typeof languageWords] ?? text;
  if (field === 'goal-kind') return text === 'fixed' ? 'one number' : 'grows as it is reached';
  if (field.startsWith('ask-')) return askingWords[text] ?? text;
  return field === 'opensAt' || field === 'closesAt' ? text.replace('T', ' ') : text;
}
