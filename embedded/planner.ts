import { BSONRegExp } from 'bson';
import { append, type Bound, boundsOf, rangesOf } from './bounds.ts';
import type { Collection, Index } from './catalog.ts';
import { numberPrefix } from './catalog.ts';
import { constraints, holdsAll } from './coverage.ts';
import { CommandError } from './errors.ts';
import { isUnique, shapeOf } from './indexes.ts';
import { equal } from './order.ts';
import { prefixRange, type Range } from './storage.ts';
import { type Doc, isDocument, RANK, rank, toNumber } from './values.ts';

/** How the documents for a query are found. Whatever the plan, each document is still held against the filter. */
export type Plan = {
  /** Undefined: every document is looked at (COLLSCAN). */
  index: Index | undefined;
  ranges: Range[];
  /** Reads the index backwards. */
  reverse: boolean;
  /** The documents come in the order asked for. */
  sorted: boolean;
  /** The ranges hold the answer and nothing else, so that entries can be counted without looking at documents. */
  exact: boolean;
};

type Score = { plan: Plan; fixed: number; bounded: number; selective: boolean };

/** Most ranges one plan may have; a longer `$in` on a later field is left to the filter. */
const MOST_RANGES = 2000;

export function planQuery(collection: Collection, filter: Doc, sort: Doc = {}, hint?: unknown): Plan {
  const fields = constraints(filter);
  const natural = hint !== undefined && isDocument(hint) ? toNumber(hint.$natural) : toNumber(sort.$natural);
  if (natural !== undefined)
    return { ...scanAll(collection, fields), reverse: natural < 0, sorted: sort.$natural !== undefined };
  const candidates =
    hint === undefined || (isDocument(hint) && Object.keys(hint).length === 0)
      ? collection.indexes.filter(({ building }) => !building)
      : [hinted(collection, hint)];
  const scores = candidates
    .filter((index) => hint !== undefined || holdsAll(index, filter, fields))
    .map((index) => scoreIndex(index, filter, fields, sort));
  const useful = scores.filter(
    (score) =>
      hint !== undefined ||
      score.fixed + score.bounded > 0 ||
      (score.plan.sorted && Object.keys(sort).length > 0),
  );
  useful.sort(
    (a, b) =>
      Number(b.selective) - Number(a.selective) ||
      b.fixed - a.fixed ||
      Math.sign(b.bounded) - Math.sign(a.bounded) ||
      Number(b.plan.sorted) - Number(a.plan.sorted) ||
      b.bounded - a.bounded,
  );
  return useful[0]?.plan ?? scanAll(collection, fields);
}

function scanAll(collection: Collection, fields: Map<string, Doc>): Plan {
  return {
    index: undefined,
    ranges: [prefixRange(numberPrefix(collection.number))],
    reverse: false,
    sorted: false,
    exact: fields.size === 0,
  };
}

function hinted(collection: Collection, hint: unknown): Index {
  const found = collection.indexes.find(
    ({ spec, building }) =>
      !building && (typeof hint === 'string' ? spec.name === hint : equalKeys(spec.key, hint)),
  );
  if (!found)
    throw new CommandError(
      'BadValue',
      'error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index',
    );
  return found;
}

function equalKeys(key: Doc, hint: unknown): boolean {
  return isDocument(hint) && equal(key, hint);
}

function scoreIndex(index: Index, filter: Doc, fields: Map<string, Doc>, sort: Doc): Score {
  const { paths, descending } = shapeOf(index);
  let prefixes: Bound[] = [{ from: Buffer.alloc(0), to: Buffer.alloc(0), point: true, exact: true }];
  let fixed = 0;
  let pointed = 0;
  let leading = 0;
  let bounded = 0;
  let covered = 0;
  const roots = new Set<string>();
  for (const [i, path] of paths.entries()) {
    const asked = fields.get(path);
    const root = path.split('.')[0] as string;
    if (!asked || (index.multikey && roots.has(root))) break;
    roots.add(root);
    const bounds = boundsOf(asked, descending[i] as boolean, index.multikey);
    if (!bounds || bounds.length * prefixes.length > MOST_RANGES) break;
    prefixes = prefixes.flatMap((prefix) => bounds.map((bound) => append(prefix, bound)));
    const points = bounds.every(({ point }) => point);
    const single = bounds.length === 1 && points;
    if (single) fixed += 1;
    else bounded += 1;
    if (single && leading === covered) leading += 1;
    if (points) pointed += 1;
    covered += 1;
    if (!points) break;
  }
  const sortable = !index.multikey && !index.truncated;
  const direction = sortable ? sortDirection(index, sort, leading, fixedFields(fields)) : undefined;
  const partial = index.spec.partialFilterExpression as Doc | undefined;
  const asks = [...fields.keys()].filter((field) => !partial || !(field in partial));
  return {
    fixed,
    bounded,
    selective: isUnique(index) && pointed === paths.length,
    plan: {
      index,
      ranges: rangesOf(index, prefixes),
      reverse: direction === -1,
      sorted: Object.keys(sort).length === 0 || direction !== undefined,
      exact:
        !index.truncated &&
        !index.multikey &&
        prefixes.every(({ exact }) => exact) &&
        covered === asks.length &&
        asks.every((field) => paths.includes(field)) &&
        onlyFields(filter) &&
        !(partial && Object.keys(partial).some((field) => !equal(partial[field], filter[field]))),
    },
  };
}

function onlyFields(filter: Doc): boolean {
  return Object.keys(filter).every((field) => !field.startsWith('$') || field === '$comment');
}

function fixedFields(fields: Map<string, Doc>): Set<string> {
  return new Set(
    [...fields]
      .filter(
        ([, asked]) => '$eq' in asked && rank(asked.$eq) !== RANK.array && !(asked.$eq instanceof BSONRegExp),
      )
      .map(([field]) => field),
  );
}

/** 1 or -1 if reading the index forwards or backwards gives the sort's order; undefined if neither does. */
function sortDirection(index: Index, sort: Doc, fixed: number, constant: Set<string>): number | undefined {
  const { paths, descending } = shapeOf(index);
  const wanted = Object.entries(sort).filter(
    ([path]) => !(constant.has(path) && paths.slice(0, fixed).includes(path)),
  );
  if (wanted.length === 0) return Object.keys(sort).length > 0 ? 1 : undefined;
  let direction: number | undefined;
  for (const [i, [path, order]] of wanted.entries()) {
    const at = fixed + i;
    if (paths[at] !== path) return isUniqueSoFar(index, at) ? direction : undefined;
    const here = (descending[at] ? -1 : 1) * (toNumber(order) as number);
    if (direction !== undefined && here !== direction) return undefined;
    direction = here;
  }
  return direction;
}

/** After all fields of a unique index no two documents are equal, so further sort fields change nothing. */
function isUniqueSoFar(index: Index, at: number): boolean {
  return index.spec.name === '_id_' && at >= shapeOf(index).paths.length;
}
