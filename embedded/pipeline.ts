import { CommandError } from './errors.ts';
import { checkExpression, checkRefused } from './expressions.ts';
import { matcher } from './matching.ts';
import type { Query } from './reading.ts';
import { documentSpec, STAGES, type Stage, sortSpec, wholeSpec } from './stages.ts';
import { type Doc, isDocument, toNumber } from './values.ts';

/** What a query can do of a pipeline (its leading `$match`, `$sort`, `$skip`, `$limit`), and what is left. */
type Split = { query: Query; rest: Stage[] };

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
