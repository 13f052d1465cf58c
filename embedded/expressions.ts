import { ObjectId } from 'bson';
import { Context } from 'mingo';
import { evalExpr } from 'mingo/core';
import * as accumulators from 'mingo/operators/accumulator';
import * as expressions from 'mingo/operators/expression';
import type { Options } from 'mingo/types';
import { CommandError } from './errors.ts';
import { compare } from './order.ts';
import { bsonType, type Doc, isDocument, plain } from './values.ts';

type Compare = (order: number) => boolean;

/** mingo compares by its own order of types; these compare by BSON's. */
const comparisons = Object.fromEntries(
  Object.entries({
    $eq: (order) => order === 0,
    $ne: (order) => order !== 0,
    $gt: (order) => order > 0,
    $gte: (order) => order >= 0,
    $lt: (order) => order < 0,
    $lte: (order) => order <= 0,
  } satisfies Record<string, Compare>).map(([name, accepts]) => [
    name,
    (document: unknown, operands: unknown, options: Options) =>
      accepts(compareTwo(name, document, operands, options)),
  ]),
);

function compareTwo(name: string, document: unknown, operands: unknown, options: Options): number {
  if (!Array.isArray(operands) || operands.length !== 2) {
    throw new CommandError(
      16020,
      `Expression ${name} takes exactly 2 arguments. ${Array.isArray(operands) ? operands.length : 1} were passed in.`,
    );
  }
  const [a, b] = evalExpr(document, operands, options) as [unknown, unknown];
  return Math.sign(compare(a === undefined ? null : a, b === undefined ? null : b));
}

export const EXPRESSIONS = {
  ...expressions,
  ...comparisons,
  $cmp: (document: unknown, operands: unknown, options: Options) =>
    compareTwo('$cmp', document, operands, options),
  /** mingo's does not know ObjectIds. */
  $toString: (document: unknown, operand: unknown, options: Options) => {
    const value = evalExpr(document, operand, options);
    return value instanceof ObjectId
      ? value.toHexString()
      : expressions.$toString(document as Doc, operand, options);
  },
} as typeof expressions;

type Accumulate = (documents: unknown[], expression: unknown, options: Options) => unknown;
const collect = accumulators.$push as Accumulate;

/** mingo passes over decimals and longs beyond 2^53 when it calculates; better no answer than a wrong one. */
function exactly(name: string, accumulate: Accumulate): Accumulate {
  return (documents, expression, options) => {
    const inexact = (value: unknown) => ['Decimal128', 'Long'].includes(bsonType(value) ?? '');
    if ((collect(documents, expression, options) as unknown[]).some(inexact)) {
      throw new CommandError(
        'NotImplemented',
        `The embedded database cannot calculate ${name} of decimals or of longs beyond 2^53`,
      );
    }
    return accumulate(documents, expression, options);
  };
}

function extreme(sign: 1 | -1): Accumulate {
  return (documents, expression, options) => {
    let best: unknown = null;
    for (const value of collect(documents, expression, options) as unknown[]) {
      if (value === null || value === undefined) continue;
      if (best === null || compare(value, best) * sign > 0) best = value;
    }
    return best;
  };
}

const CALCULATING = {
  $sum: accumulators.$sum,
  $avg: accumulators.$avg,
  $stdDevPop: accumulators.$stdDevPop,
  $stdDevSamp: accumulators.$stdDevSamp,
};

export const ACCUMULATORS = {
  ...accumulators,
  ...Object.fromEntries(
    Object.entries(CALCULATING).map(([name, accumulate]) => [name, exactly(name, accumulate as Accumulate)]),
  ),
  $min: extreme(-1),
  $max: extreme(1),
} as typeof accumulators;

const OPTIONS: Options = {
  idKey: '_id',
  processingMode: 0,
  useStrictMode: true,
  scriptEnabled: false,
  failOnError: true,
  context: Context.init({ expression: EXPRESSIONS, accumulator: ACCUMULATORS }),
};

/** What mingo needs to evaluate an expression: its operators, and the values of `let`. */
export function expressionOptions(variables: Doc = {}): Options {
  return { ...OPTIONS, variables: plain(variables) as Doc };
}

/** The values of a command's `let`, each of which is an expression without a document. */
export function evaluateLet(variables: Doc | undefined): Doc {
  return Object.fromEntries(
    Object.entries(variables ?? {}).map(([name, expression]) => {
      checkExpression(expression, []);
      return [name, isDocument(expression) ? evalExpr({}, plain(expression), OPTIONS) : expression];
    }),
  );
}

export function evaluate(document: Doc, expression: unknown, options: Options): unknown {
  return evalExpr(plain(document), expression, options);
}

const SYSTEM_VARIABLES = ['ROOT', 'CURRENT', 'REMOVE', 'NOW', 'KEEP', 'PRUNE', 'DESCEND'];
/** Custom JavaScript, and what mingo would need a server for. */
const REFUSED = ['$function', '$accumulator', '$where', '$meta', '$toDecimal'];

/** Refuses, however deep it is, what would run JavaScript or give a different answer. */
export function checkRefused(value: unknown): void {
  if (Array.isArray(value)) value.forEach(checkRefused);
  if (!isDocument(value)) return;
  for (const [name, inner] of Object.entries(value)) {
    if (REFUSED.includes(name))
      throw new CommandError('NotImplemented', `${name} is not supported by the embedded database`);
    if (name !== '$literal') checkRefused(inner);
  }
}

/** Refuses unknown operators and variables before any document is looked at, as MongoDB does when it parses. */
export function checkExpression(expression: unknown, variables: readonly string[]): void {
  if (typeof expression === 'string') checkVariable(expression, variables);
  if (Array.isArray(expression)) for (const inner of expression) checkExpression(inner, variables);
  if (!isDocument(expression)) return;
  const fields = Object.entries(expression);
  const [name = '', operand] = fields[0] ?? [];
  if (!name.startsWith('$')) {
    for (const [, inner] of fields) checkExpression(inner, variables);
    return;
  }
  if (fields.length > 1)
    throw new CommandError(
      15983,
      `An object representing an expression must have exactly one field: ${fields.map(([field]) => field).join(', ')}`,
    );
  if (REFUSED.includes(name))
    throw new CommandError('NotImplemented', `${name} is not supported by the embedded database`);
  if (!Object.hasOwn(EXPRESSIONS, name) && !Object.hasOwn(accumulators, name)) {
    throw new CommandError('InvalidPipelineOperator', `Unrecognized expression '${name}'`);
  }
  if (name === '$literal') return;
  checkExpression(withoutScope(operand), [...variables, ...scopeOf(name, operand)]);
}

function checkVariable(expression: string, variables: readonly string[]): void {
  const name = /^\$\$([^.]*)/.exec(expression)?.[1];
  if (name === undefined || SYSTEM_VARIABLES.includes(name) || variables.includes(name)) return;
  throw new CommandError(17276, `Use of undefined variable: ${name}`);
}

/** The variables that `$let`, `$map`, `$filter` and `$reduce` bring in. */
function scopeOf(name: string, operand: unknown): string[] {
  if (!isDocument(operand)) return [];
  if (name === '$let' && isDocument(operand.vars)) return Object.keys(operand.vars);
  if (name === '$map' || name === '$filter') return [typeof operand.as === 'string' ? operand.as : 'this'];
  return name === '$reduce' ? ['this', 'value'] : [];
}

/** The operand of an operator with its named arguments as a list, since their names are not field names. */
function withoutScope(operand: unknown): unknown {
  if (!isDocument(operand) || Object.keys(operand)[0]?.startsWith('$')) return operand;
  return Object.values(operand).map((inner) =>
    isDocument(inner) && !Object.keys(inner)[0]?.startsWith('$') ? Object.values(inner) : inner,
  );
}
