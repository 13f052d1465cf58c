import { bsonType, isDocument, MISSING } from './values.ts';

const TYPE_NAMES: Record<string, string> = {
  Int32: 'int',
  Double: 'double',
  Long: 'long',
  Decimal128: 'decimal',
  ObjectId: 'objectId',
  Binary: 'binData',
  BSONRegExp: 'regex',
  Timestamp: 'timestamp',
  Code: 'javascript',
};

/** The name MongoDB's messages give a type. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined || value === MISSING) return 'missing';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value !== 'object') return typeof value;
  return TYPE_NAMES[bsonType(value) ?? ''] ?? 'object';
}

/** A value as MongoDB's messages show it. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return value.length > 0 ? `[ ${value.map(show).join(', ')} ]` : '[]';
  if (isDocument(value))
    return `{ ${Object.entries(value)
      .map(([field, inner]) => `${field}: ${show(inner)}`)
      .join(', ')} }`;
  if (bsonType(value) === 'ObjectId') return `ObjectId('${String(value)}')`;
  return value instanceof Date ? `new Date(${value.getTime()})` : String(value);
}
