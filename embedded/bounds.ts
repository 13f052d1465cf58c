import { BSONRegExp } from 'bson';
import type { Index } from './catalog.ts';
import { entryPrefix } from './indexes.ts';
import { afterPrefix, encodeKey } from './keys.ts';
import type { Range } from './storage.ts';
import { type Doc, RANK, rank, toNumber } from './values.ts';

export type Bound = { from: Buffer; to: Buffer; point: boolean; exact: boolean };

export function append(prefix: Bound, bound: Bound): Bound {
  return {
    from: Buffer.concat([prefix.from, bound.from]),
    to: bound.point ? Buffer.concat([prefix.from, bound.from]) : Buffer.concat([prefix.from, bound.to]),
    point: bound.point,
    exact: prefix.exact && bound.exact,
  };
}

export function rangesOf(index: Index, bounds: Bound[]): Range[] {
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
export function boundsOf(asked: Doc, descending: boolean, multikey: boolean): Bound[] | undefined {
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
