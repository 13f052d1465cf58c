import { Context } from 'mingo';
import * as accumulators from 'mingo/operators/accumulator';
import * as expressions from 'mingo/operators/expression';
import type { Options } from 'mingo/types';
import { type Doc, plain } from './values.ts';

const CONTEXT = Context.init({ expression: expressions, accumulator: accumulators });

/** What mingo needs to evaluate an expression: its operators, and the values of `let`. */
export function expressionOptions(variables: Doc = {}): Options {
  return {
    idKey: '_id',
    processingMode: 0,
    useStrictMode: true,
    scriptEnabled: false,
    failOnError: true,
    variables: plain(variables) as Doc,
    context: CONTEXT,
  };
}
