import { UUID } from 'bson';
import { CommandError } from './errors.ts';
import type { Storage } from './storage.ts';
import { prefixRange } from './storage.ts';
import { type Doc, decode, encode, toNumber } from './values.ts';

/** An index as kept in the catalog. `spec` is what `listIndexes` shows. */
export type Index = {
  number: number;
  spec: Doc & { key: Doc; name: string; unique?: boolean; sparse?: boolean };
  /** Some document has an array here, so one document can have several entries. */
  multikey: boolean;
  /** Some key was too long for LMDB and was cut, so equal keys may stand for different values. */
  truncated: boolean;
  /** Still being filled from the documents there were; kept up by writes but not yet used by queries. */
  building: boolean;
};

export type Collection = {
  namespace: string;
  number: number;
  options: Doc;
  uuid: UUID;
  indexes: Index[];
  nextRecord: number;
  count: number;
  size: number;
};

/** What there is: collections with their indexes and counts, in memory and, with every transaction, in the file. */
export class Catalog {
  private collections = new Map<string, Collection>();
  /** Numbers whose records or entries are to be removed, a few at a time. */
  private trash: number[] = [];
  private nextNumber = 1;
  private readonly changed = new Set<string>();
  private readonly storage: Storage;

  constructor(storage: Storage) {
    this.storage = storage;
    storage.beforeCommit = () => this.save();
    storage.afterAbort = () => this.load();
    this.load();
  }

  find(namespace: string): Collection | undefined {
    return this.collections.get(namespace);
  }

  /** All collections of one database, or of all of them. */
  list(database?: string): Collection[] {
    const all = [...this.collections.values()];
    return database === undefined ? all : all.filter(({ namespace }) => namespace.startsWith(`${database}.`));
  }

  /** To be called in a transaction, as is everything below that changes something. */
  findOrCreate(namespace: string, options: Doc = {}): Collection {
    const found = this.collections.get(namespace);
    if (found) return found;
    checkNamespace(namespace);
    const created: Collection = {
      namespace,
      number: this.takeNumber(),
      options,
      uuid: new UUID(),
      indexes: [],
      nextRecord: 1,
      count: 0,
      size: 0,
    };
    this.addIndex(created, { v: 2, key: { _id: 1 }, name: '_id_' });
    this.collections.set(namespace, created);
    this.touch(created);
    return created;
  }

  addIndex(collection: Collection, spec: Index['spec'], building = false): Index {
    const index = { number: this.takeNumber(), spec, multikey: false, truncated: false, building };
    collection.indexes.push(index);
    this.touch(collection);
    return index;
  }

  dropIndex(collection: Collection, index: Index): void {
    collection.indexes.splice(collection.indexes.indexOf(index), 1);
    this.discard(index.number);
    this.touch(collection);
  }

  dropCollection(collection: Collection): void {
    this.collections.delete(collection.namespace);
    for (const index of collection.indexes) this.discard(index.number);
    this.discard(collection.number);
    this.touch(collection);
  }

  rename(collection: Collection, namespace: string): void {
    checkNamespace(namespace);
    this.touch(collection);
    this.collections.delete(collection.namespace);
    collection.namespace = namespace;
    this.collections.set(namespace, collection);
    this.touch(collection);
  }

  touch(collection: Collection): void {
    this.changed.add(collection.namespace);
  }

  private discard(number: number): void {
    if (this.trash.length === 0) this.storage.write(() => this.emptyTrash()).catch(LATER);
    this.trash.push(number);
    this.changed.add('');
  }

  private *emptyTrash(): Generator<undefined, void> {
    while (this.trash.length > 0) {
      const { from, to } = prefixRange(numberPrefix(this.trash[0] as number));
      let left = false;
      for (const table of [this.storage.records, this.storage.entries]) {
        const keys = [...table.getKeys({ start: from, end: to, limit: 1000 })];
        for (const key of keys) table.removeSync(key);
        left ||= keys.length === 1000;
      }
      if (!left) this.trash.shift();
      this.changed.add('');
      yield;
    }
  }

  private takeNumber(): number {
    this.changed.add('');
    return this.nextNumber++;
  }

  private save(): void {
    for (const namespace of this.changed) {
      const key = Buffer.from(`/${namespace}`);
      const collection = this.collections.get(namespace);
      if (namespace === '') {
        this.storage.meta.putSync(key, encode({ nextNumber: this.nextNumber, trash: this.trash }));
      } else if (collection) this.storage.meta.putSync(key, encode(collection));
      else this.storage.meta.removeSync(key);
    }
    this.changed.clear();
  }

  private load(): void {
    const known = this.collections;
    this.collections = new Map();
    this.changed.clear();
    for (const { key, value } of this.storage.meta.getRange({})) {
      const namespace = Buffer.from(key).toString().slice(1);
      const stored = decode(value);
      if (namespace === '') {
        this.nextNumber = toNumber(stored.nextNumber) as number;
        this.trash = (stored.trash as unknown[]).map((number) => toNumber(number) as number);
      } else this.collections.set(namespace, inPlace(known.get(namespace), storedCollection(stored)));
    }
    if (this.trash.length > 0) this.storage.write(() => this.emptyTrash()).catch(LATER);
  }

  hasUnfinished(): boolean {
    return this.list().some(({ indexes }) => indexes.some(({ building }) => building));
  }

  /** Drops the indexes whose building was cut short: nobody was told that they exist. */
  *dropUnfinished(): Generator<undefined, void> {
    for (const collection of this.collections.values()) {
      for (const index of collection.indexes.filter(({ building }) => building))
        this.dropIndex(collection, index);
    }
  }
}

/** What could not be emptied now is emptied after the next start. */
const LATER = () => {};

export function numberPrefix(number: number): Buffer {
  const prefix = Buffer.allocUnsafe(4);
  prefix.writeUInt32BE(number);
  return prefix;
}

function storedCollection(stored: Doc): Collection {
  const number = (field: string) => toNumber(stored[field]) as number;
  return {
    namespace: stored.namespace as string,
    number: number('number'),
    options: stored.options as Doc,
    uuid: new UUID((stored.uuid as UUID).buffer),
    indexes: (stored.indexes as (Doc & Index)[]).map((index) => ({
      ...index,
      number: toNumber(index.number) as number,
    })),
    nextRecord: number('nextRecord'),
    count: number('count'),
    size: number('size'),
  };
}

/** What was stored, in the objects that whoever is at work already holds. */
function inPlace(known: Collection | undefined, stored: Collection): Collection {
  if (known?.number !== stored.number) return stored;
  const indexes = stored.indexes.map((index) => {
    const same = known.indexes.find(({ number }) => number === index.number);
    return same ? Object.assign(same, index) : index;
  });
  return Object.assign(known, stored, { indexes });
}

function checkNamespace(namespace: string): void {
  const dot = namespace.indexOf('.');
  const [database, collection] = [namespace.slice(0, dot), namespace.slice(dot + 1)];
  const badDatabase = dot <= 0 || database.length > 63 || /[/\\. "$\0]/.test(database);
  const badCollection = collection === '' || /\0|^\.|\.$|\$/.test(collection);
  if (badDatabase || badCollection || Buffer.byteLength(namespace) > 255) {
    throw new CommandError('InvalidNamespace', `Invalid namespace specified '${namespace}'`);
  }
}
