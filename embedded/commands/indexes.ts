import type { Collection, Index } from '../catalog.ts';
import { show } from '../describing.ts';
import type { Engine } from '../engine.ts';
import { CommandError } from '../errors.ts';
import { equal } from '../order.ts';
import { PAUSE } from '../reading.ts';
import { isDocument } from '../values.ts';
import { existing, inOneStep, wholeCursor } from './collections.ts';
import { documentsField, namespaceOf } from './fields.ts';
import { alreadyThere, checkSpec } from './index-specs.ts';
import type { Command } from './registry.ts';

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

function startBuilding(engine: Engine, namespace: string, specs: Index['spec'][]): Index[] {
  const collection = engine.catalog.findOrCreate(namespace);
  const wanted = specs.filter((spec) => !alreadyThere(collection, spec));
  if (collection.indexes.length + wanted.length > MOST_INDEXES)
    throw new CommandError('CannotCreateIndex', `add index fails, too many indexes for ${namespace}`);
  return wanted.map((spec) => engine.catalog.addIndex(collection, spec, true));
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
      typeof one === 'string' ? spec.name === one : isDocument(one) && equal(spec.key, one),
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
