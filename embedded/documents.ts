import { ObjectId } from 'bson';
import { type Catalog, type Collection, type Index, numberPrefix } from './catalog.ts';
import { CommandError } from './errors.ts';
import {
  checkUnique,
  dependsOn,
  entryKey,
  type IndexKey,
  keysOf,
  recordKey,
  recordOfKey,
} from './indexes.ts';
import { prefixRange, type Storage } from './storage.ts';
import { changedFields, type Doc, decode, encode, isDocument, RANK, rank } from './values.ts';

export const LARGEST_DOCUMENT = 16 * 1024 * 1024;

/** A document in the file, with the number under which it is kept. */
export type Stored = { record: number; bytes: Buffer };
/** The same, as its bytes say. */
type Kept = Stored & { document: Doc };

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
    checkSize(bytes, tooLargeToInsert);
    checkId(document._id);
    const record = collection.nextRecord;
    const changes = collection.indexes.map((index) => this.addition(collection, index, document, record));
    collection.nextRecord += 1;
    this.storage.records.putSync(recordKey(collection, record), bytes);
    this.apply(changes, record);
    this.account(collection, 1, bytes.length);
  }

  replace(collection: Collection, stored: Kept, after: Doc, bytes: Buffer): void {
    checkSize(bytes, tooLargeAfterUpdate);
    const fields = changedFields(stored.bytes, bytes);
    const changes = collection.indexes
      .filter((index) => dependsOn(index, fields))
      .map((index) => this.difference(collection, index, stored.document, after, stored.record));
    this.storage.records.putSync(recordKey(collection, stored.record), bytes);
    this.apply(changes, stored.record);
    this.account(collection, 0, bytes.length - stored.bytes.length);
  }

  remove(collection: Collection, stored: Kept): void {
    const changes = collection.indexes.map((index) => ({
      index,
      added: [],
      removed: keysOf(index, stored.document).keys,
    }));
    this.apply(changes, stored.record);
    this.storage.records.removeSync(recordKey(collection, stored.record));
    this.account(collection, -1, -stored.bytes.length);
  }

  /** Enters a document that is already there into a new index. */
  enter(collection: Collection, index: Index, stored: Stored): void {
    this.apply([this.addition(collection, index, decode(stored.bytes), stored.record)], stored.record);
  }

  /** Holds every document against every index, both ways. Runs as one step, so nothing is written meanwhile. */
  validate(collection: Collection): { records: number; entries: Record<string, number>; problems: string[] } {
    const expected = new Map(collection.indexes.map(({ number }) => [number, 0]));
    const problems: string[] = [];
    let records = 0;
    for (const { key, value } of this.storage.records.getRange(spanOf(collection.number))) {
      records += 1;
      const document = decode(value);
      for (const index of collection.indexes.filter(({ building }) => !building)) {
        for (const bytes of distinct(keysOf(index, document).keys)) {
          expected.set(index.number, (expected.get(index.number) ?? 0) + 1);
          if (!this.storage.entries.doesExist(entryKey(index, bytes, recordOfKey(key))))
            problems.push(`${index.spec.name}: no entry for record ${recordOfKey(key)}`);
        }
      }
    }
    const entries: Record<string, number> = {};
    for (const { number, spec, building } of collection.indexes) {
      if (building) continue;
      const found = this.storage.entries.getKeysCount(spanOf(number));
      entries[spec.name] = found;
      if (found !== expected.get(number))
        problems.push(`${spec.name}: ${found} entries where the documents have ${expected.get(number)}`);
    }
    if (records !== collection.count)
      problems.push(`count: ${collection.count} is kept, ${records} are there`);
    return { records, entries, problems };
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

/** Long keys of one document may have been cut to the same bytes: they are one entry. */
function distinct(keys: IndexKey[]): Buffer[] {
  return [...new Map(keys.map(({ bytes }) => [bytes.toString('latin1'), bytes])).values()];
}

function spanOf(number: number): { start: Buffer; end: Buffer } {
  const { from, to } = prefixRange(numberPrefix(number));
  return { start: from, end: to };
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

function checkSize(bytes: Buffer, refusal: (size: number) => CommandError): void {
  if (bytes.length > LARGEST_DOCUMENT) throw refusal(bytes.length);
}

function tooLargeToInsert(size: number): CommandError {
  return new CommandError(
    'BadValue',
    `object to insert too large. size in bytes: ${size}, max size: ${LARGEST_DOCUMENT}`,
  );
}

function tooLargeAfterUpdate(): CommandError {
  return new CommandError(17419, `Resulting document after update is larger than ${LARGEST_DOCUMENT}`);
}
