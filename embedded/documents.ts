import { ObjectId } from 'bson';
import type { Catalog, Collection, Index } from './catalog.ts';
import { CommandError } from './errors.ts';
import { checkUnique, entryKey, type IndexKey, keysOf, recordKey } from './indexes.ts';
import type { Storage } from './storage.ts';
import { type Doc, decode, encode, isDocument, RANK, rank } from './values.ts';

export const LARGEST_DOCUMENT = 16 * 1024 * 1024;

/** A document in the file, with the number under which it is kept. */
export type Stored = { record: number; bytes: Buffer };

type Change = { index: Index; added: IndexKey[]; removed: IndexKey[] };

/**
 * Puts, replaces and removes documents together with their index entries. Everything is checked before anything is
 * written, so a refused document leaves no trace. To be used in a transaction.
 */
export class Documents {
  private readonly storage: Storage;
  private readonly catalog: Catalog;

  constructor(storage: Storage, catalog: Catalog) {
    this.storage = storage;
    this.catalog = catalog;
  }

  insert(collection: Collection, document: Doc, bytes: Buffer): void {
    checkSize(bytes);
    checkId(document._id);
    const record = collection.nextRecord;
    const changes = collection.indexes.map((index) => this.addition(collection, index, document, record));
    collection.nextRecord += 1;
    this.storage.records.putSync(recordKey(collection, record), bytes);
    this.apply(changes, record);
    this.account(collection, 1, bytes.length);
  }

  replace(collection: Collection, stored: Stored, before: Doc, after: Doc, bytes: Buffer): void {
    checkSize(bytes);
    const changes = collection.indexes.map((index) =>
      this.difference(collection, index, before, after, stored.record),
    );
    this.storage.records.putSync(recordKey(collection, stored.record), bytes);
    this.apply(changes, stored.record);
    this.account(collection, 0, bytes.length - stored.bytes.length);
  }

  remove(collection: Collection, stored: Stored): void {
    const document = decode(stored.bytes);
    const changes = collection.indexes.map((index) => ({
      index,
      added: [],
      removed: keysOf(index, document).keys,
    }));
    this.apply(changes, stored.record);
    this.storage.records.removeSync(recordKey(collection, stored.record));
    this.account(collection, -1, -stored.bytes.length);
  }

  /** Enters a document that is already there into a new index. */
  enter(collection: Collection, index: Index, stored: Stored): void {
    this.apply([this.addition(collection, index, decode(stored.bytes), stored.record)], stored.record);
  }

  private addition(collection: Collection, index: Index, document: Doc, record: number): Change {
    const { keys, multikey } = keysOf(index, document);
    checkUnique(this.storage, collection, index, keys, record);
    this.remember(collection, index, keys, multikey);
    return { index, added: keys, removed: [] };
  }

  private difference(collection: Collection, index: Index, before: Doc, after: Doc, record: number): Change {
    const old = keysOf(index, before).keys;
    const { keys, multikey } = keysOf(index, after);
    const added = keys.filter((key) => !old.some((other) => other.bytes.equals(key.bytes)) || key.cut);
    const removed = old.filter((key) => !keys.some((other) => other.bytes.equals(key.bytes)));
    checkUnique(this.storage, collection, index, added, record);
    this.remember(collection, index, keys, multikey);
    return { index, added, removed };
  }

  private remember(collection: Collection, index: Index, keys: IndexKey[], multikey: boolean): void {
    const truncated = keys.some(({ cut }) => cut);
    if ((!multikey || index.multikey) && (!truncated || index.truncated)) return;
    index.multikey ||= multikey;
    index.truncated ||= truncated;
    this.catalog.touch(collection);
  }

  private apply(changes: Change[], record: number): void {
    for (const { index, added, removed } of changes) {
      for (const { bytes } of removed) this.storage.entries.removeSync(entryKey(index, bytes, record));
      for (const { bytes } of added) this.storage.entries.putSync(entryKey(index, bytes, record), NOTHING);
    }
  }

  private account(collection: Collection, count: number, size: number): void {
    collection.count += count;
    collection.size += size;
    this.catalog.touch(collection);
  }
}

const NOTHING = Buffer.alloc(0);

/** The document with `_id` as its first field (a new ObjectId where there is none), and its bytes. */
export function withId(document: Doc, bytes: Buffer): { document: Doc; bytes: Buffer } {
  const first = firstField(bytes);
  if (first === '_id') return { document, bytes };
  const { _id = new ObjectId(), ...rest } = document;
  const completed = { _id, ...rest };
  return { document: completed, bytes: encode(completed) };
}

function firstField(bytes: Buffer): string | undefined {
  return bytes.length > 5 ? bytes.toString('utf8', 5, bytes.indexOf(0, 5)) : undefined;
}

export function checkId(id: unknown): void {
  const type = rank(id);
  if (type === RANK.array || type === RANK.regex || type === RANK.undefined) {
    const name = { [RANK.array]: 'array', [RANK.regex]: 'regex', [RANK.undefined]: 'undefined' }[type];
    throw new CommandError(type === RANK.array ? 53 : 2, `The '_id' value cannot be of type ${name}`);
  }
  const dollar = isDocument(id) && Object.keys(id).find((field) => field.startsWith('$'));
  if (dollar)
    throw new CommandError(
      'DollarPrefixedFieldName',
      `_id fields may not contain '$'-prefixed fields: ${dollar} is not valid for storage.`,
    );
}

function checkSize(bytes: Buffer): void {
  if (bytes.length > LARGEST_DOCUMENT) {
    throw new CommandError(
      'BSONObjectTooLarge',
      `BSONObj size: ${bytes.length} (0x${bytes.length.toString(16).toUpperCase()}) is invalid. Size must be between 0 and 16793600(16MB)`,
    );
  }
}
