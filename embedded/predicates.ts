import { BSONRegExp, type ObjectId } from 'bson';
import { CommandError } from './errors.ts';
import { compare, equal } from './order.ts';
import { regularExpression } from './patterns.ts';
import { type Doc, isDocument, MISSING, RANK, rank, toNumber } from './values.ts';

export type Predicate = (value: unknown) => boolean;

/** The values a filter's path leads to: through documents, and through the elements of arrays on the way. */
export function* valuesAt(value: unknown, path: readonly string[], from = 0): Generator<unknown> {
  const field = path[from];
  if (field === undefined) yield value;
  else if (Array.isArray(value)) {
    const index = /^\d+$/.test(field) ? Number(field) : value.length;
    if (index < value.length) yield* valuesAt(value[index], path, from + 1);
    for (const element of value) if (isDocument(element)) yield* valuesAt(element, path, from);
  } else if (isDocument(value) && Object.hasOwn(value, field)) yield* valuesAt(value[field], path, from + 1);
  else yield MISSING;
}

/** Whether some value at the path passes; with `elements`, an array also passes by one of its elements. */
export function someValue(path: string, test: Predicate, elements: boolean): Predicate {
  const fields = path.split('.');
  const passes = elements
    ? (value: unknown) => test(value) || (Array.isArray(value) && value.some(test))
    : test;
  if (fields.length === 1) {
    return (document) => passes(Object.hasOwn(document as Doc, path) ? (document as Doc)[path] : MISSING);
  }
  return (document) => {
    for (const value of valuesAt(document, fields)) if (passes(value)) return true;
    return false;
  };
}

const isNull = (value: unknown) => value === null || value === MISSING;

export function equals(wanted: unknown): Predicate {
  if (wanted === null) return isNull;
  if (wanted instanceof RegExp || wanted instanceof BSONRegExp) {
    const pattern = regularExpression(wanted);
    return (value) =>
      typeof value === 'string' ? pattern.test(value) : rank(value) === RANK.regex && equal(value, wanted);
  }
  return (value) => value !== MISSING && equal(value, wanted);
}

export function compares(wanted: unknown, accepts: (order: number) => boolean): Predicate {
  const type = rank(wanted);
  if (type === RANK.null) return (value) => isNull(value) && accepts(0);
  if (type === RANK.minKey || type === RANK.maxKey)
    return (value) => value !== MISSING && accepts(compare(value, wanted));
  const onlyNaN = type === RANK.number && Number.isNaN(toNumber(wanted));
  return (value) => {
    if (value === MISSING || rank(value) !== type) return false;
    if (onlyNaN || (type === RANK.number && Number.isNaN(toNumber(value))))
      return accepts(0) && equal(value, wanted);
    return accepts(compare(value, wanted));
  };
}

export function not(test: Predicate): Predicate {
  return (document) => !test(document);
}

export function literally(wanted: unknown): Predicate {
  return (value) => value !== MISSING && equal(value, wanted);
}

export function oneOf(operator: string, operand: unknown): Predicate {
  if (!Array.isArray(operand)) throw new CommandError('BadValue', `${operator} needs an array`);
  if (operand.some((wanted) => isDocument(wanted) && Object.keys(wanted)[0]?.startsWith('$'))) {
    throw new CommandError('BadValue', `cannot nest $ under ${operator}`);
  }
  const words = new Set(operand.flatMap((wanted) => wordOf(wanted) ?? []));
  const tests = operand.filter((wanted) => wordOf(wanted) === undefined).map(equals);
  return (value) => words.has(wordOf(value) ?? '') || tests.some((test) => test(value));
}

/** Stands for a text or an id, so that one is found in a long list at once. Never empty. */
function wordOf(value: unknown): string | undefined {
  if (rank(value) === RANK.string) return `"${value}`;
  return rank(value) === RANK.objectId ? (value as ObjectId).toHexString() : undefined;
}
