import { type Binary, type BSONRegExp, type Code, deserialize, type Long, onDemand, serialize } from 'bson';
import { CommandError } from './errors.ts';

export type Doc = { [field: string]: unknown };

/** Stands for a field that is not there; sorts and is indexed as null, but is not null. */
export const MISSING = Symbol('missing');

/** BSON bytes to a document with every type kept (`Int32`, `Double`, `Long`, ...), so that encoding it again gives the same bytes. */
export function decode(bytes: Uint8Array): Doc {
  return deserialize(bytes, { promoteValues: false, promoteLongs: false, bsonRegExp: true });
}

/** What bson can serialize at once; beyond it, it throws or cuts. */
const ROOM = 17 * 1024 * 1024;

export function encode(document: Doc): Buffer {
  try {
    const bytes = serialize(document, { ignoreUndefined: false });
    if (bytes.byteLength < ROOM) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (failure) {
    if (!(failure instanceof RangeError)) throw failure;
  }
  throw new CommandError(
    'BSONObjectTooLarge',
    'BSONObj size is invalid: it must be between 0 and 16793600(16MB)',
  );
}

/** The fields that two documents do not have alike, to the byte. */
export function changedFields(before: Buffer, after: Buffer): Set<string> {
  const old = fieldsOf(before);
  const changed = new Set<string>();
  for (const [name, bytes] of fieldsOf(after)) {
    if (!old.get(name)?.equals(bytes)) changed.add(name);
    old.delete(name);
  }
  for (const name of old.keys()) changed.add(name);
  return changed;
}

/** Each field with its bytes: type, name and value. */
function fieldsOf(bytes: Buffer): Map<string, Buffer> {
  const fields = new Map<string, Buffer>();
  for (const [, nameAt, nameLength, valueAt, length] of onDemand.parseToElements(bytes))
    fields.set(
      bytes.toString('utf8', nameAt, nameAt + nameLength),
      bytes.subarray(nameAt - 1, valueAt + length),
    );
  return fields;
}

/** The name that tells bson's classes apart; undefined for plain JavaScript values. */
export function bsonType(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null
    ? (value as { _bsontype?: string })._bsontype
    : undefined;
}

export function isDocument(value: unknown): value is Doc {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const type = bsonType(value);
  if (type !== undefined) return type === 'DBRef';
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export function isNumber(value: unknown): boolean {
  return rank(value) === RANK.number;
}

/** The nearest JavaScript number of any BSON number; undefined for anything else. */
export function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (!isNumber(value)) return undefined;
  return Number(String(value));
}

/** Whether a value counts as true where MongoDB asks for a boolean. */
export function isTrue(value: unknown): boolean {
  if (value === undefined || value === null || value === MISSING) return false;
  return isNumber(value) ? toNumber(value) !== 0 : value !== false;
}

/** The place of each type in BSON's comparison order. */
export const RANK = {
  minKey: 1,
  undefined: 5,
  null: 10,
  number: 20,
  string: 30,
  object: 40,
  array: 50,
  binary: 60,
  objectId: 70,
  boolean: 80,
  date: 90,
  timestamp: 100,
  regex: 110,
  code: 130,
  codeWithScope: 140,
  maxKey: 200,
} as const;

const RANK_OF_CLASS: Record<string, number> = {
  Int32: RANK.number,
  Double: RANK.number,
  Long: RANK.number,
  Decimal128: RANK.number,
  ObjectId: RANK.objectId,
  Binary: RANK.binary,
  Timestamp: RANK.timestamp,
  BSONRegExp: RANK.regex,
  BSONSymbol: RANK.string,
  DBRef: RANK.object,
  MinKey: RANK.minKey,
  MaxKey: RANK.maxKey,
};

export function rank(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return RANK.string;
    case 'number':
    case 'bigint':
      return RANK.number;
    case 'boolean':
      return RANK.boolean;
    case 'undefined':
      return RANK.undefined;
    case 'symbol':
      return RANK.null;
  }
  if (value === null) return RANK.null;
  const type = bsonType(value);
  if (type === 'Code') return (value as Code).scope ? RANK.codeWithScope : RANK.code;
  if (type !== undefined) return RANK_OF_CLASS[type] ?? RANK.object;
  if (Array.isArray(value)) return RANK.array;
  if (value instanceof Date) return RANK.date;
  if (value instanceof RegExp) return RANK.regex;
  return value instanceof Uint8Array ? RANK.binary : RANK.object;
}

export function elementsOf(value: unknown): [string, unknown][] {
  return Object.entries(bsonType(value) === 'DBRef' ? (value as { toJSON(): Doc }).toJSON() : (value as Doc));
}

export function binaryParts(value: unknown): { bytes: Uint8Array; subtype: number } {
  if (value instanceof Uint8Array) return { bytes: value, subtype: 0 };
  const binary = value as Binary;
  return { bytes: binary.value(), subtype: binary.sub_type };
}

/** Regular expressions and code as the words they are ordered by. */
export function wordsOf(value: unknown): Doc {
  if (value instanceof RegExp) return { pattern: value.source, options: value.flags };
  if (bsonType(value) === 'BSONRegExp') {
    const { pattern, options } = value as BSONRegExp;
    return { pattern, options };
  }
  const { code, scope } = value as Code;
  return scope ? { code, scope } : { code };
}

/**
 * The same value with numbers as JavaScript numbers, for mingo's expressions, which know no BSON classes.
 * Longs beyond 2^53 and decimals stay as they are.
 */
export function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  switch (bsonType(value)) {
    case undefined:
      return isDocument(value)
        ? Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, plain(inner)]))
        : value;
    case 'Int32':
    case 'Double':
      return (value as { value: number }).value;
    case 'Long': {
      const number = (value as Long).toNumber();
      return Number.isSafeInteger(number) ? number : value;
    }
    case 'BSONRegExp': {
      const { pattern, options } = value as BSONRegExp;
      return new RegExp(pattern, options.replace(/[^ims]/g, ''));
    }
    default:
      return value;
  }
}
