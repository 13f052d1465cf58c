import { Long } from 'bson';
import { RawBatch } from '../cursors.ts';
import { CommandError } from '../errors.ts';
import { type Doc, encode } from '../values.ts';
import { namespaceOf } from './fields.ts';
import type { Command } from './registry.ts';

const create: Command = {
  fields: [
    'capped',
    'autoIndexId',
    'idIndex',
    'size',
    'max',
    'storageEngine',
    'validator',
    'validationLevel',
    'validationAction',
    'indexOptionDefaults',
    'viewOn',
    'pipeline',
    'collation',
    'timeseries',
    'expireAfterSeconds',
    'clusteredIndex',
    'changeStreamPreAndPostImages',
    'encryptedFields',
  ],
  async run(request, engine) {
    const namespace = namespaceOf(request);
    // biome-ignore lint/correctness/useYield: one step
    await engine.storage.write(function* () {
      if (engine.catalog.find(namespace))
        throw new CommandError('NamespaceExists', `Collection ${namespace} already exists.`);
      engine.catalog.findOrCreate(namespace);
    });
    return {};
  },
};
const drop: Command = {
  fields: ['*'],
  async run(request, engine) {
    const namespace = namespaceOf(request);
    // biome-ignore lint/correctness/useYield: one step
    await engine.storage.write(function* () {
      const collection = engine.catalog.find(namespace);
      if (collection) engine.catalog.dropCollection(collection);
    });
    return {};
  },
};
const dropDatabase: Command = {
  fields: ['*'],
  async run({ database }, engine) {
    // biome-ignore lint/correctness/useYield: one step
    await engine.storage.write(function* () {
      for (const collection of engine.catalog.list(database)) engine.catalog.dropCollection(collection);
    });
    return { dropped: database };
  },
};
const listCollections: Command = {
  fields: ['*'],
  run({ database }, engine) {
    const batch = engine.catalog
      .list(database)
      .map(
        (c): Doc => ({
          name: c.namespace.slice(database.length + 1),
          type: 'collection',
          options: c.options,
          info: { readOnly: false, uuid: c.uuid },
          idIndex: c.indexes[0]?.spec,
        }),
      );
    return {
      cursor: {
        id: Long.ZERO,
        ns: `${database}.$cmd.listCollections`,
        firstBatch: new RawBatch(batch.map(encode)),
      },
    };
  },
};
export const collectionCommands: Record<string, Command> = { create, drop, dropDatabase, listCollections };
