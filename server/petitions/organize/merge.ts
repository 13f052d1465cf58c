import { createHash } from 'node:crypto';
import { z } from 'zod';
import { keyedName, keyedOf, keysIn, numberedOf, questionParts } from './question-slots.ts';
import type { Typed } from './typed.ts';

/**
 * Two editors of one petition. Each form says by `seen` what it was filled with; so it is known which fields its
 * editor changed, and which somebody else did since. What only one of them changed is taken from that one.
 */

/** What each field held, as short hashes; the order of the questions is in the clear. */
type Seen = Readonly<Record<string, string>>;

/** Fields that mean something only together, and come from one editor. */
export type Unit = { name: string; fields: readonly string[] };
export type Choice = 'theirs' | 'mine';
export type Merged = {
  /** The form with both editors' changes; where both changed the same thing, with mine. */
  typed: Typed;
  /** What only the other one changed. */
  taken: Unit[];
  /** What both changed and nobody has chosen between. */
  conflicts: Unit[];
};

const plain = (text: string | undefined): string => (text ?? '').replaceAll('\r\n', '\n').trim();
const print = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 12);
const order = 'questions';

/** What a form is filled with, for its hidden field `seen`. */
export function seenOf(typed: Typed): string {
  const filled = Object.entries(keyedOf(typed)).filter(([, text]) => plain(text));
  return JSON.stringify(
    Object.fromEntries(filled.map(([name, text]) => [name, name === order ? text : print(plain(text))])),
  );
}

/** Reads `seen`. One that is none says that everything was empty: what differs then is asked about. */
export function readSeen(text: string | undefined): Seen {
  try {
    return z
      .record(z.string(), z.string())
      .catch({})
      .parse(JSON.parse(text ?? ''));
  } catch {
    return {};
  }
}

const differs = (one: Typed, other: Typed, { fields }: Unit): boolean =>
  fields.some((field) => plain(one[field]) !== plain(other[field]));
const isChanged = (form: Typed, seen: Seen, { fields }: Unit): boolean =>
  fields.some((field) => {
    const text = plain(form[field]);
    return (Object.hasOwn(seen, field) ? seen[field] : '') !== (text && print(text));
  });

/** What is taken together where the first field differs: a time on the wall is another moment in another place. */
const groups: readonly Unit[] = [
  { name: 'goal', fields: ['goal-kind', 'goal-number'] },
  { name: 'dates', fields: ['timeZone', 'opensAt', 'closesAt'] },
  { name: 'picture', fields: ['picture', 'en-imageAlt', 'fr-imageAlt'] },
];

/** The fields of both forms, those together that cannot be taken apart. */
function unitsOf(mine: Typed, theirs: Typed, fields: readonly string[]): Unit[] {
  const together = groups.filter(({ fields: [first = ''] }) => plain(mine[first]) !== plain(theirs[first]));
  const alone = fields.filter((field) => !together.some((unit) => unit.fields.includes(field)));
  return [
    ...alone.map((field) => ({ name: field, fields: [field] })),
    ...together,
    ...[...new Set([...keysIn(mine), ...keysIn(theirs)])].map((key) => ({
      name: `question-${key}`,
      fields: questionParts.map((part) => keyedName(key, part)),
    })),
  ];
}

/** Everything a form says beside its questions. */
const plainFields = (stored: Typed): string[] =>
  Object.keys(stored).filter((name) => !/^questions?(-|$)/.test(name));

/** The units that two forms fill in differently. */
export function differingUnits(one: Typed, other: Typed): Unit[] {
  const [a, b] = [keyedOf(one), keyedOf(other, keysIn(keyedOf(one)))];
  const moved = a[order] !== b[order] && { name: order, fields: [order] };
  const units = unitsOf(a, b, plainFields(a)).filter((unit) => differs(a, b, unit));
  return moved ? [...units, moved] : units;
}

/** What was asked about between the two forms, by unit, and what was chosen; `''` where nothing was. */
export type Choices = Readonly<Record<string, Choice | ''>>;

/** A unit's choice, or that of the group its field was asked about in. */
const choiceFor = (choices: Choices, { name }: Unit): Choice | '' | undefined =>
  choices[name] ?? choices[groups.find(({ fields }) => fields.includes(name))?.name ?? name];

/** Puts my form and what is stored now together. */
export function mergeForms(
  seen: Seen,
  { mine, stored, choices }: { mine: Typed; stored: Typed; choices: Choices },
): Merged {
  const theirs = keyedOf(stored);
  const own = keyedOf(mine, [...keysIn(seen), ...keysIn(theirs)]);
  const merged: Record<string, string> = { ...own };
  const [taken, conflicts]: [Unit[], Unit[]] = [[], []];
  for (const unit of unitsOf(own, theirs, plainFields(theirs))) {
    if (!differs(own, theirs, unit)) continue;
    const choice = choiceFor(choices, unit);
    const isMine = isChanged(own, seen, unit) && choice !== 'theirs';
    const isTheirs = isChanged(theirs, seen, unit) || choice === '';
    if (isMine && isTheirs) conflicts.push(unit);
    if (isMine) continue;
    taken.push(unit);
    for (const field of unit.fields) merged[field] = theirs[field] ?? '';
  }
  const { keys, isTheirs, isDisputed } = mergeOrder(
    keysIn(seen),
    keysIn(own),
    keysIn(theirs),
    choices[order],
  );
  const unit = { name: order, fields: [order] };
  if (isDisputed) conflicts.push(unit);
  if (isTheirs) taken.push(unit);
  merged[order] = keys.filter((key) => merged[keyedName(key, 'kind')]).join(' ');
  const typed = taken.length > 0 ? numberedOf(merged) : mine;
  return { typed, taken, conflicts };
}

/** The order of the questions both have; what only one of them has comes after. */
function mergeOrder(seen: string[], mine: string[], theirs: string[], choice: Choice | '' | undefined) {
  const inBoth = (keys: string[]) =>
    keys.filter((key) => mine.includes(key) && theirs.includes(key)).join(' ');
  const before = inBoth(seen);
  const isDifferent = inBoth(mine) !== inBoth(theirs);
  const isMine = isDifferent && inBoth(mine) !== before && choice !== 'theirs';
  const isTheirs = isDifferent && !isMine;
  const isDisputed = isMine && (inBoth(theirs) !== before || choice === '');
  const keys = [...new Set(isTheirs ? [...theirs, ...mine] : [...mine, ...theirs])];
  return { keys, isTheirs, isDisputed };
}
