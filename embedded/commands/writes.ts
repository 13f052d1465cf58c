import { asCommandError, CommandError } from '../errors.ts';
import { evaluateLet } from '../expressions.ts';
import { checkSort } from '../sorting.ts';
import { oneStep, type Steps } from '../storage.ts';
import { type Doc, isDocument } from '../values.ts';
import { insertOne, remove, type UpdateResult, type UpdateStatement, update } from '../writing.ts';
import { booleanField, checkCollation, documentField, documentsField, namespaceOf } from './fields.ts';
import { findAndModify } from './find-and-modify.ts';
import { hintOf } from './reads.ts';
import type { Command } from './registry.ts';

const MOST_STATEMENTS = 100_000;

/** How many statements one transaction takes before others get a turn. */
const TURN = 100;

type Counter<T> = (result: T, index: number) => void;

/** Runs the statements of a command in order; stops at the first error if `ordered`, else collects them all. */
export function* runAll<S, T>(
  statements: S[],
  ordered: boolean,
  run: (statement: S) => Steps<T>,
  count: Counter<T>,
): Generator<undefined, Doc[]> {
  const writeErrors: Doc[] = [];
  for (const [index, statement] of statements.entries()) {
    if (index > 0 && index % TURN === 0) yield;
    try {
      count(yield* run(statement), index);
    } catch (failure) {
      writeErrors.push({ index, ...writeError(failure) });
      if (ordered) break;
    }
  }
  return writeErrors;
}

function writeError(failure: unknown): Doc {
  const { code, message, details } = asCommandError(failure);
  return { code, ...details, errmsg: message };
}

function checkBatch(count: number): void {
  if (count === 0 || count > MOST_STATEMENTS) {
    throw new CommandError(
      'InvalidLength',
      `Write batch sizes must be between 1 and ${MOST_STATEMENTS}. Got ${count} operations.`,
    );
  }
}

const insert: Command = {
  fields: ['documents', 'ordered', 'bypassDocumentValidation', 'isTimeseriesNamespace'],
  async run(request, engine) {
    const namespace = namespaceOf(request);
    const documents = request.sequences.get('documents');
    if (!documents)
      throw new CommandError('MissingField', "BSON field 'insert.documents' is missing but a required field");
    checkBatch(documents.length);
    let n = 0;
    const writeErrors = await engine.storage.write(() =>
      runAll(
        documents,
        booleanField(request.command, 'ordered', true),
        (bytes) => oneStep(() => insertOne(engine, namespace, bytes)),
        () => {
          n += 1;
        },
      ),
    );
    return { n, ...errors(writeErrors) };
  },
};

function errors(writeErrors: Doc[]): Doc {
  return writeErrors.length > 0 ? { writeErrors } : {};
}

const updateCommand: Command = {
  fields: ['updates', 'ordered', 'bypassDocumentValidation', 'let', 'isTimeseriesNamespace'],
  async run(request, engine) {
    const namespace = namespaceOf(request);
    const updates = documentsField(request.command, 'updates');
    checkBatch(updates.length);
    const variables = evaluateLet(documentField(request.command, 'let'));
    const statements = updates.map((one) => updateStatement(one, variables));
    const upserted: Doc[] = [];
    let n = 0;
    let nModified = 0;
    const writeErrors = await engine.storage.write(() =>
      runAll(
        statements,
        booleanField(request.command, 'ordered', true),
        (statement) => update(engine, namespace, statement),
        (result, index) => {
          n += result.matched + (isUpsert(result) ? 1 : 0);
          nModified += result.modified;
          if (isUpsert(result)) upserted.push({ index, _id: result.upsertedId });
        },
      ),
    );
    return { n, ...(upserted.length > 0 ? { upserted } : {}), nModified, ...errors(writeErrors) };
  },
};

export function isUpsert(result: UpdateResult): boolean {
  return 'upsertedId' in result;
}

const UPDATE_FIELDS = [
  'q',
  'u',
  'c',
  'multi',
  'upsert',
  'collation',
  'arrayFilters',
  'hint',
  'sort',
  'upsertSupplied',
  'sampleId',
];

export function updateStatement(statement: Doc, variables: Doc | undefined): UpdateStatement {
  checkStatement('update.updates', statement, UPDATE_FIELDS);
  const { u } = statement;
  if (!isDocument(u) && !Array.isArray(u))
    throw new CommandError('FailedToParse', 'Update argument must be either an object or an array');
  const multi = booleanField(statement, 'multi');
  const sort = sortOf(statement);
  if (multi && sort) throw new CommandError('FailedToParse', 'Cannot specify sort with multi=true');
  return {
    filter: documentField(statement, 'q') ?? {},
    update: u as Doc | Doc[],
    multi,
    upsert: booleanField(statement, 'upsert'),
    arrayFilters:
      statement.arrayFilters === undefined ? undefined : documentsField(statement, 'arrayFilters'),
    hint: hintOf(statement),
    sort,
    variables: { ...variables, ...documentField(statement, 'c') },
  };
}

export function sortOf(statement: Doc): Doc | undefined {
  const sort = documentField(statement, 'sort');
  if (sort) checkSort(sort);
  return sort;
}

export function checkStatement(name: string, statement: Doc, fields: string[]): void {
  const unknown = Object.keys(statement).find((field) => !fields.includes(field));
  if (unknown) throw new CommandError(40415, `BSON field '${name}.${unknown}' is an unknown field.`);
  checkCollation(statement);
}

const deleteCommand: Command = {
  fields: ['deletes', 'ordered', 'let', 'isTimeseriesNamespace'],
  async run(request, engine) {
    const namespace = namespaceOf(request);
    const deletes = documentsField(request.command, 'deletes');
    checkBatch(deletes.length);
    const variables = evaluateLet(documentField(request.command, 'let'));
    let n = 0;
    const statements = deletes.map((one) => {
      checkStatement('delete.deletes', one, ['q', 'limit', 'collation', 'hint', 'sampleId']);
      return { filter: documentField(one, 'q') ?? {}, multi: deletesAll(one), hint: hintOf(one), variables };
    });
    const writeErrors = await engine.storage.write(() =>
      runAll(
        statements,
        booleanField(request.command, 'ordered', true),
        (statement) => remove(engine, namespace, statement),
        (result) => {
          n += result.deleted;
        },
      ),
    );
    return { n, ...errors(writeErrors) };
  },
};

function deletesAll({ limit }: Doc): boolean {
  const number = Number(String(limit));
  if (number !== 0 && number !== 1)
    throw new CommandError(
      'FailedToParse',
      `The limit field in delete objects must be 0 or 1. Got ${String(limit)}`,
    );
  return number === 0;
}

export const writeCommands: Record<string, Command> = {
  insert,
  update: updateCommand,
  delete: deleteCommand,
  findAndModify,
  findandmodify: findAndModify,
};
