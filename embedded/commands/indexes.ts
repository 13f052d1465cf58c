import type { Collection, Index } from '../catalog.ts';
import { show } from '../describing.ts';
import type { Engine } from '../engine.ts';
import { CommandError } from '../errors.ts';
import { matcher } from '../matching.ts';
import { PAUSE } from '../reading.ts';
import { type Doc, equal, isDocument, toNumber } from '../values.ts';
import { existing, inOneStep, wholeCursor } from './collections.ts';
import { checkCollation, documentsField, namespaceOf } from './fields.ts';
import type { Command } from './registry.ts';

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
const MOST_INDEXES = 64;

const createIndexes: Command = {
  fields: ['indexes', 'ignoreUnknownIndexOptions', 'commitQuorum'],
  async run(request, engine) {
    const namespace = namespaceOf(request);
    const specs = documentsField(request.command, 'indexes').map(checkSpec);
    if (specs.length === 0) throw new CommandError('BadValue', 'Must specify at least one index to create');
    const before = engine.catalog.find(namespace)?.indexes.length ?? 0;
    const createdCollectionAutomatically = !engine.catalog.find(namespace);
    const started = await inOneStep(engine, () => startBuilding(engine, namespace, specs));
    for (const index of started) await engine.storage.write(() => build(engine, namespace, index, started));
    const numIndexesBefore = createdCollectionAutomatically ? 1 : before;
    return {
      numIndexesBefore,
      numIndexesAfter: engine.catalog.find(namespace)?.indexes.length ?? 0,
      createdCollectionAutomatically,
      ...(started.length === 0 ? { note: 'all indexes already exist' } : {}),
    };
  },
};

function checkSpec(spec: Doc): Index['spec'] {
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

function startBuilding(engine: Engine, namespace: string, specs: Index['spec'][]): Index[] {
  const collection = engine.catalog.findOrCreate(namespace);
  const wanted = specs.filter((spec) => !alreadyThere(collection, spec));
  if (collection.indexes.length + wanted.length > MOST_INDEXES)
    throw new CommandError('CannotCreateIndex', `add index fails, too many indexes for ${namespace}`);
  return wanted.map((spec) => engine.catalog.addIndex(collection, spec, true));
}

function alreadyThere(collection: Collection, spec: Index['spec']): boolean {
  const comparable = ({ name: _name, ...options }: Doc) => options;
  for (const { spec: other } of collection.indexes) {
    const sameKey = sameFields(other.key, spec.key);
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

function sameFields(a: Doc, b: Doc): boolean {
  return equal(a, b);
}

function sorted(document: Doc): Doc {
  return Object.fromEntries(
    Object.entries(document)
      .filter(([, value]) => value !== false)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** How many documents one transaction enters into an index before others get a turn. */
const TURN = 500;

/** Enters the documents there are into a new index. Writers keep it up meanwhile; queries use it once it is whole. */
function* build(engine: Engine, namespace: string, index: Index, all: Index[]): Generator<undefined, void> {
  const collection = engine.catalog.find(namespace);
  if (!collection?.indexes.includes(index))
    throw new CommandError(
      'NamespaceNotFound',
      `index build of ${index.spec.name} failed: the collection was dropped`,
    );
  try {
    let entered = 0;
    for (const found of engine.reader.find(namespace, { filter: {}, hint: { $natural: 1 } })) {
      if (found === PAUSE) yield;
      else {
        const bytes = engine.reader.read(collection, found.record);
        if (bytes) engine.documents.enter(collection, index, { record: found.record, bytes });
        if (++entered % TURN === 0) yield;
        if (!collection.indexes.includes(index))
          throw new CommandError(276, `Index build aborted: ${index.spec.name}`);
      }
    }
    index.building = false;
    engine.catalog.touch(collection);
  } catch (failure) {
    // All of one command's indexes are made, or none.
    for (const one of all) if (collection.indexes.includes(one)) engine.catalog.dropIndex(collection, one);
    throw failure;
  }
}

const listIndexes: Command = {
  fields: ['cursor'],
  run(request, engine) {
    const namespace = namespaceOf(request);
    return wholeCursor(
      namespace,
      existing(engine, namespace)
        .indexes.filter(({ building }) => !building)
        .map(({ spec }) => spec),
    );
  },
};

const dropIndexes: Command = {
  fields: ['index'],
  run(request, engine) {
    const namespace = namespaceOf(request);
    const { index: wanted } = request.command;
    return inOneStep(engine, () => {
      const collection = existing(engine, namespace, `ns not found ${namespace}`);
      const nIndexesWas = collection.indexes.length;
      for (const index of chosen(collection, wanted)) engine.catalog.dropIndex(collection, index);
      return { nIndexesWas, ...(wanted === '*' ? { msg: 'non-_id indexes dropped for collection' } : {}) };
    });
  },
};

function chosen(collection: Collection, wanted: unknown): Index[] {
  if (wanted === '*') return collection.indexes.filter(({ spec }) => spec.name !== '_id_');
  return (Array.isArray(wanted) ? wanted : [wanted]).map((one) => {
    const index = collection.indexes.find(({ spec }) =>
      typeof one === 'string' ? spec.name === one : isDocument(one) && sameFields(spec.key, one),
    );
    if (!index)
      throw new CommandError(
        'IndexNotFound',
        typeof one === 'string'
          ? `index not found with name [${one}]`
          : `can't find index with key: ${show(one)}`,
      );
    if (index.spec.name === '_id_') throw new CommandError('InvalidOptions', 'cannot drop _id index');
    return index;
  });
}

export const indexCommands: Record<string, Command> = {
  createIndexes,
  listIndexes,
  dropIndexes,
  deleteIndexes: dropIndexes,
};
