import type { Long } from 'bson';
import { encodeNumber } from './numbers.ts';
import { binaryParts, bsonType, elementsOf, RANK, rank, wordsOf } from './values.ts';

/** Order of two values in BSON's comparison order, types included: negative, 0 or positive. */
export function compare(a: unknown, b: unknown): number {
  const rankA = rank(a);
  const rankB = rank(b);
  if (rankA !== rankB) return rankA - rankB;
  switch (rankA) {
    case RANK.number:
      return compareNumbers(a, b);
    case RANK.string:
      return compareStrings(String(a), String(b));
    case RANK.object:
      return compareElements(elementsOf(a), elementsOf(b));
    case RANK.array:
      return compareArrays(a as unknown[], b as unknown[]);
    case RANK.boolean:
    case RANK.date:
      return Number(a) - Number(b);
    case RANK.objectId:
      return compareStrings(String(a), String(b));
    case RANK.binary:
      return compareBinary(binaryParts(a), binaryParts(b));
    case RANK.timestamp:
      return (a as Long).compare(b as Long);
    case RANK.regex:
    case RANK.code:
    case RANK.codeWithScope:
      return compareElements(Object.entries(wordsOf(a)), Object.entries(wordsOf(b)));
    default:
      return 0;
  }
}

export function equal(a: unknown, b: unknown): boolean {
  return a === b || compare(a, b) === 0;
}

function compareNumbers(a: unknown, b: unknown): number {
  const left = exactNumber(a);
  const right = exactNumber(b);
  if (left === undefined || right === undefined) return Buffer.compare(encodeNumber(a), encodeNumber(b));
  if (left === right) return 0;
  if (Number.isNaN(left)) return Number.isNaN(right) ? 0 : -1;
  return Number.isNaN(right) || left > right ? 1 : -1;
}

/** The value as a double where that loses nothing. */
function exactNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const type = bsonType(value);
  return type === 'Int32' || type === 'Double' ? (value as { value: number }).value : undefined;
}

/** Order of the UTF-8 bytes, which differs from JavaScript's where a surrogate pair meets U+E000 to U+FFFF. */
function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const surrogates = /[\ud800-\udfff]/;
  if (surrogates.test(a) || surrogates.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

function compareArrays(a: unknown[], b: unknown[]): number {
  for (let i = 0; i < a.length && i < b.length; i += 1) {
    const order = compare(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareElements(a: [string, unknown][], b: [string, unknown][]): number {
  for (let i = 0; i < a.length && i < b.length; i += 1) {
    const [nameA, valueA] = a[i] as [string, unknown];
    const [nameB, valueB] = b[i] as [string, unknown];
    const order = rank(valueA) - rank(valueB) || compareStrings(nameA, nameB) || compare(valueA, valueB);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareBinary(a: ReturnType<typeof binaryParts>, b: ReturnType<typeof binaryParts>): number {
  return a.bytes.length - b.bytes.length || a.subtype - b.subtype || Buffer.compare(a.bytes, b.bytes);
}
