import { Context } from 'mingo';
import { Aggregator } from 'mingo/aggregator';
import type { Iterator } from 'mingo/lazy';
import * as stages from 'mingo/operators/pipeline';
import * as projections from 'mingo/operators/projection';
import * as windows from 'mingo/operators/window';
import type { Options } from 'mingo/types';
import { CommandError } from './errors.ts';
import {
  ACCUMULATORS,
  checkExpression,
  checkRefused,
  EXPRESSIONS,
  expressionOptions,
} from './expressions.ts';
import { matcher } from './matching.ts';
import { PAUSE, type Paused, type Query } from './reading.ts';
import { byOrder, checkSort } from './sorting.ts';
import { type Doc, isDocument, plain, toNumber } from './values.ts';

export type Stage = { name: string; spec: unknown };

/** What a query can do of a pipeline (its leading `$match`, `$sort`, `$skip`, `$limit`), and what is left. */
export type Split = { query: Query; rest: Stage[] };

/** Stages that need what is not here: other servers, text search, geography, time series, JavaScript. */
const NOT_HERE = [
  '$changeStream',
  '$geoNear',
  '$search',
  '$searchMeta',
  '$vectorSearch',
  '$listSessions',
  '$planCacheStats',
  '$collStats',
  '$indexStats',
  '$currentOp',
];
/** Stages whose operands are not expressions, or hold pipelines of their own. */
const OWN_SYNTAX = [
  '$match',
  '$sort',
  '$skip',
  '$limit',
  '$unset',
  '$lookup',
  '$unionWith',
  '$graphLookup',
  '$facet',
  '$out',
  '$merge',
  '$count',
  '$sample',
  '$unwind',
  '$setWindowFields',
  '$fill',
  '$densify',
  '$documents',
  '$listLocalSessions',
];

/** The stages of a pipeline, after refusing what MongoDB refuses when it parses one. */
export function stagesOf(pipeline: Doc[], variables: readonly string[] = []): Stage[] {
  return pipeline.map((stage) => {
    const [name, ...more] = Object.keys(stage);
    if (name === undefined || more.length > 0)
      throw new CommandError(40323, 'A pipeline stage specification object must contain exactly one field.');
    if (NOT_HERE.includes(name))
      throw new CommandError('NotImplemented', `${name} is not supported by the embedded database`);
    if (!Object.hasOwn(STAGES, name) && name !== '$listLocalSessions')
      throw new CommandError(40324, `Unrecognized pipeline stage name: '${name}'`);
    const spec = stage[name];
    if (name === '$match')
      matcher(documentSpec(name, spec), Object.fromEntries(variables.map((variable) => [variable, null])));
    if (name === '$group' && !(isDocument(spec) && '_id' in spec))
      throw new CommandError(15955, 'a group specification must include an _id');
    checkRefused(spec);
    if (['$lookup', '$unionWith'].includes(name) && isDocument(spec) && Array.isArray(spec.pipeline)) {
      stagesOf(spec.pipeline, [...variables, ...Object.keys((spec.let as Doc | undefined) ?? {})]);
    }
    if (name === '$facet' && isDocument(spec))
      for (const inner of Object.values(spec)) stagesOf(inner as Doc[], variables);
    if (!OWN_SYNTAX.includes(name)) checkExpression(spec, variables);
    return { name, spec };
  });
}

/** If the pipeline only counts (`$count`, or `$group` with a constant `_id` and one `{ $sum: 1 }`): the shape of its one document. */
export function countedField(rest: Stage[]): { _id?: unknown; field: string } | undefined {
  const [stage, ...more] = rest;
  if (!stage || more.length > 0) return undefined;
  if (stage.name === '$count' && typeof stage.spec === 'string') return { field: stage.spec };
  if (stage.name !== '$group' || !isDocument(stage.spec)) return undefined;
  const { _id, ...fields } = stage.spec;
  const [[field, sum] = ['', undefined], ...others] = Object.entries(fields);
  const constant = _id === null || toNumber(_id) !== undefined;
  return constant &&
    others.length === 0 &&
    isDocument(sum) &&
    toNumber(sum.$sum) === 1 &&
    Object.keys(sum).length === 1
    ? { _id, field }
    : undefined;
}

export function splitPipeline(pipeline: Stage[]): Split {
  const rest = [...pipeline];
  const query: Query = { filter: {} };
  const take = (name: string) => (rest[0]?.name === name ? rest.shift()?.spec : undefined);
  const filters: Doc[] = [];
  for (let filter = take('$match'); filter !== undefined; filter = take('$match'))
    filters.push(documentSpec('$match', filter));
  query.filter = filters.length > 1 ? { $and: filters } : (filters[0] ?? {});
  const sort = take('$sort');
  if (sort !== undefined) query.sort = sortSpec(sort);
  const skip = take('$skip');
  if (skip !== undefined) query.skip = wholeSpec('$skip', skip, 0);
  const limit = take('$limit');
  if (limit !== undefined) query.limit = wholeSpec('$limit', limit, 1);
  return { query, rest };
}

function documentSpec(name: string, spec: unknown): Doc {
  if (!isDocument(spec))
    throw new CommandError(15959, `the ${name.slice(1)} filter must be an expression in an object`);
  return spec;
}

function sortSpec(spec: unknown): Doc {
  if (!isDocument(spec)) throw new CommandError(15973, 'the $sort key specification must be an object');
  if (Object.keys(spec).length === 0)
    throw new CommandError(15976, '$sort stage must have at least one sort key');
  checkSort(spec);
  return spec;
}

function wholeSpec(name: string, spec: unknown, least: number): number {
  const number = toNumber(spec);
  if (number === undefined || !Number.isInteger(number) || number < 0)
    throw new CommandError(
      name === '$skip' ? 5107200 : 5107201,
      `invalid argument to ${name} stage: Expected a non-negative number in: ${name}: ${String(spec)}`,
    );
  if (number < least) throw new CommandError(15958, 'the limit must be positive');
  return number;
}

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

const STAGES = {
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
