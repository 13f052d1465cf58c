import type { Collection, Index } from '../catalog.ts';
import { show } from '../describing.ts';
import { CommandError } from '../errors.ts';
import { matcher } from '../matching.ts';
import { equal } from '../order.ts';
import { type Doc, isDocument, toNumber } from '../values.ts';
import { checkCollation } from './fields.ts';

const OPTIONS = [
  'v',
  'key',
  'name',
  'unique',
  'sparse',
  'partialFilterExpression',
  'expireAfterSeconds',
  'background',
  'hidden',
  'collation',
  'ns',
];

/** What was asked for as it is kept, after refusing what MongoDB refuses, and what is not here. */
export function checkSpec(spec: Doc): Index['spec'] {
  const { key, name } = spec;
  if (!isDocument(key) || Object.keys(key).length === 0)
    throw new CommandError('CannotCreateIndex', 'Index keys cannot be empty.');
  if (typeof name !== 'string')
    throw new CommandError(
      'FailedToParse',
      "The 'name' field is a required property of an index specification",
    );
  const unknown = Object.keys(spec).find((option) => !OPTIONS.includes(option));
  if (unknown)
    throw new CommandError(
      'InvalidIndexSpecificationOption',
      `The field '${unknown}' is not valid for an index specification. Specification: ${show(spec)}`,
    );
  checkCollation(spec);
  for (const [path, direction] of Object.entries(key)) checkField(path, direction);
  const { partialFilterExpression: filter, sparse, expireAfterSeconds } = spec;
  if (filter !== undefined && !isDocument(filter))
    throw new CommandError('TypeMismatch', "The field 'partialFilterExpression' must be an object");
  if (filter) checkPartial(filter);
  if (filter && sparse)
    throw new CommandError('CannotCreateIndex', 'cannot mix "partialFilterExpression" and "sparse" options');
  if (expireAfterSeconds !== undefined) checkExpiry(expireAfterSeconds, key);
  const { v: _v, ns: _ns, background: _background, ...kept } = spec;
  return { v: 2, ...kept, key, name };
}

function checkField(path: string, direction: unknown): void {
  if (path === '' || path.split('.').includes(''))
    throw new CommandError('CannotCreateIndex', 'Index keys cannot be an empty field.');
  if (path.startsWith('$') || path.includes('$**'))
    throw new CommandError('CannotCreateIndex', `The embedded database has no wildcard indexes (${path})`);
  if (typeof direction === 'string')
    throw new CommandError(
      'CannotCreateIndex',
      `The embedded database has no index of the type '${direction}'`,
    );
  const number = toNumber(direction);
  if (number === undefined || number === 0 || Number.isNaN(number))
    throw new CommandError(
      'CannotCreateIndex',
      `Values in v:2 index key pattern cannot be of type ${typeof direction} or 0. Only numbers > 0, numbers < 0, and strings are allowed.`,
    );
}

const IN_PARTIAL = ['$eq', '$gt', '$gte', '$lt', '$lte', '$exists', '$type', '$in'];

function checkPartial(filter: Doc): void {
  matcher(filter);
  for (const [field, operand] of Object.entries(filter)) {
    if (field === '$and' && Array.isArray(operand)) operand.forEach(checkPartial);
    else if (field.startsWith('$'))
      throw new CommandError('CannotCreateIndex', `unsupported expression in partial index: ${field}`);
    else if (isDocument(operand)) {
      const refused = Object.entries(operand).find(
        ([operator, value]) =>
          operator.startsWith('$') &&
          (!IN_PARTIAL.includes(operator) || (operator === '$exists' && value !== true)),
      );
      if (refused)
        throw new CommandError(
          'CannotCreateIndex',
          `unsupported expression in partial index: ${field} ${refused[0]}`,
        );
    }
  }
}

function checkExpiry(seconds: unknown, key: Doc): void {
  const number = toNumber(seconds);
  if (number === undefined || number < 0 || number > 2147483647)
    throw new CommandError(
      'CannotCreateIndex',
      `TTL index 'expireAfterSeconds' option must be within an acceptable range, try a different value. Specified value: ${String(seconds)}`,
    );
  if (Object.keys(key).length > 1)
    throw new CommandError(
      'CannotCreateIndex',
      `TTL indexes are single-field indexes, compound indexes do not support TTL. Index spec: ${show(key)}`,
    );
}

/** Whether a collection has this index. Refuses one that it has with another name or other options. */
export function alreadyThere(collection: Collection, spec: Index['spec']): boolean {
  const comparable = ({ name: _name, ...options }: Doc) => options;
  for (const { spec: other } of collection.indexes) {
    const sameKey = equal(other.key, spec.key);
    const same =
      sameKey && (other.name === '_id_' || equal(sorted(comparable(other)), sorted(comparable(spec))));
    if (same && (other.name === spec.name || other.name === '_id_')) return true;
    if (other.name === spec.name) {
      throw new CommandError(
        'IndexKeySpecsConflict',
        `An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation. Requested index: ${show(spec)}, existing index: ${show(other)}`,
      );
    }
    if (same)
      throw new CommandError(
        'IndexOptionsConflict',
        `Index already exists with a different name: ${other.name}`,
      );
    if (sameKey && equal(other.partialFilterExpression ?? null, spec.partialFilterExpression ?? null)) {
      throw new CommandError(
        'IndexOptionsConflict',
        `An equivalent index already exists with a different name and options. Requested index: ${show(spec)}, existing index: ${show(other)}`,
      );
    }
  }
  return false;
}

function sorted(document: Doc): Doc {
  return Object.fromEntries(
    Object.entries(document)
      .filter(([, value]) => value !== false)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
