import { Double, Long } from 'bson';
import type { Collection } from '../catalog.ts';
import { existing, inOneStep } from './collections.ts';
import { namespaceOf } from './fields.ts';
import type { Command, Request } from './registry.ts';

export const collStats: Command = {
  fields: ['scale'],
  run(request, engine) {
    const namespace = namespaceOf(request);
    const { count = 0, size = 0, indexes = [] } = engine.catalog.find(namespace) ?? {};
    return {
      ns: namespace,
      size,
      count,
      ...(count > 0 ? { avgObjSize: Math.floor(size / count) } : {}),
      storageSize: size,
      nindexes: indexes.length,
      totalIndexSize: 0,
      totalSize: size,
      indexSizes: Object.fromEntries(indexes.map(({ spec }) => [spec.name, 0])),
      scaleFactor: 1,
      capped: false,
    };
  },
};

export const dbStats: Command = {
  fields: ['scale', 'freeStorage'],
  run({ database }, engine) {
    const collections = engine.catalog.list(database);
    const total = (of: (collection: Collection) => number) =>
      collections.reduce((sum, collection) => sum + of(collection), 0);
    const [objects, dataSize] = [total(({ count }) => count), total(({ size }) => size)];
    return {
      db: database,
      collections: new Long(collections.length),
      views: Long.ZERO,
      objects: new Long(objects),
      avgObjSize: new Double(objects > 0 ? dataSize / objects : 0),
      dataSize: new Double(dataSize),
      storageSize: new Double(dataSize),
      indexes: new Long(total(({ indexes }) => indexes.length)),
      indexSize: new Double(0),
      totalSize: new Double(dataSize),
      scaleFactor: new Long(1),
    };
  },
};

export const validate: Command = {
  fields: ['full', 'repair', 'metadata', 'checkBSONConformance'],
  async run(request: Request, engine) {
    const namespace = namespaceOf(request);
    const collection = existing(engine, namespace, `Collection '${namespace}' does not exist to validate.`);
    const { records, entries, problems } = await inOneStep(engine, () =>
      engine.documents.validate(collection),
    );
    return {
      ns: namespace,
      nInvalidDocuments: 0,
      nNonCompliantDocuments: 0,
      nrecords: records,
      nIndexes: collection.indexes.length,
      keysPerIndex: entries,
      indexDetails: Object.fromEntries(
        Object.keys(entries).map((name) => [
          name,
          { valid: !problems.some((problem) => problem.startsWith(`${name}:`)) },
        ]),
      ),
      valid: problems.length === 0,
      repaired: false,
      warnings: [],
      errors: problems,
      extraIndexEntries: [],
      missingIndexEntries: [],
    };
  },
};
