import { randomUUID } from 'node:crypto';
import { show } from '../describing.ts';
import type { Engine } from '../engine.ts';
import { CommandError } from '../errors.ts';
import { type Doc, encode, isDocument } from '../values.ts';
import { insertOne, type UpdateStatement, update } from '../writing.ts';
import { inOneStep } from './collections.ts';

type Output = { name: '$out' | '$merge'; spec: unknown };

/** Writes the results of a pipeline that ends in `$out` or `$merge`. */
export async function writeResults(
  engine: Engine,
  database: string,
  { name, spec }: Output,
  documents: Doc[],
): Promise<void> {
  const target = targetOf(
    database,
    name === '$merge' && isDocument(spec) && 'into' in spec ? spec.into : spec,
  );
  if (name === '$out') await replaceCollection(engine, target, documents);
  else await mergeInto(engine, target, isDocument(spec) ? spec : {}, documents);
}

function targetOf(database: string, spec: unknown): string {
  if (typeof spec === 'string') return `${database}.${spec}`;
  if (isDocument(spec) && typeof spec.coll === 'string')
    return `${typeof spec.db === 'string' ? spec.db : database}.${spec.coll}`;
  throw new CommandError(16990, '$out only supports a string or object argument');
}

/** The new collection takes the place of the old at once; until then the old one is there whole. */
async function replaceCollection(engine: Engine, target: string, documents: Doc[]): Promise<void> {
  const temporary = `${target}.tmp.agg_out.${randomUUID()}`;
  try {
    await engine.storage.write(function* () {
      const collection = engine.catalog.findOrCreate(temporary);
      for (const { spec } of engine.catalog.find(target)?.indexes.slice(1) ?? [])
        engine.catalog.addIndex(collection, spec);
      for (const [i, document] of documents.entries()) {
        if (i > 0 && i % 200 === 0) yield;
        insertOne(engine, temporary, encode(document));
      }
    });
  } catch (failure) {
    await inOneStep(engine, () => {
      const collection = engine.catalog.find(temporary);
      if (collection) engine.catalog.dropCollection(collection);
    });
    throw failure;
  }
  await inOneStep(engine, () => {
    const [collection, old] = [engine.catalog.find(temporary), engine.catalog.find(target)];
    if (old) engine.catalog.dropCollection(old);
    if (collection) engine.catalog.rename(collection, target);
  });
}

async function mergeInto(engine: Engine, target: string, spec: Doc, documents: Doc[]): Promise<void> {
  const { on = '_id', whenMatched = 'merge', whenNotMatched = 'insert' } = spec;
  const fields = (Array.isArray(on) ? on : [on]).map(String);
  checkUniqueOn(engine, target, fields);
  if (
    !['merge', 'replace', 'keepExisting', 'fail'].includes(String(whenMatched)) &&
    !Array.isArray(whenMatched)
  )
    throw new CommandError(
      'BadValue',
      `Enumeration value '${String(whenMatched)}' for field '$merge.whenMatched' is not a valid value.`,
    );
  if (!['insert', 'discard', 'fail'].includes(String(whenNotMatched)))
    throw new CommandError(
      'BadValue',
      `Enumeration value '${String(whenNotMatched)}' for field '$merge.whenNotMatched' is not a valid value.`,
    );
  await engine.storage.write(function* () {
    engine.catalog.findOrCreate(target);
    for (const [i, document] of documents.entries()) {
      if (i > 0 && i % 200 === 0) yield;
      yield* mergeOne(engine, target, fields, whenMatched, whenNotMatched, document);
    }
  });
}

function checkUniqueOn(engine: Engine, target: string, fields: string[]): void {
  if (fields.length === 1 && fields[0] === '_id') return;
  const indexes = engine.catalog.find(target)?.indexes ?? [];
  const unique = indexes.some(({ spec }) => spec.unique && equalSets(Object.keys(spec.key), fields));
  if (!unique) throw new CommandError(51183, 'Cannot find index to verify that join fields will be unique');
}

function equalSets(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((field) => b.includes(field));
}

function* mergeOne(
  engine: Engine,
  target: string,
  fields: string[],
  whenMatched: unknown,
  whenNotMatched: unknown,
  document: Doc,
): Generator<undefined, void> {
  const filter = Object.fromEntries(fields.map((field) => [field, document[field] ?? null]));
  const { _id, ...rest } = document;
  const changes: Record<string, Doc | Doc[]> = {
    merge: Object.keys(rest).length > 0 ? { $set: rest } : { $setOnInsert: {} },
    replace: fields.includes('_id') ? document : rest,
    keepExisting: { $setOnInsert: {} },
    fail: { $setOnInsert: {} },
  };
  // The insert's own duplicate key error says which key it was.
  if (whenMatched === 'fail' && whenNotMatched === 'insert') {
    insertOne(engine, target, encode(document));
    return;
  }
  const statement: UpdateStatement = Array.isArray(whenMatched)
    ? { filter, update: whenMatched as Doc[], variables: { new: document } }
    : { filter, update: changes[String(whenMatched)] as Doc };
  const { matched } = yield* update(engine, target, statement);
  if (matched > 0) {
    if (whenMatched === 'fail')
      throw new CommandError(
        'DuplicateKey',
        `$merge found a matching document in the target collection, and whenMatched is 'fail': ${show(filter)}`,
      );
  } else if (whenNotMatched === 'insert') insertOne(engine, target, encode(document));
  else if (whenNotMatched === 'fail')
    throw new CommandError(
      13113,
      '$merge could not find a matching document in the target collection for at least one document in the source collection',
    );
}
