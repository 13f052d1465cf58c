import { arrayFilters } from './array-filters.ts';
import { show, typeName } from './describing.ts';
import { CommandError } from './errors.ts';
import { modifiers } from './modifiers.ts';
import { type Modify, read, type Step, write } from './modify.ts';
import {
  checkConflicts,
  checkPath,
  checkRename,
  comparePaths,
  concretePaths,
  isIndex,
  valueAt,
} from './paths.ts';
import { type Doc, isDocument, MISSING } from './values.ts';

type UpdateOptions = {
  arrayFilters?: Doc[];
  /** The element that the query matched, for the positional `$`. */
  position?: number | undefined;
  inserting?: boolean;
};

type Operation = { operator: string; path: string; operand: unknown };

/** Applies `{ $set: ... }` and its like to a decoded document, in place, as MongoDB does: operators by path, in order. */
export function applyOperators(document: Doc, update: Doc, options: UpdateOptions = {}): void {
  const filters = arrayFilters(options.arrayFilters ?? []);
  for (const { operator, path, operand } of operationsOf(update)) {
    if (operator === '$setOnInsert' && !options.inserting) continue;
    if (operator === '$rename') rename(document, path, String(operand));
    else {
      const create = !['$unset', '$pop', '$pull', '$pullAll'].includes(operator);
      for (const concrete of concretePaths(document, path.split('.'), options.position, filters)) {
        modifyAt(
          document,
          concrete,
          operand,
          { path: concrete.join('.'), document, create },
          modifiers[operator] as Modify,
        );
      }
    }
  }
}

/** The single changes of an update, sorted by path; refuses what MongoDB refuses before any document is touched. */
export function operationsOf(update: Doc): Operation[] {
  const operations: Operation[] = [];
  for (const [operator, fields] of Object.entries(update)) {
    if (!Object.hasOwn(modifiers, operator) && operator !== '$rename') {
      throw new CommandError(
        'FailedToParse',
        `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`,
      );
    }
    if (!isDocument(fields)) {
      throw new CommandError(
        'FailedToParse',
        `Modifiers operate on fields but we found type ${typeName(fields)} instead. For example: {$mod: {<field>: ...}} not {${operator}: ${show(fields)}}`,
      );
    }
    for (const [path, operand] of Object.entries(fields)) {
      checkPath(path);
      operations.push({ operator, path, operand });
      if (operator === '$rename') checkRename(path, operand);
    }
  }
  checkConflicts(
    operations.flatMap(({ operator, path, operand }) =>
      operator === '$rename' ? [path, String(operand)] : [path],
    ),
  );
  return operations.sort((a, b) => comparePaths(a.path, b.path));
}

function modifyAt(document: Doc, path: string[], operand: unknown, step: Step, modify: Modify): void {
  let parent: Doc | unknown[] = document;
  for (const [i, part] of path.slice(0, -1).entries()) {
    let next = read(parent, part);
    if (next === MISSING) {
      if (!step.create) return;
      next = {};
      write(parent, part, next);
    }
    if (!isDocument(next) && !Array.isArray(next)) {
      if (!step.create) return;
      throw notViable(path[i + 1] as string, part, next);
    }
    if (Array.isArray(next) && !isIndex(path[i + 1] as string)) {
      if (!step.create) return;
      throw notViable(path[i + 1] as string, part, next);
    }
    parent = next;
  }
  const last = path.at(-1) as string;
  if (!step.create && read(parent, last) === MISSING) return;
  modify(parent, last, operand, step);
}

function notViable(field: string, element: string, value: unknown): CommandError {
  return new CommandError(
    'PathNotViable',
    `Cannot create field '${field}' in element {${element}: ${show(value)}}`,
  );
}

function rename(document: Doc, from: string, to: string): void {
  const parts = from.split('.');
  const parent = valueAt(document, parts.slice(0, -1));
  for (const [side, path] of [
    ['source', from],
    ['destination', to],
  ] as const) {
    path.split('.').reduce<unknown>((value, part, i, all) => {
      if (Array.isArray(value)) {
        throw new CommandError(
          'BadValue',
          `The ${side} field cannot be an array element, '${path}' in doc with _id: ${show(document._id)} has an array field called '${all[i - 1]}'`,
        );
      }
      return isDocument(value) && Object.hasOwn(value, part) ? value[part] : MISSING;
    }, document);
  }
  const key = parts.at(-1) as string;
  if (!isDocument(parent) || !Object.hasOwn(parent, key)) return;
  const value = parent[key];
  delete parent[key];
  modifyAt(document, to.split('.'), value, { path: to, document, create: true }, write);
}
