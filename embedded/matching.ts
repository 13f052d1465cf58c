import { BSONRegExp, type ObjectId } from 'bson';
import { Context } from 'mingo';
import * as logical from 'mingo/operators/query/logical';
import { Query } from 'mingo/query';
import type { Options } from 'mingo/types';
import { bits, truncated } from './bits.ts';
import { CommandError } from './errors.ts';
import { ACCUMULATORS, EXPRESSIONS, evaluate } from './expressions.ts';
import { type OperatorName, onElements, PATTERN, prepareFilter } from './filters.ts';
import { regularExpression } from './patterns.ts';
import { ofType } from './types.ts';
import {
  compare,
  type Doc,
  equal,
  isDocument,
  isNumber,
  MISSING,
  plain,
  RANK,
  rank,
  toNumber,
} from './values.ts';

export type Matcher = (document: Doc) => boolean;

export type Predicate = (value: unknown) => boolean;

/**
 * A test for documents as `decode` gives them. mingo's Query takes the filter apart and joins the parts; each single
 * comparison is ours, because mingo's know neither BSON's types nor its order.
 */
export function matcher(filter: Doc, variables: Doc = {}): Matcher {
  const fields = Object.keys(filter);
  if (fields.length === 0) return () => true;
  const query = new Query(prepareFilter(filter, Object.keys(variables)), {
    context: usesExpressions(filter) ? WITH_EXPRESSIONS : CONTEXT,
    variables: plain(variables) as Doc,
  } as Partial<Options>);
  return (document) => query.test(document);
}

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
function someValue(path: string, test: Predicate, elements: boolean): Predicate {
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

function equals(wanted: unknown): Predicate {
  if (wanted === null) return isNull;
  if (wanted instanceof RegExp || wanted instanceof BSONRegExp) {
    const pattern = regularExpression(wanted);
    return (value) =>
      typeof value === 'string' ? pattern.test(value) : rank(value) === RANK.regex && equal(value, wanted);
  }
  return (value) => value !== MISSING && equal(value, wanted);
}

function compares(wanted: unknown, accepts: (order: number) => boolean): Predicate {
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

const MATCHES_ALL: Predicate = () => true;

const operators: Record<
  OperatorName | '$expr',
  (path: string, operand: unknown, options: Options) => Predicate
> = {
  $eq: (path, operand) =>
    someValue(
      path,
      operand instanceof RegExp || operand instanceof BSONRegExp ? literally(operand) : equals(operand),
      true,
    ),
  $ne: (path, operand) => {
    if (operand instanceof BSONRegExp) throw new CommandError('BadValue', "Can't have regex as arg to $ne.");
    return not(someValue(path, equals(operand), true));
  },
  $gt: (path, operand) =>
    someValue(
      path,
      compares(operand, (order) => order > 0),
      true,
    ),
  $gte: (path, operand) =>
    someValue(
      path,
      compares(operand, (order) => order >= 0),
      true,
    ),
  $lt: (path, operand) =>
    someValue(
      path,
      compares(operand, (order) => order < 0),
      true,
    ),
  $lte: (path, operand) =>
    someValue(
      path,
      compares(operand, (order) => order <= 0),
      true,
    ),
  $in: (path, operand) => someValue(path, oneOf('$in', operand), true),
  $nin: (path, operand) => not(someValue(path, oneOf('$nin', operand), true)),
  $exists: (path, operand) => {
    const exists = someValue(path, (value) => value !== MISSING, false);
    return isTrue(operand) ? exists : not(exists);
  },
  $type: (path, operand) => someValue(path, ofType(operand), true),
  $size: (path, operand) => {
    const size = toNumber(operand);
    if (size === undefined || !Number.isInteger(size))
      throw new CommandError(
        'BadValue',
        `Failed to parse $size. Expected an integer: ${shown(path, '$size', operand)}`,
      );
    if (size < 0)
      throw new CommandError(
        'BadValue',
        `Failed to parse $size. Expected a non-negative number in: ${shown(path, '$size', operand)}`,
      );
    return someValue(path, (value) => Array.isArray(value) && value.length === size, false);
  },
  $all: (path, operand, options) => {
    if (!Array.isArray(operand)) throw new CommandError('BadValue', '$all needs an array');
    const each = operand.map((wanted) =>
      isDocument(wanted) && '$elemMatch' in wanted
        ? elementMatches(path, wanted.$elemMatch, options)
        : someValue(path, equals(wanted), true),
    );
    return (document) => each.length > 0 && each.every((passes) => passes(document));
  },
  $elemMatch: (path, operand, options) => elementMatches(path, operand, options),
  $regex: (path, operand) => someValue(path, equals(operand), true),
  $mod: (path, operand) => {
    if (!Array.isArray(operand) || operand.length < 2)
      throw new CommandError('BadValue', 'malformed mod, not enough elements');
    if (operand.length > 2) throw new CommandError('BadValue', 'malformed mod, too many elements');
    const [divisor, remainder] = operand.map(truncated);
    if (divisor === undefined) throw new CommandError('BadValue', 'malformed mod, divisor not a number');
    if (divisor === 0n) throw new CommandError('BadValue', 'divisor cannot be 0');
    const leaves = (value: unknown) => {
      const whole = truncated(value);
      return whole !== undefined && whole % divisor === (remainder ?? 0n);
    };
    return someValue(path, leaves, true);
  },
  $not: (path, operand, options) => {
    if (operand instanceof BSONRegExp) return not(someValue(path, equals(operand), true));
    if (!isDocument(operand)) throw new CommandError('BadValue', '$not needs a regex or a document');
    if (Object.keys(operand).length === 0) throw new CommandError('BadValue', '$not cannot be empty');
    const inner = matcherWithin({ [path]: operand }, options);
    return (document) => !inner(document as Doc);
  },
  $bitsAllSet: (path, operand) =>
    someValue(
      path,
      bits(operand, (value, mask) => (value & mask) === mask),
      true,
    ),
  $bitsAllClear: (path, operand) =>
    someValue(
      path,
      bits(operand, (value, mask) => (value & mask) === 0n),
      true,
    ),
  $bitsAnySet: (path, operand) =>
    someValue(
      path,
      bits(operand, (value, mask) => (value & mask) !== 0n),
      true,
    ),
  $bitsAnyClear: (path, operand) =>
    someValue(
      path,
      bits(operand, (value, mask) => (value & mask) !== mask),
      true,
    ),
  $expr: (_path, operand, options) => {
    const expression = plain(operand);
    return (document) => isTrue(evaluate(document as Doc, expression, options));
  },
  $comment: () => MATCHES_ALL,
};

function not(test: Predicate): Predicate {
  return (document) => !test(document);
}

function literally(wanted: unknown): Predicate {
  return (value) => value !== MISSING && equal(value, wanted);
}

function oneOf(operator: string, operand: unknown): Predicate {
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

function elementMatches(path: string, criteria: unknown, options: Options): Predicate {
  if (!isDocument(criteria)) throw new CommandError('BadValue', '$elemMatch needs an Object');
  const onValues = onElements(criteria);
  const inner = matcherWithin(onValues ? { element: criteria } : criteria, options);
  const passes: Predicate = onValues
    ? (element) => inner({ element: Array.isArray(element) ? [element] : element })
    : (element) => (isDocument(element) || Array.isArray(element)) && inner(element as Doc);
  return someValue(path, (value) => Array.isArray(value) && value.some(passes), false);
}

function matcherWithin(filter: Doc, options: Options): Matcher {
  const query = new Query(filter, options);
  return (document) => query.test(document);
}

export function isTrue(value: unknown): boolean {
  if (value === undefined || value === null || value === MISSING) return false;
  return isNumber(value) ? toNumber(value) !== 0 : value !== false;
}

function shown(path: string, operator: string, operand: unknown): string {
  return `${path}: { ${operator}: ${String(operand)} }`;
}

/** mingo copies its context for each query, so the many expressions are given only to those that have `$expr`. */
function usesExpressions(filter: Doc): boolean {
  return Object.entries(filter).some(
    ([field, operand]) =>
      field === '$expr' ||
      (Array.isArray(operand) && operand.some((clause) => isDocument(clause) && usesExpressions(clause))),
  );
}

const QUERY_OPERATORS = {
  ...logical,
  ...(operators as unknown as Pick<typeof logical, '$not'>),
  [PATTERN]: operators.$regex as never,
};

const CONTEXT = Context.init({ query: QUERY_OPERATORS });

const WITH_EXPRESSIONS = Context.init({
  query: QUERY_OPERATORS,
  expression: EXPRESSIONS,
  accumulator: ACCUMULATORS,
});
