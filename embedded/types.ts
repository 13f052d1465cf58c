import { CommandError } from './errors.ts';
import { MISSING, toNumber } from './values.ts';

const TYPE_NAMES: Record<string, number> = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binData: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  javascript: 13,
  symbol: 14,
  javascriptWithScope: 15,
  int: 16,
  timestamp: 17,
  long: 18,
  decimal: 19,
  minKey: -1,
  maxKey: 127,
};
const TYPE_OF_CLASS: Record<string, number> = {
  Double: 1,
  DBRef: 3,
  Binary: 5,
  ObjectId: 7,
  BSONRegExp: 11,
  Code: 13,
  BSONSymbol: 14,
  Int32: 16,
  Timestamp: 17,
  Long: 18,
  Decimal128: 19,
  MinKey: -1,
  MaxKey: 127,
};

/** BSON's number for the type of a value. */
function typeNumber(value: unknown): number {
  if (value === MISSING) return 0;
  if (value === null) return 10;
  if (Array.isArray(value)) return 4;
  if (value instanceof Date) return 9;
  if (typeof value === 'object') return TYPE_OF_CLASS[(value as { _bsontype?: string })._bsontype ?? ''] ?? 3;
  return (
    { string: 2, boolean: 8, undefined: 6, number: Number.isInteger(value) ? 16 : 1 }[
      typeof value as 'string'
    ] ?? 0
  );
}

/** The test of `$type`: a name, a number, or a list of them. */
export function ofType(operand: unknown): (value: unknown) => boolean {
  const types = (Array.isArray(operand) ? operand : [operand]).flatMap((name) => {
    if (name === 'number') return [1, 16, 18, 19];
    const number = typeof name === 'string' ? TYPE_NAMES[name] : toNumber(name);
    if (number === undefined) throw new CommandError('BadValue', `Unknown type name alias: ${String(name)}`);
    if (!Object.values(TYPE_NAMES).includes(number))
      throw new CommandError('BadValue', `Invalid numerical type code: ${number}`);
    return [number];
  });
  return (value) => value !== MISSING && types.includes(typeNumber(value));
}
