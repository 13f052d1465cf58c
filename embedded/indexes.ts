import type { Collection, Index } from './catalog.ts';
import { numberPrefix } from './catalog.ts';
import { show } from './describing.ts';
import { CommandError } from './errors.ts';
import { afterPrefix, encodeKey } from './keys.ts';
import { type Matcher, matcher } from './matching.ts';
import type { Storage } from './storage.ts';
import { type Doc, decode, isDocument, MISSING, toNumber } from './values.ts';

/** LMDB takes keys of 1,978 bytes; longer ones are cut here, and `index.truncated` remembers that it happened. */
const LONGEST_KEY = 1900;

/** One entry's key without the record: its bytes, and the values they stand for. */
export type IndexKey = { bytes: Buffer; values: unknown[]; cut: boolean };

/**
 * The paths and directions of an index, and which documents it holds. `steps`: the paths taken apart, where one of them
 * leads into a field; `fields`: those of a document that decide about its keys, unless any of them may.
 */
type Shape = {
  paths: string[];
  steps: string[][] | undefined;
  fields: string[] | undefined;
  descending: boolean[];
  holds: Matcher | undefined;
};

const shapes = new WeakMap<Index, Shape>();

export function shapeOf(index: Index): Shape {
  const known = shapes.get(index);
  if (known) return known;
  const filter = index.spec.partialFilterExpression as Doc | undefined;
  const paths = Object.keys(index.spec.key);
  const names = [...paths, ...Object.keys(filter ?? {})];
  const shape = {
    paths,
    steps: paths.some((path) => path.includes('.')) ? paths.map((path) => path.split('.')) : undefined,
    fields: names.some((name) => name.startsWith('$')) ? undefined : names.map(firstStep),
    descending: Object.values(index.spec.key).map((direction) => (toNumber(direction) ?? 1) < 0),
    holds: filter && matcher(filter),
  };
  shapes.set(index, shape);
  return shape;
}

const firstStep = (path: string): string => path.split('.', 1)[0] as string;

/** Whether a change of these fields can change a document's keys in an index. */
export function dependsOn(index: Index, changed: ReadonlySet<string>): boolean {
  const { fields } = shapeOf(index);
  return !fields || fields.some((field) => changed.has(field));
}

/** The keys under which a document is found in an index: none, one, or with an array one for each element. */
export function keysOf(index: Index, document: Doc): { keys: IndexKey[]; multikey: boolean } {
  const shape = shapeOf(index);
  if (shape.holds && !shape.holds(document)) return { keys: [], multikey: false };
  const { tuples, multikey } = indexedValues(shape, document);
  if (index.spec.sparse && tuples.every((values) => values.every((value) => value === MISSING))) {
    return { keys: [], multikey: false };
  }
  const keys = tuples.map((values) => ({ values, bytes: encodeKey(values, shape.descending) }));
  return { keys: (keys.length > 1 ? distinctKeys(keys) : keys).map(cutLong), multikey };
}

type FullKey = Omit<IndexKey, 'cut'>;

const distinctKeys = (keys: FullKey[]): FullKey[] => [
  ...new Map(keys.map((key) => [key.bytes.toString('latin1'), key])).values(),
];

const cutLong = ({ bytes, values }: FullKey): IndexKey => {
  const cut = bytes.length > LONGEST_KEY;
  return { bytes: cut ? bytes.subarray(0, LONGEST_KEY) : bytes, values, cut };
};

type Walk = { value: unknown; rest: readonly string[]; done: boolean };

function indexedValues({ paths, steps }: Shape, document: Doc): { tuples: unknown[][]; multikey: boolean } {
  if (!steps) {
    const values = paths.map((path) => document[path] ?? absent(document, path));
    if (!values.some(Array.isArray)) return { tuples: [values], multikey: false };
  }
  const walks = (steps ?? paths.map((path) => [path])).map((rest) => ({
    value: document,
    rest,
    done: false,
  }));
  const tuples = expand(walks, paths);
  return { tuples: tuples.values, multikey: tuples.multikey };
}

function absent(document: Doc, field: string): unknown {
  return field in document && Object.hasOwn(document, field) ? document[field] : MISSING;
}

/** Follows all paths at once: fields that meet the same array take its elements together, two different arrays are refused. */
function expand(walks: Walk[], paths: string[]): { values: unknown[][]; multikey: boolean } {
  const reached = walks.map(advance);
  const open = reached.filter(({ done }) => !done);
  if (open.length === 0) return { values: [reached.map(({ value }) => value)], multikey: false };
  const array = (open[0] as Walk).value as unknown[];
  const other = reached.findIndex(({ done, value }) => !done && value !== array);
  if (other >= 0) {
    const names = [paths[other], paths[reached.indexOf(open[0] as Walk)]].map((path) =>
      path?.split('.').at(-1),
    );
    throw new CommandError(
      'CannotIndexParallelArrays',
      `cannot index parallel arrays [${names[0]}] [${names[1]}]`,
    );
  }
  const elements = array.length > 0 ? array : [undefined];
  const values = elements.flatMap(
    (element) =>
      expand(
        reached.map((walk) => (walk.done ? walk : inElement(walk, element))),
        paths,
      ).values,
  );
  return { values, multikey: true };
}

function advance({ value: start, rest: path, done }: Walk): Walk {
  if (done) return { value: start, rest: path, done };
  let value = start;
  let rest = path;
  for (;;) {
    const [field] = rest;
    if (Array.isArray(value)) {
      if (field === undefined || !/^\d+$/.test(field) || Number(field) >= value.length)
        return { value, rest, done: false };
      value = value[Number(field)];
    } else if (field === undefined) return { value, rest, done: true };
    else if (isDocument(value) && Object.hasOwn(value, field)) value = value[field];
    else return { value: MISSING, rest, done: true };
    rest = rest.slice(1);
  }
}

function inElement({ rest }: Walk, element: unknown): Walk {
  if (rest.length === 0) return { value: element, rest, done: true };
  return isDocument(element) ? { value: element, rest, done: false } : { value: MISSING, rest, done: true };
}

/** Where in the table the entries lie that begin with these key bytes. */
export function entryPrefix(index: Index, bytes: Buffer): Buffer {
  return Buffer.concat([numberPrefix(index.number), bytes.subarray(0, LONGEST_KEY)]);
}

export function entryKey(index: Index, bytes: Buffer, record: number): Buffer {
  const key = Buffer.allocUnsafe(4 + bytes.length + 6);
  key.writeUInt32BE(index.number, 0);
  bytes.copy(key, 4);
  key.writeUIntBE(record, 4 + bytes.length, 6);
  return key;
}

export function recordOfEntry(key: Uint8Array): number {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).readUIntBE(key.byteLength - 6, 6);
}

export function recordKey(collection: Collection, record: number): Buffer {
  const key = Buffer.allocUnsafe(10);
  key.writeUInt32BE(collection.number, 0);
  key.writeUIntBE(record, 4, 6);
  return key;
}

export function recordOfKey(key: Uint8Array): number {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).readUIntBE(4, 6);
}

/** Refuses, with MongoDB's E11000, keys that another record already has in a unique index. */
export function checkUnique(
  storage: Storage,
  collection: Collection,
  index: Index,
  keys: IndexKey[],
  record: number,
): void {
  if (!isUnique(index)) return;
  for (const key of keys) {
    const prefix = entryPrefix(index, key.bytes);
    const range = { start: prefix, end: afterPrefix(prefix) };
    for (const entry of storage.entries.getKeys(key.cut ? range : { ...range, limit: 2 })) {
      const other = recordOfEntry(entry);
      if (other !== record && (!key.cut || sharesKey(storage, collection, index, key, other)))
        throw duplicateKey(collection, index, key);
    }
  }
}

export function isUnique(index: Index): boolean {
  return index.spec.unique === true || index.spec.name === '_id_';
}

/** Keys that were cut are compared in full, from the other document itself. */
function sharesKey(
  storage: Storage,
  collection: Collection,
  index: Index,
  key: IndexKey,
  record: number,
): boolean {
  const bytes = storage.records.getBinary(recordKey(collection, record));
  const { descending } = shapeOf(index);
  const wanted = encodeKey(key.values, descending);
  return (
    bytes !== undefined &&
    keysOf(index, decode(bytes)).keys.some(({ values }) => encodeKey(values, descending).equals(wanted))
  );
}

function duplicateKey(collection: Collection, index: Index, key: IndexKey): CommandError {
  const { paths } = shapeOf(index);
  const keyValue = Object.fromEntries(
    paths.map((path, i) => [path, key.values[i] === MISSING ? null : key.values[i]]),
  );
  const shown = paths.map((path) => `${path}: ${show(keyValue[path])}`).join(', ');
  return new CommandError(
    'DuplicateKey',
    `E11000 duplicate key error collection: ${collection.namespace} index: ${index.spec.name} dup key: { ${shown} }`,
    { keyPattern: index.spec.key, keyValue },
  );
}
