import { Context } from 'mingo';
import { Aggregator } from 'mingo/aggregator';
import { $addFields, $project, $replaceRoot, $replaceWith, $set, $unset } from 'mingo/operators/pipeline';
import { checkArrayFiltersUsed } from './array-filters.ts';
import { CommandError } from './errors.ts';
import { ACCUMULATORS, checkExpression, EXPRESSIONS, expressionOptions } from './expressions.ts';
import { matcher } from './matching.ts';
import { equal } from './order.ts';
import { valuesAt } from './predicates.ts';
import { applyOperators, operationsOf } from './updating.ts';
import { type Doc, isDocument, plain } from './values.ts';
import type { UpdateStatement } from './writing.ts';

/** Gives the changed document; the one given in is left as it is or not used again. */
export type Change = (document: Doc, inserting: boolean) => Doc;

export function prepareChange({
  filter,
  update: change,
  multi,
  arrayFilters,
  variables,
}: UpdateStatement): Change {
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
function keepTypes(value: unknown, before: unknown): unknown {
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
