import { BSONRegExp } from 'bson';
import type { Collection, Index } from './catalog.ts';
import { numberPrefix } from './catalog.ts';
import { CommandError } from './errors.ts';
import { hasOperators } from './filters.ts';
import { entryPrefix, isUnique, shapeOf } from './indexes.ts';
import { afterPrefix, encodeKey } from './keys.ts';
import { prefixRange, type Range } from './storage.ts';
import { type Doc, equal, isDocument, RANK, rank, toNumber } from './values.ts';

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

type Bound = { from: Buffer; to: Buffer; point: boolean; exact: boolean };
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

/** What a filter asks of each field, as `{ field: { $eq: ..., $gt: ... } }`, gathered from the top and from `$and`. */
function constraints(filter: Doc): Map<string, Doc> {
  const fields = new Map<string, Doc>();
  const gather = (part: Doc): void => {
    for (const [field, operand] of Object.entries(part)) {
      if (field === '$and' && Array.isArray(operand)) operand.filter(isDocument).forEach(gather);
      else if (field === '$comment') continue;
      else {
        const asked = hasOperators(operand) ? operand : { $eq: operand };
        const known = fields.get(field);
        const merged =
          known && Object.keys(asked).some((operator) => operator in known)
            ? { ...asked, ...known, $more: true }
            : { ...known, ...asked };
        fields.set(field, merged);
      }
    }
  };
  gather(filter);
  return fields;
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

function append(prefix: Bound, bound: Bound): Bound {
  return {
    from: Buffer.concat([prefix.from, bound.from]),
    to: bound.point ? Buffer.concat([prefix.from, bound.from]) : Buffer.concat([prefix.from, bound.to]),
    point: bound.point,
    exact: prefix.exact && bound.exact,
  };
}

function rangesOf(index: Index, bounds: Bound[]): Range[] {
  const ranges = bounds.map(({ from, to, point }) => {
    const start = entryPrefix(index, from);
    return { from: start, to: point ? afterPrefix(start) : afterEntry(index, to) };
  });
  ranges.sort((a, b) => Buffer.compare(a.from, b.from));
  return ranges.filter((range, i) => i === 0 || !range.from.equals((ranges[i - 1] as Range).from));
}

/** The end of an open range: cut keys make it reach over everything that was cut to the same bytes. */
function afterEntry(index: Index, to: Buffer): Buffer {
  const end = entryPrefix(index, to);
  return index.truncated ? afterPrefix(end) : end;
}

/** The stretches of key bytes that hold every document a field's conditions can match; undefined where all may. */
function boundsOf(asked: Doc, descending: boolean, multikey: boolean): Bound[] | undefined {
  const operators = Object.keys(asked);
  const alone = operators.length === 1;
  if ('$eq' in asked) return points(asked.$eq, descending, alone);
  if (Array.isArray(asked.$in)) {
    if (asked.$in.some((value) => value instanceof BSONRegExp)) return undefined;
    return asked.$in.flatMap((value) => points(value, descending, alone) ?? []);
  }
  const low = '$gt' in asked ? '$gt' : '$gte' in asked ? '$gte' : undefined;
  const high = '$lt' in asked ? '$lt' : '$lte' in asked ? '$lte' : undefined;
  const chosen = [low, high].filter((operator) => operator !== undefined);
  if (chosen.length === 0) return undefined;
  const exact = operators.every((operator) => chosen.includes(operator));
  // One element of an array may satisfy the lower bound and another the upper, so only one of them narrows the scan.
  const used = multikey ? chosen.slice(0, 1) : chosen;
  return range(
    used.map((operator) => [operator, asked[operator]] as const),
    descending,
    exact,
  );
}

function points(value: unknown, descending: boolean, exact: boolean): Bound[] | undefined {
  if (value instanceof BSONRegExp) return undefined;
  const point = (inner: unknown, isExact: boolean): Bound => {
    const bytes = encodeKey([inner], [descending]);
    return { from: bytes, to: bytes, point: true, exact: isExact };
  };
  if (value === null) return [point(null, false), point(undefined, false)];
  if (Array.isArray(value)) return [point(value, false), point(value[0], false)];
  return [point(value, exact)];
}

function range(
  conditions: (readonly [string, unknown])[],
  descending: boolean,
  exact: boolean,
): Bound[] | undefined {
  const types = new Set(conditions.map(([, value]) => rank(value)));
  const [type] = types;
  if (types.size !== 1 || type === undefined) return undefined;
  if ([RANK.null, RANK.minKey, RANK.maxKey, RANK.array, RANK.undefined].includes(type as 1)) return undefined;
  let from: Buffer = Buffer.of(type);
  let to: Buffer = Buffer.of(type + 1);
  for (const [operator, value] of conditions) {
    if (type === RANK.number && Number.isNaN(toNumber(value))) return undefined;
    const bytes = encodeKey([value]);
    if (operator === '$gt') from = afterPrefix(bytes);
    if (operator === '$gte') from = bytes;
    if (operator === '$lt') to = bytes;
    if (operator === '$lte') to = afterPrefix(bytes);
  }
  if (type === RANK.number && from.length === 1) from = afterPrefix(encodeKey([Number.NaN]));
  if (Buffer.compare(from, to) >= 0) return [];
  return [
    descending
      ? { from: invert(to), to: invert(from), point: false, exact }
      : { from, to, point: false, exact },
  ];
}

/** Where inverted keys that lie in [from, to) begin or end: inversion turns the order round, and the ends with it. */
function invert(bytes: Buffer): Buffer {
  return afterPrefix(Buffer.from(bytes.map((byte) => ~byte)));
}

/** Whether every document the filter can match is in the index: sparse and partial indexes leave some out. */
function holdsAll(index: Index, filter: Doc, fields: Map<string, Doc>): boolean {
  const partial = index.spec.partialFilterExpression as Doc | undefined;
  if (partial && !implies(fields, partial)) return false;
  if (!index.spec.sparse) return true;
  return (
    Object.keys(index.spec.key).some((path) => {
      const asked = fields.get(path);
      return asked !== undefined && requiresField(asked);
    }) && filter !== undefined
  );
}

function requiresField(asked: Doc): boolean {
  return Object.entries(asked).some(([operator, value]) => {
    if (operator === '$exists') return value === true || toNumber(value) === 1;
    if (operator === '$in') return Array.isArray(value) && value.every((one) => one !== null);
    return (
      ['$eq', '$gt', '$gte', '$lt', '$lte', '$regex', '$type', '$size', '$mod', '$elemMatch'].includes(
        operator,
      ) && value !== null
    );
  });
}

/** Whether the filter asks for at least what a partial index asks for. */
function implies(fields: Map<string, Doc>, partial: Doc): boolean {
  return [...constraints(partial)].every(([field, needed]) => {
    const asked = fields.get(field);
    return (
      asked !== undefined &&
      Object.entries(needed).every(([operator, value]) => impliesOne(asked, operator, value))
    );
  });
}

function impliesOne(asked: Doc, operator: string, value: unknown): boolean {
  if (operator in asked && equal(asked[operator], value)) return true;
  if (operator === '$exists') return value === true && requiresField(asked);
  const within = (candidate: unknown): boolean => {
    if (rank(candidate) !== rank(value) || Array.isArray(candidate) || candidate === null) return false;
    const order = Buffer.compare(encodeKey([candidate]), encodeKey([value]));
    return (
      { $eq: order === 0, $gt: order > 0, $gte: order >= 0, $lt: order < 0, $lte: order <= 0 }[operator] ??
      false
    );
  };
  if ('$eq' in asked) return within(asked.$eq);
  if (Array.isArray(asked.$in)) return asked.$in.length > 0 && asked.$in.every(within);
  if (operator.startsWith('$gt'))
    return (
      ('$gt' in asked && (within(asked.$gt) || equal(asked.$gt, value))) ||
      ('$gte' in asked && within(asked.$gte))
    );
  if (operator.startsWith('$lt'))
    return (
      ('$lt' in asked && (within(asked.$lt) || equal(asked.$lt, value))) ||
      ('$lte' in asked && within(asked.$lte))
    );
  return false;
}
