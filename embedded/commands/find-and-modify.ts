import { positionOf } from '../change.ts';
import { CommandError } from '../errors.ts';
import { evaluateLet } from '../expressions.ts';
import { projector } from '../projection.ts';
import { type Doc, isDocument } from '../values.ts';
import { remove, type UpdateStatement, update } from '../writing.ts';
import { booleanField, checkCollation, documentField, documentsField, namespaceOf } from './fields.ts';
import { hintOf } from './reads.ts';
import type { Command } from './registry.ts';
import { isUpsert, sortOf } from './writes.ts';

export const findAndModify: Command = {
  fields: [
    'query',
    'sort',
    'remove',
    'update',
    'new',
    'fields',
    'upsert',
    'bypassDocumentValidation',
    'collation',
    'arrayFilters',
    'hint',
    'let',
  ],
  async run(request, engine) {
    const { command } = request;
    checkCollation(command);
    const namespace = namespaceOf(request);
    const target = {
      filter: documentField(command, 'query') ?? {},
      sort: sortOf(command),
      hint: hintOf(command),
      variables: evaluateLet(documentField(command, 'let')),
    };
    const removing = booleanField(command, 'remove');
    if (removing !== (command.update === undefined)) {
      throw new CommandError(
        'FailedToParse',
        removing
          ? 'Cannot specify both an update and remove=true'
          : 'Either an update or remove=true must be specified',
      );
    }
    if (removing && booleanField(command, 'upsert'))
      throw new CommandError('FailedToParse', 'Cannot specify both upsert=true and remove=true ');
    if (removing && booleanField(command, 'new'))
      throw new CommandError(
        'FailedToParse',
        "Cannot specify both new=true and remove=true; 'remove' always returns the deleted document",
      );
    const projection = documentField(command, 'fields') ?? {};
    const project = projector(projection, target.variables);
    const show = (document: Doc | undefined) =>
      document && project
        ? project(document, positionOf(target.filter, document, projection))
        : (document ?? null);
    if (removing) {
      const { deleted, before } = await engine.storage.write(() => remove(engine, namespace, target));
      return { lastErrorObject: { n: deleted }, value: show(before) };
    }
    if (!isDocument(command.update) && !Array.isArray(command.update))
      throw new CommandError('FailedToParse', 'Update argument must be either an object or an array');
    const statement: UpdateStatement = {
      ...target,
      update: command.update as Doc | Doc[],
      upsert: booleanField(command, 'upsert'),
      arrayFilters: command.arrayFilters === undefined ? undefined : documentsField(command, 'arrayFilters'),
    };
    const result = await engine.storage.write(() => update(engine, namespace, statement));
    const n = result.matched + (isUpsert(result) ? 1 : 0);
    return {
      lastErrorObject: {
        n,
        updatedExisting: result.matched > 0,
        ...(isUpsert(result) ? { upserted: result.upsertedId } : {}),
      },
      value: show(booleanField(command, 'new') ? result.after : result.before),
    };
  },
};
