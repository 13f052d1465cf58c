import { CommandError } from '../errors.ts';
import { evaluateLet } from '../expressions.ts';
import { type Doc, encode, isDocument, toNumber } from '../values.ts';
import { insertOne, remove, update } from '../writing.ts';
import { booleanField, countField, documentField, documentsField } from './fields.ts';
import { hintOf } from './reads.ts';
import type { Command } from './registry.ts';
import { checkStatement, isUpsert, runAll, updateStatement } from './writes.ts';

type Totals = { nInserted: number; nMatched: number; nModified: number; nUpserted: number; nDeleted: number };

/** `bulkWrite`, by which drivers send writes to several collections at once (MongoDB 8.0). */
const bulkWrite: Command = {
  fields: ['ops', 'nsInfo', 'ordered', 'errorsOnly', 'bypassDocumentValidation', 'let', 'cursor'],
  async run({ command, database, check }, engine) {
    if (database !== 'admin')
      throw new CommandError('Unauthorized', 'bulkWrite may only be run against the admin database.');
    const namespaces = documentsField(command, 'nsInfo').map(({ ns }) => String(ns));
    const variables = evaluateLet(documentField(command, 'let'));
    const totals: Totals = { nInserted: 0, nMatched: 0, nModified: 0, nUpserted: 0, nDeleted: 0 };
    const results: Doc[] = [];
    const operations = documentsField(command, 'ops');
    const errors = await engine.storage.write(() =>
      runAll(
        operations,
        booleanField(command, 'ordered', true),
        (operation) => runOne(engine, operation, namespaces, variables, totals),
        (result, idx) => results.push({ ok: 1, idx, ...result }),
      ),
    );
    const failed = errors.map(({ index, ...error }) => ({ ok: 0, idx: index, n: 0, ...error }));
    const shown = booleanField(command, 'errorsOnly')
      ? failed
      : [...results, ...failed].sort((a, b) => Number(a.idx) - Number(b.idx));
    const batchSize =
      countField(documentField(command, 'cursor') ?? {}, 'batchSize') ?? Number.POSITIVE_INFINITY;
    const cursor = await engine.cursors.start(
      'admin.$cmd.bulkWrite',
      (function* () {
        yield* shown.map(encode);
      })(),
      { batchSize, check },
    );
    return { cursor, nErrors: failed.length, ...totals };
  },
};

type Engine = Parameters<Command['run']>[1];

function* runOne(
  engine: Engine,
  operation: Doc,
  namespaces: string[],
  variables: Doc,
  totals: Totals,
): Generator<undefined, Doc> {
  const [kind = ''] = Object.keys(operation);
  const namespace = namespaces[toNumber(operation[kind]) ?? -1];
  if (namespace === undefined)
    throw new CommandError(
      'BadValue',
      `BulkWrite ops entry ${String(operation[kind])} has an invalid nsInfo index.`,
    );
  if (kind === 'insert') {
    insertOne(engine, namespace, encode(documentField(operation, 'document') ?? {}));
    totals.nInserted += 1;
    return { n: 1 };
  }
  if (kind === 'update') {
    const { update: _, filter, updateMods, constants, ...rest } = operation;
    const statement = updateStatement(
      { ...rest, q: filter, u: updateMods, ...(isDocument(constants) ? { c: constants } : {}) },
      variables,
    );
    const result = yield* update(engine, namespace, statement);
    totals.nMatched += result.matched;
    totals.nModified += result.modified;
    if (isUpsert(result)) totals.nUpserted += 1;
    return {
      n: result.matched + (isUpsert(result) ? 1 : 0),
      nModified: result.modified,
      ...(isUpsert(result) ? { upserted: { _id: result.upsertedId } } : {}),
    };
  }
  if (kind !== 'delete') throw new CommandError('BadValue', `Unrecognized bulkWrite operation '${kind}'`);
  checkStatement('bulkWrite.ops', operation, ['delete', 'filter', 'multi', 'hint', 'collation']);
  const { deleted } = yield* remove(engine, namespace, {
    filter: documentField(operation, 'filter') ?? {},
    multi: booleanField(operation, 'multi'),
    hint: hintOf(operation),
    variables,
  });
  totals.nDeleted += deleted;
  return { n: deleted };
}

export const bulkCommands: Record<string, Command> = { bulkWrite };
