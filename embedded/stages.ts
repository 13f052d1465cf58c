import { Context } from 'mingo';
import { Aggregator } from 'mingo/aggregator';
import type { Iterator } from 'mingo/lazy';
import * as stages from 'mingo/operators/pipeline';
import * as projections from 'mingo/operators/projection';
import * as windows from 'mingo/operators/window';
import type { Options } from 'mingo/types';
import { CommandError } from './errors.ts';
import { ACCUMULATORS, EXPRESSIONS, expressionOptions } from './expressions.ts';
import { matcher } from './matching.ts';
import { PAUSE, type Paused } from './reading.ts';
import { byOrder, checkSort } from './sorting.ts';
import { type Doc, isDocument, plain, toNumber } from './values.ts';

export type Stage = { name: string; spec: unknown };

/** Stages that make of each document none, one or several, whatever the others are; they run as the documents come. */
const ONE_BY_ONE = new Set([
  '$match',
  '$project',
  '$addFields',
  '$set',
  '$unset',
  '$unwind',
  '$replaceRoot',
  '$replaceWith',
  '$redact',
]);

/** Every stage there is, by name: mingo's, but where they do not follow MongoDB. */
export const STAGES = {
  ...stages,
  $match: (documents: Iterator, spec: Doc, options: Options & { local?: { variables?: Doc } }) => {
    const matches = matcher(documentSpec('$match', spec), {
      ...options.variables,
      ...options.local?.variables,
    });
    return documents.filter((document: unknown) => matches(document as Doc));
  },
  $sort: (documents: Iterator, spec: Doc) => {
    const order = byOrder(sortSpec(spec));
    return documents.transform((all: unknown[]) => mingoIterator(all.sort(order)));
  },
};

function mingoIterator(all: unknown[]): Iterator {
  return new Aggregator([], OPTIONS).stream(all);
}

const CONTEXT = Context.init({
  accumulator: ACCUMULATORS,
  expression: EXPRESSIONS,
  pipeline: STAGES as unknown as typeof stages,
  projection: projections,
  window: windows,
});
// Some of mingo's stages are made of its $function; a client's own never get here.
const OPTIONS: Options = { ...expressionOptions(), context: CONTEXT, scriptEnabled: true };

/** Runs what is left of a pipeline over the documents a query finds. */
export function* runStages(
  documents: Paused<Doc>,
  rest: Stage[],
  variables: Doc,
  resolve: (name: string) => Doc[],
): Paused<Doc> {
  const [first] = rest;
  if (!first) {
    yield* documents;
    return;
  }
  const options = { ...OPTIONS, variables: plain(variables) as Doc, collectionResolver: resolve };
  if (first.name === '$limit') {
    yield* runStages(
      limited(documents, wholeSpec('$limit', first.spec, 1)),
      rest.slice(1),
      variables,
      resolve,
    );
    return;
  }
  const alone = rest.findIndex(({ name }) => !ONE_BY_ONE.has(name));
  const streaming = alone < 0 ? rest : rest.slice(0, alone);
  if (streaming.length > 0) {
    const next = oneByOne(documents, aggregator(streaming, options));
    yield* runStages(next, rest.slice(streaming.length), variables, resolve);
    return;
  }
  const all: Doc[] = [];
  for (const document of documents) {
    if (document === PAUSE) yield PAUSE;
    else all.push(document);
  }
  yield* run(aggregator(rest, options), all);
}

function aggregator(part: Stage[], options: Options): Aggregator {
  return new Aggregator(
    part.map(({ name, spec }) => ({ [name]: plain(spec) })),
    options,
  );
}

function* oneByOne(documents: Paused<Doc>, part: Aggregator): Paused<Doc> {
  for (const document of documents) {
    if (document === PAUSE) yield PAUSE;
    else yield* run(part, [document]);
  }
}

function* limited(documents: Paused<Doc>, limit: number): Paused<Doc> {
  let count = 0;
  for (const document of documents) {
    yield document;
    if (document !== PAUSE && ++count >= limit) return;
  }
}

function* run(part: Aggregator, documents: Doc[]): Generator<Doc, void> {
  for (const document of part.run<Doc>(documents)) yield idFirst(document);
}

/** mingo puts computed fields before `_id`. */
function idFirst(document: Doc): Doc {
  if (!('_id' in document) || Object.keys(document)[0] === '_id') return document;
  const { _id, ...rest } = document;
  return { _id, ...rest };
}

export function documentSpec(name: string, spec: unknown): Doc {
  if (!isDocument(spec))
    throw new CommandError(15959, `the ${name.slice(1)} filter must be an expression in an object`);
  return spec;
}

export function sortSpec(spec: unknown): Doc {
  if (!isDocument(spec)) throw new CommandError(15973, 'the $sort key specification must be an object');
  if (Object.keys(spec).length === 0)
    throw new CommandError(15976, '$sort stage must have at least one sort key');
  checkSort(spec);
  return spec;
}

export function wholeSpec(name: string, spec: unknown, least: number): number {
  const number = toNumber(spec);
  if (number === undefined || !Number.isInteger(number) || number < 0)
    throw new CommandError(
      name === '$skip' ? 5107200 : 5107201,
      `invalid argument to ${name} stage: Expected a non-negative number in: ${name}: ${String(spec)}`,
    );
  if (number < least) throw new CommandError(15958, 'the limit must be positive');
  return number;
}
