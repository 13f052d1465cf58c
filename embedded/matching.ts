import { BSONRegExp } from 'bson';
import { Context } from 'mingo';
import * as logical from 'mingo/operators/query/logical';
import { Query } from 'mingo/query';
import type { Options } from 'mingo/types';
import { bits, truncated } from './bits.ts';
import { CommandError } from './errors.ts';
import { ACCUMULATORS, EXPRESSIONS, evaluate } from './expressions.ts';
import { type OperatorName, onElements, PATTERN, prepareFilter } from './filters.ts';
import { compares, equals, literally, not, oneOf, type Predicate, someValue } from './predicates.ts';
import { ofType } from './types.ts';
import { type Doc, isDocument, isTrue, MISSING, plain, toNumber } from './values.ts';

export type Matcher = (document: Doc) => boolean;

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

const MATCHES_ALL: Predicate = () => true;

/** Makes the test of `{ path: { $operator: operand } }`. */
type Operator = (path: string, operand: unknown, options: Options) => Predicate;

const operators: Record<OperatorName | '$expr', Operator> = {
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
  $gt: comparison((order) => order > 0),
  $gte: comparison((order) => order >= 0),
  $lt: comparison((order) => order < 0),
  $lte: comparison((order) => order <= 0),
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
  $bitsAllSet: ofBits((value, mask) => (value & mask) === mask),
  $bitsAllClear: ofBits((value, mask) => (value & mask) === 0n),
  $bitsAnySet: ofBits((value, mask) => (value & mask) !== 0n),
  $bitsAnyClear: ofBits((value, mask) => (value & mask) !== mask),
  $expr: (_path, operand, options) => {
    const expression = plain(operand);
    return (document) => isTrue(evaluate(document as Doc, expression, options));
  },
  $comment: () => MATCHES_ALL,
};

function comparison(accepts: (order: number) => boolean): Operator {
  return (path, operand) => someValue(path, compares(operand, accepts), true);
}

function ofBits(accepts: (value: bigint, mask: bigint) => boolean): Operator {
  return (path, operand) => someValue(path, bits(operand, accepts), true);
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
