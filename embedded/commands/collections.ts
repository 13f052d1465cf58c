import { Long } from 'bson';
import type { Collection } from '../catalog.ts';
import { RawBatch } from '../cursors.ts';
import type { Engine } from '../engine.ts';
import { CommandError } from '../errors.ts';
import { matcher } from '../matching.ts';
import { oneStep } from '../storage.ts';
import { type Doc, encode, toNumber } from '../values.ts';
import { booleanField, checkCollation, documentField, namespaceOf } from './fields.ts';
import type { Command } from './registry.ts';
import { collStats, dbStats, validate } from './statistics.ts';

export const inOneStep = <T>(engine: Engine, change: () => T): Promise<T> =>
  engine.storage.write(() => oneStep(change));

export function existing(
  engine: Engine,
  namespace: string,
  message = `ns does not exist: ${namespace}`,
): Collection {
  const collection = engine.catalog.find(namespace);
  if (!collection) throw new CommandError('NamespaceNotFound', message);
  return collection;
}

const UNSUPPORTED = [
  'capped',
  'size',
  'max',
  'validator',
  'viewOn',
  'pipeline',
  'timeseries',
  'expireAfterSeconds',
  'clusteredIndex',
  'changeStreamPreAndPostImages',
  'encryptedFields',
  'storageEngine',
  'indexOptionDefaults',
];

const create: Command = {
  fields: ['idIndex', 'autoIndexId', 'validationLevel', 'validationAction', 'collation', ...UNSUPPORTED],
  async run(request, engine) {
    const namespace = namespaceOf(request);
    checkCollation(request.command);
    const refused = UNSUPPORTED.find(
      (field) => request.command[field] !== undefined && request.command[field] !== false,
    );
    if (refused)
      throw new CommandError(
        'NotImplemented',
        `create's ${refused} is not supported by the embedded database`,
      );
    await inOneStep(engine, () => {
      // Creating again with the same options is not an error, and there are no other options.
      engine.catalog.findOrCreate(namespace);
    });
    return {};
  },
};

const drop: Command = {
  fields: [],
  run: (request, engine) =>
    inOneStep(engine, () => {
      const collection = engine.catalog.find(namespaceOf(request));
      if (!collection) return {};
      const { namespace, indexes } = collection;
      engine.catalog.dropCollection(collection);
      engine.cursors.killAll((ns) => ns === namespace);
      return { nIndexesWas: indexes.length, ns: namespace };
    }),
};

const dropDatabase: Command = {
  fields: [],
  async run({ database }, engine) {
    await inOneStep(engine, () => {
      for (const collection of engine.catalog.list(database)) engine.catalog.dropCollection(collection);
      engine.cursors.killAll((ns) => ns.startsWith(`${database}.`));
    });
    return { dropped: database };
  },
};

const renameCollection: Command = {
  fields: ['to', 'dropTarget'],
  async run({ command }, engine) {
    const { renameCollection: from, to } = command;
    if (typeof from !== 'string' || typeof to !== 'string')
      throw new CommandError('TypeMismatch', "'renameCollection' and 'to' must be strings");
    await inOneStep(engine, () => {
      const collection = existing(engine, from, `Source collection ${from} does not exist`);
      const target = engine.catalog.find(to);
      if (from === to) throw new CommandError('IllegalOperation', "Can't rename a collection to itself");
      if (target && !booleanField(command, 'dropTarget'))
        throw new CommandError('NamespaceExists', 'target namespace exists');
      if (target) engine.catalog.dropCollection(target);
      engine.catalog.rename(collection, to);
      engine.cursors.killAll((ns) => ns === from || ns === to);
    });
    return {};
  },
};

const collMod: Command = {
  fields: ['index', 'validator', 'validationLevel', 'validationAction', 'expireAfterSeconds'],
  run(request, engine) {
    const namespace = namespaceOf(request);
    const change = documentField(request.command, 'index');
    if (!change)
      throw new CommandError(
        'NotImplemented',
        'The embedded database changes only the expireAfterSeconds of an index',
      );
    return inOneStep(engine, () => {
      const collection = existing(engine, namespace);
      const index = collection.indexes.find(
        ({ spec }) =>
          spec.name === change.name || JSON.stringify(spec.key) === JSON.stringify(change.keyPattern),
      );
      if (!index)
        throw new CommandError(
          'IndexNotFound',
          `cannot find index ${String(change.name ?? JSON.stringify(change.keyPattern))} for ns ${namespace}`,
        );
      const unknown = Object.keys(change).find(
        (field) => !['name', 'keyPattern', 'expireAfterSeconds'].includes(field),
      );
      if (unknown)
        throw new CommandError(
          'NotImplemented',
          `The embedded database cannot change ${unknown} of an index`,
        );
      if (toNumber(change.expireAfterSeconds) === undefined)
        throw new CommandError('InvalidOptions', 'no expireAfterSeconds field');
      const before = index.spec.expireAfterSeconds;
      index.spec.expireAfterSeconds = change.expireAfterSeconds;
      engine.catalog.touch(collection);
      return {
        ...(before === undefined ? {} : { expireAfterSeconds_old: before }),
        expireAfterSeconds_new: change.expireAfterSeconds,
      };
    });
  },
};

const listDatabases: Command = {
  fields: ['filter', 'nameOnly', 'authorizedDatabases'],
  run({ command }, engine) {
    const sizes = new Map<string, number>();
    for (const { namespace, size } of engine.catalog.list()) {
      const name = namespace.slice(0, namespace.indexOf('.'));
      sizes.set(name, (sizes.get(name) ?? 0) + size);
    }
    const matches = matcher(documentField(command, 'filter') ?? {});
    const databases = [...sizes]
      .sort()
      .map(([name, size]) => ({ name, sizeOnDisk: new Long(size), empty: size === 0 }))
      .filter(matches);
    if (booleanField(command, 'nameOnly')) return { databases: databases.map(({ name }) => ({ name })) };
    const totalSize = databases.reduce((sum, { sizeOnDisk }) => sum + sizeOnDisk.toNumber(), 0);
    return { databases, totalSize, totalSizeMb: Math.floor(totalSize / 1024 / 1024) };
  },
};

const listCollections: Command = {
  fields: ['filter', 'nameOnly', 'authorizedCollections', 'cursor'],
  run({ database, command }, engine) {
    const matches = matcher(documentField(command, 'filter') ?? {});
    const found = engine.catalog
      .list(database)
      .map(
        (collection): Doc => ({
          name: collection.namespace.slice(database.length + 1),
          type: 'collection',
          options: collection.options,
          info: { readOnly: false, uuid: collection.uuid },
          idIndex: collection.indexes[0]?.spec,
        }),
      )
      .filter(matches)
      .map(({ name, type, ...rest }) =>
        booleanField(command, 'nameOnly') ? { name, type } : { name, type, ...rest },
      );
    return wholeCursor(`${database}.$cmd.listCollections`, found);
  },
};

/** A cursor whose first batch is everything. */
export function wholeCursor(ns: string, documents: Doc[]): Doc {
  return { cursor: { id: Long.ZERO, ns, firstBatch: new RawBatch(documents.map(encode)) } };
}

export const collectionCommands: Record<string, Command> = {
  create,
  drop,
  dropDatabase,
  renameCollection,
  collMod,
  listDatabases,
  listCollections,
  collStats,
  collstats: collStats,
  dbStats,
  dbstats: dbStats,
  validate,
};
