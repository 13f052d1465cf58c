import { ObjectId } from 'bson';
import { Context } from 'mingo';
import { Aggregator } from 'mingo/aggregator';
import { $addFields, $project, $replaceRoot, $replaceWith, $set, $unset } from 'mingo/operators/pipeline';
import { checkArrayFiltersUsed } from './arrayFilters.ts';
import type { Collection } from './catalog.ts';
import { show } from './describing.ts';
import { checkId, type Stored, withId } from './documents.ts';
import type { Engine } from './engine.ts';
import { CommandError } from './errors.ts';
import { ACCUMULATORS, checkExpression, EXPRESSIONS, expressionOptions } from './expressions.ts';
import { hasOperators } from './filters.ts';
import { matcher, valuesAt } from './matching.ts';
import { PAUSE } from './reading.ts';
import { applyOperators, operationsOf } from './updating.ts';
import { type Doc, decode, encode, equal, isDocument, plain } from './values.ts';

export type UpdateStatement = {
  filter: Doc;
  update: Doc | Doc[];
  multi?: boolean;
  upsert?: boolean;
  arrayFilters?: Doc[] | undefined;
  hint?: unknown;
  sort?: Doc | undefined;
  variables?: Doc | undefined;
};

export type UpdateResult = {
  matched: number;
  modified: number;
  upsertedId?: unknown;
  before?: Doc;
  after?: Doc;
};

/** How many documents one transaction changes before others get a turn, in which the collection may be dropped. */
const TURN = 200;

export function insertOne(engine: Engine, namespace: string, bytes: Buffer): Doc {
  const { document, bytes: complete } = withId(decode(bytes), bytes);
  const collection = engine.catalog.findOrCreate(namespace);
  engine.documents.insert(collection, document, complete);
  return document;
}

/** One `update` statement. The search and each document's change are one step that nothing comes between. */
export function* update(
  engine: Engine,
  namespace: string,
  statement: UpdateStatement,
): Generator<undefined, UpdateResult> {
  const change = prepareChange(statement);
  const { filter, multi = false, variables } = statement;
  const matches = matcher(filter, variables);
  const collection = engine.catalog.find(namespace);
  const result: UpdateResult = { matched: 0, modified: 0 };
  if (collection) {
    for (const [i, record] of (yield* targets(engine, namespace, statement, multi)).entries()) {
      if (i > 0 && i % TURN === 0) yield;
      if (engine.catalog.find(namespace) !== collection) break;
      const bytes = engine.reader.read(collection, record);
      if (!bytes || !matches(decode(bytes))) continue;
      const changed = changeOne(engine, collection, { record, bytes }, change, statement);
      result.matched += 1;
      if (changed.modified) result.modified += 1;
      if (!multi) Object.assign(result, { before: changed.before, after: changed.after });
    }
  }
  if (result.matched > 0 || !statement.upsert) return result;
  const after = upserted(change, statement);
  const { document, bytes } = withId(after, encode(after));
  checkStorable(document);
  engine.documents.insert(engine.catalog.findOrCreate(namespace), document, bytes);
  return { ...result, upsertedId: document._id, after: document };
}

export type DeleteStatement = {
  filter: Doc;
  multi?: boolean;
  hint?: unknown;
  sort?: Doc | undefined;
  variables?: Doc | undefined;
};

export function* remove(
  engine: Engine,
  namespace: string,
  statement: DeleteStatement,
): Generator<undefined, { deleted: number; before?: Doc }> {
  const { filter, multi = false, variables } = statement;
  const matches = matcher(filter, variables);
  const collection = engine.catalog.find(namespace);
  if (!collection) return { deleted: 0 };
  let deleted = 0;
  let before: Doc | undefined;
  for (const [i, record] of (yield* targets(engine, namespace, statement, multi)).entries()) {
    if (i > 0 && i % TURN === 0) yield;
    if (engine.catalog.find(namespace) !== collection) break;
    const bytes = engine.reader.read(collection, record);
    const document = bytes && decode(bytes);
    if (!bytes || !document || !matches(document)) continue;
    engine.documents.remove(collection, { record, bytes });
    deleted += 1;
    before = document;
  }
  return before && !multi ? { deleted, before } : { deleted };
}

type Targeting = Pick<UpdateStatement, 'filter' | 'sort' | 'hint' | 'variables'>;

function* targets(
  engine: Engine,
  namespace: string,
  { filter, sort, hint, variables }: Targeting,
  multi: boolean,
): Generator<undefined, number[]> {
  const records: number[] = [];
  for (const found of engine.reader.find(namespace, {
    filter,
    sort,
    hint,
    variables,
    limit: multi ? 0 : 1,
  })) {
    if (found !== PAUSE) records.push(found.record);
    else if (multi) yield;
  }
  return records;
}

/** Gives the changed document; the one given in is left as it is or not used again. */
type Change = (document: Doc, inserting: boolean) => Doc;

function prepareChange({ filter, update: change, multi, arrayFilters, variables }: UpdateStatement): Change {
  if (Array.isArray(change)) {
    if (arrayFilters)
      throw new CommandError('FailedToParse', 'arrayFilters may not be specified for pipeline-syle updates');
    return pipelineChange(change, variables);
  }
  const [first] = Object.keys(change);
  if (first?.startsWith('$')) {
    operationsOf(change);
    if (arrayFilters) checkArrayFiltersUsed(change, arrayFilters);
    return (document, inserting) => {
      applyOperators(document, change, {
        arrayFilters: arrayFilters ?? [],
        inserting,
        position: positionOf(filter, document, change),
      });
      return document;
    };
  }
  if (multi)
    throw new CommandError('FailedToParse', 'multi update is not supported for replacement-style update');
  if (arrayFilters && arrayFilters.length > 0)
    throw new CommandError(
      'FailedToParse',
      'arrayFilters may not be specified for replacement-style updates',
    );
  const dollar = Object.keys(change).find((field) => field.startsWith('$'));
  if (dollar)
    throw new CommandError(
      'DollarPrefixedFieldName',
      `The dollar ($) prefixed field '${dollar}' in '${dollar}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`,
    );
  return ({ _id }) => ('_id' in change || _id === undefined ? { ...change } : { _id, ...change });
}

const STAGES = { $addFields, $set, $project, $unset, $replaceRoot, $replaceWith };
const CONTEXT = Context.init({ expression: EXPRESSIONS, accumulator: ACCUMULATORS, pipeline: STAGES });

function pipelineChange(stages: Doc[], variables: Doc = {}): Change {
  for (const stage of stages) {
    const [name = ''] = Object.keys(stage);
    if (!Object.hasOwn(STAGES, name))
      throw new CommandError('InvalidOptions', `${name} is not allowed to be used within an update`);
  }
  for (const stage of stages) checkExpression(Object.values(stage), Object.keys(variables));
  const aggregator = new Aggregator(
    stages.map((stage) => plain(stage) as Doc),
    { ...expressionOptions(variables), context: CONTEXT },
  );
  return (document) => {
    const [changed] = aggregator.run<Doc>([plain(document) as Doc]);
    const { _id = document._id, ...rest } = keepTypes(changed as Doc, document) as Doc;
    return _id === undefined ? rest : { _id, ...rest };
  };
}

/** Values that a pipeline did not change, in the exact type they had before mingo saw them. */
export function keepTypes(value: unknown, before: unknown): unknown {
  if (isDocument(value) && isDocument(before)) {
    return Object.fromEntries(
      Object.entries(value).map(([field, inner]) => [field, keepTypes(inner, before[field])]),
    );
  }
  return before !== undefined && equal(value, before) ? before : value;
}

/** Which element of an array made the filter match: what `$` in an update's path or in a projection stands for. */
export function positionOf(filter: Doc, document: Doc, paths: Doc): number | undefined {
  const wanted = Object.values(paths)
    .filter(isDocument)
    .flatMap(Object.keys)
    .concat(Object.keys(paths))
    .filter((path) => /\.\$(\.|$)/.test(path))
    .map((path) => path.slice(0, path.search(/\.\$(\.|$)/)));
  if (wanted.length === 0) return undefined;
  const conditions = Object.entries(filter).flatMap(([field, operand]) =>
    field === '$and' || field === '$or'
      ? (operand as Doc[]).flatMap((clause) => Object.entries(clause))
      : [[field, operand] as [string, unknown]],
  );
  const near = (field: string) => wanted.some((path) => field === path || field.startsWith(`${path}.`));
  conditions.sort(([a], [b]) => Number(near(b)) - Number(near(a)));
  for (const [field, operand] of conditions) {
    const position = field.startsWith('$') ? undefined : matchedElement(field.split('.'), operand, document);
    if (position !== undefined) return position;
  }
  return undefined;
}

function matchedElement(path: string[], operand: unknown, document: Doc): number | undefined {
  for (let length = 1; length <= path.length; length += 1) {
    const [array] = [...valuesAt(document, path.slice(0, length))];
    if (!Array.isArray(array)) continue;
    const rest = path.slice(length);
    const matches = matcher({ [['element', ...rest].join('.')]: operand });
    const index = array.findIndex((element) =>
      matches({ element: rest.length > 0 && !Array.isArray(element) ? element : [element] }),
    );
    if (index >= 0) return index;
  }
  return undefined;
}

function changeOne(
  engine: Engine,
  collection: Collection,
  stored: Stored,
  change: Change,
  statement: UpdateStatement,
): { modified: boolean; before: Doc; after: Doc } {
  const before = decode(stored.bytes);
  const after = change(decode(stored.bytes), false);
  if (!('_id' in after) || !equal(before._id, after._id)) throw alteredId(before, after, statement);
  const bytes = encode(after);
  const modified = !bytes.equals(stored.bytes);
  if (modified) {
    checkStorable(after);
    engine.documents.replace(collection, stored, before, after, bytes);
  }
  return { modified, before, after };
}

function alteredId(before: Doc, after: Doc, { update: change }: UpdateStatement): CommandError {
  const byOperators = !Array.isArray(change) && Object.keys(change)[0]?.startsWith('$');
  return byOperators
    ? new CommandError(
        'ImmutableField',
        "Performing an update on the path '_id' would modify the immutable field '_id'",
      )
    : new CommandError(
        'ImmutableField',
        `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${show(after._id)}, from _id: ${show(before._id)}`,
      );
}

function checkStorable(document: Doc): void {
  checkId(document._id);
}

function upserted(change: Change, { filter, update: kind }: UpdateStatement): Doc {
  const seed: Doc = {};
  seedFrom(filter, seed);
  const replacing = !Array.isArray(kind) && !Object.keys(kind)[0]?.startsWith('$');
  const after = change(replacing ? ('_id' in seed ? { _id: seed._id } : {}) : seed, true);
  if ('_id' in seed && '_id' in after && !equal(seed._id, after._id))
    throw alteredId(seed, after, { filter, update: kind });
  return '_id' in after ? after : { _id: '_id' in seed ? seed._id : new ObjectId(), ...after };
}

/** The fields a filter fixes to one value: the beginning of the document that an upsert inserts. */
function seedFrom(filter: Doc, seed: Doc): void {
  for (const [field, operand] of Object.entries(filter)) {
    if (field === '$and') for (const clause of operand as Doc[]) seedFrom(clause, seed);
    else if (field === '$or' && (operand as Doc[]).length === 1) seedFrom((operand as [Doc])[0], seed);
    else if (!field.startsWith('$')) {
      const value = fixedValue(operand);
      if (value !== undefined) applyOperators(seed, { $set: { [field]: value } });
    }
  }
}

function fixedValue(operand: unknown): unknown {
  if (!hasOperators(operand)) return isPattern(operand) ? undefined : operand;
  if ('$eq' in operand) return operand.$eq;
  const { $in: among, $all: all } = operand;
  if (Array.isArray(among) && among.length === 1 && !isPattern(among[0])) return among[0];
  return Array.isArray(all) && all.length === 1 && !hasOperators(all[0]) ? all[0] : undefined;
}

function isPattern(value: unknown): boolean {
  return (
    value instanceof RegExp ||
    (typeof value === 'object' && value !== null && '_bsontype' in value && value._bsontype === 'BSONRegExp')
  );
}
