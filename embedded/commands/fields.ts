import { typeName } from '../describing.ts';
import { CommandError } from '../errors.ts';
import { type Doc, isDocument, toNumber } from '../values.ts';
import type { Request } from './registry.ts';

/** Reading the fields of commands: each gives the value in its type, or MongoDB's error for a wrong one. */

export function namespaceOf({ name, database, command }: Request): string {
  const collection = command[name];
  if (typeof collection !== 'string')
    throw new CommandError('InvalidNamespace', `collection name has invalid type ${typeName(collection)}`);
  if (collection === '')
    throw new CommandError('InvalidNamespace', `Invalid namespace specified '${database}.'`);
  return `${database}.${collection}`;
}

export function documentField(command: Doc, field: string): Doc | undefined {
  const value = command[field];
  if (value === undefined || value === null) return undefined;
  if (!isDocument(value)) throw wrongType(field, value, 'object');
  return value;
}

export function documentsField(command: Doc, field: string): Doc[] {
  const value = command[field];
  if (value === undefined)
    throw new CommandError('MissingField', `BSON field '${field}' is missing but a required field`);
  if (!Array.isArray(value)) throw wrongType(field, value, 'array');
  for (const element of value) if (!isDocument(element)) throw wrongType(`${field}.0`, element, 'object');
  return value;
}

export function booleanField(command: Doc, field: string, otherwise = false): boolean {
  const value = command[field];
  if (value === undefined || value === null) return otherwise;
  if (typeof value === 'boolean') return value;
  const number = toNumber(value);
  if (number === undefined) throw wrongType(field, value, 'bool');
  return number !== 0;
}

/** A whole number, 0 or more. */
export function countField(command: Doc, field: string): number | undefined {
  const value = command[field];
  if (value === undefined || value === null) return undefined;
  const number = toNumber(value);
  if (number === undefined) throw wrongType(field, value, 'long');
  if (number < 0)
    throw new CommandError(51024, `BSON field '${field}' value must be >= 0, actual value '${number}'`);
  return Math.trunc(number);
}

/** Only the simple collation, which compares bytes, is there. */
export function checkCollation(command: Doc): void {
  const collation = documentField(command, 'collation');
  if (collation && Object.keys(collation).length > 0 && collation.locale !== 'simple') {
    throw new CommandError('NotImplemented', 'The embedded database supports only the simple collation');
  }
}

function wrongType(field: string, value: unknown, expected: string): CommandError {
  return new CommandError(
    'TypeMismatch',
    `BSON field '${field}' is the wrong type '${typeName(value)}', expected type '${expected}'`,
  );
}
