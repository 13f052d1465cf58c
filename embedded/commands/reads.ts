import { Long } from 'bson';
import { positionOf } from '../change.ts';
import type { Engine } from '../engine.ts';
import { CommandError } from '../errors.ts';
import { evaluateLet } from '../expressions.ts';
import { encodeKey } from '../keys.ts';
import { valuesAt } from '../predicates.ts';
import { projector } from '../projection.ts';
import { type Found, PAUSE, type Paused, type Query } from '../reading.ts';
import { checkSort } from '../sorting.ts';
import { type Doc, encode, isDocument, MISSING, toNumber } from '../values.ts';

import { booleanField, checkCollation, countField, documentField, namespaceOf } from './fields.ts';
import type { Command } from './registry.ts';

/** The batch size of a first batch that asks for none. */
export const FIRST_BATCH = 101;

const find: Command = {
  fields: [
    'filter',
    'sort',
    'projection',
    'hint',
    'skip',
    'limit',
    'batchSize',
    'singleBatch',
    'noCursorTimeout',
    'allowPartialResults',
    'allowDiskUse',
    'collation',
    'let',
    'min',
    'max',
    'returnKey',
    'showRecordId',
    'tailable',
    'awaitData',
    'oplogReplay',
  ],
  async run(request, engine) {
    const { command, check } = request;
    const namespace = namespaceOf(request);
    const documents = findDocuments(engine, namespace, command);
    const cursor = await engine.cursors.start(namespace, documents, {
      batchSize: countField(command, 'batchSize') ?? FIRST_BATCH,
      singleBatch: booleanField(command, 'singleBatch'),
      timeout: !booleanField(command, 'noCursorTimeout'),
      check,
    });
    return { cursor };
  },
};

function findDocuments(engine: Engine, namespace: string, command: Doc): Paused<Buffer> {
  for (const field of ['min', 'max', 'returnKey', 'showRecordId', 'tailable', 'awaitData']) {
    if (command[field] !== undefined && command[field] !== false)
      throw new CommandError('NotImplemented', `find's ${field} is not supported by the embedded database`);
  }
  const query = queryOf(command);
  const projection = documentField(command, 'projection') ?? {};
  const project = projector(projection, query.variables);
  const found = engine.reader.find(namespace, query);
  return project
    ? projected(found, (one) => project(one.document, positionOf(query.filter, one.document, projection)))
    : raw(found);
}

export function queryOf(command: Doc, filterField = 'filter'): Query {
  checkCollation(command);
  const sort = documentField(command, 'sort');
  if (sort && !('$natural' in sort)) checkSort(sort);
  return {
    filter: documentField(command, filterField) ?? {},
    sort,
    skip: countField(command, 'skip'),
    limit: countField(command, 'limit'),
    hint: hintOf(command),
    variables: evaluateLet(documentField(command, 'let')),
  };
}

export function hintOf({ hint }: Doc): unknown {
  if (hint === undefined || typeof hint === 'string' || isDocument(hint)) return hint;
  throw new CommandError('FailedToParse', 'Hint must be a string or an object');
}

function* raw(found: Paused<Found>): Paused<Buffer> {
  for (const one of found) yield one === PAUSE ? PAUSE : one.bytes;
}

function* projected(found: Paused<Found>, project: (one: Found) => Doc): Paused<Buffer> {
  for (const one of found) yield one === PAUSE ? PAUSE : encode(project(one));
}

const getMore: Command = {
  fields: ['collection', 'batchSize', 'term', 'lastKnownCommittedOpTime'],
  async run({ command, database, check }, engine) {
    const id = command.getMore;
    if (!(id instanceof Long))
      throw new CommandError(
        'TypeMismatch',
        "BSON field 'getMore.getMore' is the wrong type, expected type 'long'",
      );
    if (typeof command.collection !== 'string')
      throw new CommandError(
        'MissingField',
        "BSON field 'getMore.collection' is missing but a required field",
      );
    const batchSize = countField(command, 'batchSize') ?? 0;
    return {
      cursor: await engine.cursors.more(id.toBigInt(), `${database}.${command.collection}`, batchSize, check),
    };
  },
};

const killCursors: Command = {
  fields: ['cursors'],
  run(request, engine) {
    const namespace = namespaceOf(request);
    const { cursors } = request.command;
    if (!Array.isArray(cursors))
      throw new CommandError(
        'MissingField',
        "BSON field 'killCursors.cursors' is missing but a required field",
      );
    const killed = cursors.filter((id: Long) => engine.cursors.kill(BigInt(String(id)), namespace));
    return {
      cursorsKilled: killed,
      cursorsNotFound: cursors.filter((id) => !killed.includes(id)),
      cursorsAlive: [],
      cursorsUnknown: [],
    };
  },
};

const count: Command = {
  fields: ['query', 'limit', 'skip', 'hint', 'collation', 'fields', 'let'],
  async run(request, engine) {
    const { command, check } = request;
    // A negative limit means the same as the positive one here, and only here.
    const limit = Math.abs(toNumber(command.limit) ?? 0);
    const counting = engine.reader.count(namespaceOf(request), queryOf({ ...command, limit }, 'query'));
    for (;;) {
      const { done, value } = counting.next();
      if (done) return { n: value };
      await new Promise(setImmediate);
      check();
    }
  },
};

const distinct: Command = {
  fields: ['key', 'query', 'collation', 'hint'],
  async run(request, engine) {
    const { command, check } = request;
    const { key } = command;
    if (typeof key !== 'string')
      throw new CommandError('MissingField', "BSON field 'distinct.key' is missing but a required field");
    const path = key.split('.');
    const values = new Map<string, unknown>();
    for (const found of engine.reader.find(namespaceOf(request), queryOf(command, 'query'))) {
      if (found === PAUSE) {
        await new Promise(setImmediate);
        check();
      } else {
        for (const value of valuesAt(found.document, path)) {
          for (const one of Array.isArray(value) ? value : [value]) {
            if (one !== MISSING) values.set(encodeKey([one]).toString('latin1'), one);
          }
        }
      }
    }
    return { values: [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value) };
  },
};

export const readCommands: Record<string, Command> = { find, getMore, killCursors, count, distinct };
