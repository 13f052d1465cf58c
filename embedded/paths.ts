import type { Filters } from './array-filters.ts';
import { show } from './describing.ts';
import { CommandError } from './errors.ts';
import { type Doc, isDocument, MISSING } from './values.ts';

/** The paths of update operators: what they may be, their order, and what `$`, `$[]` and `$[name]` stand for in a document. */

export function checkPath(path: string): void {
  if (path === '') throw new CommandError('EmptyFieldName', 'An empty update path is not valid.');
  const parts = path.split('.');
  if (parts.includes(''))
    throw new CommandError(
      'EmptyFieldName',
      `The update path '${path}' contains an empty field name, which is not allowed.`,
    );
  if (parts[0] === '$' || parts[0]?.startsWith('$['))
    throw new CommandError(
      'BadValue',
      `Cannot have array filter identifier (i.e. '$[<id>]') element in the first position in path '${path}'`,
    );
  const dollar = parts.find(
    (part) =>
      part.startsWith('$') &&
      part !== '$' &&
      !/^\$\[.*\]$/.test(part) &&
      !['$ref', '$id', '$db'].includes(part),
  );
  if (dollar)
    throw new CommandError(
      'DollarPrefixedFieldName',
      `The dollar ($) prefixed field '${dollar}' in '${path}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`,
    );
}

export function checkRename(path: string, target: unknown): void {
  if (typeof target !== 'string')
    throw new CommandError(
      'BadValue',
      `The 'to' field for $rename must be a string: ${path}: ${show(target)}`,
    );
  if (path === target)
    throw new CommandError(
      'BadValue',
      `The source and target field for $rename must differ: ${path}: "${target}"`,
    );
  checkPath(target);
  for (const side of [path, target])
    if (/(^|\.)\$/.test(side))
      throw new CommandError(
        'BadValue',
        `The source and target field for $rename may not be dynamic: ${side}`,
      );
}

export function checkConflicts(paths: string[]): void {
  const seen: string[] = [];
  for (const path of paths) {
    const other = seen.find(
      (earlier) => earlier === path || earlier.startsWith(`${path}.`) || path.startsWith(`${earlier}.`),
    );
    if (other !== undefined) {
      const at = other.length < path.length ? other : path;
      throw new CommandError(
        'ConflictingUpdateOperators',
        `Updating the path '${path}' would create a conflict at '${at}'`,
      );
    }
    seen.push(path);
  }
}

export function comparePaths(a: string, b: string): number {
  const [left, right] = [a.split('.'), b.split('.')];
  for (let i = 0; i < left.length && i < right.length; i += 1) {
    const [x, y] = [left[i] as string, right[i] as string];
    if (x === y) continue;
    return isIndex(x) && isIndex(y) ? Number(x) - Number(y) : x < y ? -1 : 1;
  }
  return left.length - right.length;
}

export const isIndex = (part: string) => /^(0|[1-9]\d*)$/.test(part);

/** `grades.$[].score` as the paths it stands for in this document: `grades.0.score`, `grades.1.score`, ... */
export function concretePaths(
  document: Doc,
  parts: string[],
  position: number | undefined,
  filters: Filters,
): string[][] {
  const at = parts.findIndex((part) => part.startsWith('$') && (part === '$' || part.startsWith('$[')));
  if (at < 0) return [parts];
  const [before, part, after] = [parts.slice(0, at), parts[at] as string, parts.slice(at + 1)];
  const array = valueAt(document, before);
  let indexes: number[];
  if (part === '$') {
    if (position === undefined)
      throw new CommandError(
        'BadValue',
        'The positional operator did not find the match needed from the query.',
      );
    indexes = [position];
  } else {
    const path = before.join('.');
    if (array === MISSING)
      throw new CommandError(
        'BadValue',
        `The path '${path}' must exist in the document in order to apply array updates.`,
      );
    if (!Array.isArray(array))
      throw new CommandError(
        'BadValue',
        `Cannot apply array updates to non-array element ${before.at(-1)}: ${show(array)}`,
      );
    const name = part.slice(2, -1);
    const filter = name === '' ? () => true : filters.get(name);
    if (!filter)
      throw new CommandError(
        'BadValue',
        `No array filter found for identifier '${name}' in path '${parts.join('.')}'`,
      );
    indexes = [...array.keys()].filter((index) => name === '' || filter({ [name]: array[index] }));
  }
  return indexes.flatMap((index) =>
    concretePaths(document, [...before, String(index), ...after], position, filters),
  );
}

export function valueAt(document: unknown, path: string[]): unknown {
  let value: unknown = document;
  for (const part of path) {
    if (Array.isArray(value) && isIndex(part))
      value = Number(part) < value.length ? value[Number(part)] : MISSING;
    else if (isDocument(value) && Object.hasOwn(value, part)) value = value[part];
    else return MISSING;
  }
  return value;
}
