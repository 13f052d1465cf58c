import { Long } from 'bson';
import type { Index } from '../catalog.ts';
import { RawBatch } from '../cursors.ts';
import { CommandError } from '../errors.ts';
import { PAUSE } from '../reading.ts';
import { type Doc, encode, equal } from '../values.ts';
import { documentsField, namespaceOf } from './fields.ts';
import type { Command } from './registry.ts';

const createIndexes: Command = {
  fields: ['indexes', 'ignoreUnknownIndexOptions', 'commitQuorum'],
  async run(request, engine) {
    const namespace = namespaceOf(request);
    const specs = documentsField(request.command, 'indexes');
    return engine.storage.write(function* () {
      const before = engine.catalog.find(namespace);
      const collection = engine.catalog.findOrCreate(namespace);
      const numIndexesBefore = collection.indexes.length;
      for (const spec of specs) {
        if (collection.indexes.some((index) => equal(index.spec.key, spec.key))) continue;
        const index = engine.catalog.addIndex(
          collection,
          { v: 2, ...spec } as unknown as Index['spec'],
          true,
        );
        for (const one of engine.reader.find(namespace, { filter: {} })) {
          if (one !== PAUSE) engine.documents.enter(collection, index, one);
        }
        index.building = false;
        yield;
      }
      return {
        numIndexesBefore,
        numIndexesAfter: collection.indexes.length,
        createdCollectionAutomatically: !before,
      };
    });
  },
};
const listIndexes: Command = {
  fields: ['*'],
  run(request, engine) {
    const namespace = namespaceOf(request);
    const collection = engine.catalog.find(namespace);
    if (!collection) throw new CommandError('NamespaceNotFound', `ns does not exist: ${namespace}`);
    return {
      cursor: {
        id: Long.ZERO,
        ns: namespace,
        firstBatch: new RawBatch(collection.indexes.map(({ spec }) => encode(spec as Doc))),
      },
    };
  },
};
export const indexCommands: Record<string, Command> = { createIndexes, listIndexes };
