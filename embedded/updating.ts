import { Double, Int32, Long, Timestamp } from 'bson';
import { CommandError } from './errors.ts';
import { hasOperators, type Matcher, matcher } from './matching.ts';
import { calculate } from './numbers.ts';
import { byOrder } from './sorting.ts';
import { bsonType, compare, type Doc, equal, isDocument, isNumber, MISSING, toNumber } from './values.ts';

export type UpdateOptions = {
  arrayFilters?: Doc[];
  /** The element that the query matched, for the positional `$`. */
  position?: number | undefined;
  inserting?: boolean;
};

type Modify = (parent: Doc | unknown[], key: string, operand: unknown, context: Step) => void;
type Step = { path: string; document: Doc; create: boolean };
type Operation = { operator: string; path: string; operand: unknown };

/** Applies `{ $set: ... }` and its like to a decoded document, in place, as MongoDB does: operators by path, in order. */
export function applyOperators(document: Doc, update: Doc, options: UpdateOptions = {}): void {
  const filters = arrayFilters(options.arrayFilters ?? []);
  const used = new Set<string>();
  for (const { operator, path, operand } of operationsOf(update)) {
    if (operator === '$setOnInsert' && !options.inserting) continue;
    if (operator === '$rename') rename(document, path, String(operand));
    else {
      const create = !['$unset', '$pop', '$pull', '$pullAll'].includes(operator);
      for (const concrete of concretePaths(document, path.split('.'), options.position, filters, used)) {
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

function checkPath(path: string): void {
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

function checkRename(path: string, target: unknown): void {
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

function checkConflicts(paths: string[]): void {
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

function comparePaths(a: string, b: string): number {
  const [left, right] = [a.split('.'), b.split('.')];
  for (let i = 0; i < left.length && i < right.length; i += 1) {
    const [x, y] = [left[i] as string, right[i] as string];
    if (x === y) continue;
    return isIndex(x) && isIndex(y) ? Number(x) - Number(y) : x < y ? -1 : 1;
  }
  return left.length - right.length;
}

const isIndex = (part: string) => /^(0|[1-9]\d*)$/.test(part);

type Filters = Map<string, Matcher>;

function arrayFilters(filters: Doc[]): Filters {
  const byName: Filters = new Map();
  for (const filter of filters) {
    const names = new Set(filterFields(filter).map((field) => field.split('.')[0] as string));
    const [name] = names;
    if (name === undefined)
      throw new CommandError(
        'FailedToParse',
        'Cannot use an expression without a top-level field name in arrayFilters',
      );
    if (names.size > 1)
      throw new CommandError(
        'FailedToParse',
        `Error parsing array filter :: caused by :: Expected a single top-level field name, found '${[...names].join("' and '")}'`,
      );
    if (!/^[a-z][a-zA-Z0-9]*$/.test(name))
      throw new CommandError(
        'BadValue',
        `Error parsing array filter :: caused by :: The top-level field name must be an alphanumeric string beginning with a lowercase letter, found '${name}'`,
      );
    if (byName.has(name))
      throw new CommandError(
        'FailedToParse',
        `Found multiple array filters with the same top-level field name ${name}`,
      );
    byName.set(name, matcher(filter));
  }
  return byName;
}

function filterFields(filter: Doc): string[] {
  return Object.entries(filter).flatMap(([field, value]) =>
    field.startsWith('$') && Array.isArray(value) ? value.filter(isDocument).flatMap(filterFields) : [field],
  );
}

/** The names of the array filters that an update's paths never mention: MongoDB refuses those. */
export function checkArrayFiltersUsed(update: Doc, filters: Doc[]): void {
  const paths = Object.values(update).filter(isDocument).flatMap(Object.keys).join('.');
  for (const name of arrayFilters(filters).keys()) {
    if (!paths.includes(`$[${name}]`)) {
      throw new CommandError(
        'FailedToParse',
        `The array filter for identifier '${name}' was not used in the update ${show(update)}`,
      );
    }
  }
}

/** `grades.$[].score` as the paths it stands for in this document: `grades.0.score`, `grades.1.score`, ... */
function concretePaths(
  document: Doc,
  parts: string[],
  position: number | undefined,
  filters: Filters,
  used: Set<string>,
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
    used.add(name);
    indexes = [...array.keys()].filter((index) => name === '' || filter({ [name]: array[index] }));
  }
  return indexes.flatMap((index) =>
    concretePaths(document, [...before, String(index), ...after], position, filters, used),
  );
}

function valueAt(document: unknown, path: string[]): unknown {
  let value: unknown = document;
  for (const part of path) {
    if (Array.isArray(value) && isIndex(part))
      value = Number(part) < value.length ? value[Number(part)] : MISSING;
    else if (isDocument(value) && Object.hasOwn(value, part)) value = value[part];
    else return MISSING;
  }
  return value;
}

const LONGEST_PADDING = 1_500_000;

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

function read(parent: Doc | unknown[], key: string): unknown {
  if (Array.isArray(parent)) return Number(key) < parent.length ? parent[Number(key)] : MISSING;
  return Object.hasOwn(parent, key) ? parent[key] : MISSING;
}

function write(parent: Doc | unknown[], key: string, value: unknown): void {
  if (!Array.isArray(parent)) {
    if (key === '__proto__')
      Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
    else parent[key] = value;
    return;
  }
  const index = Number(key);
  if (index - parent.length > LONGEST_PADDING) {
    throw new CommandError(
      'CannotBackfillArray' in {} ? 0 : 15,
      `can't backfill more than ${LONGEST_PADDING} elements`,
    );
  }
  while (parent.length < index) parent.push(null);
  parent[index] = value;
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

function arithmetic(operation: 'add' | 'multiply', verb: string): Modify {
  return (parent, key, operand, { path, document }) => {
    if (!isNumber(operand))
      throw new CommandError(
        'TypeMismatch',
        `Cannot ${verb} with non-numeric argument: {${path}: ${show(operand)}}`,
      );
    const current = read(parent, key);
    if (current !== MISSING && !isNumber(current)) {
      throw new CommandError(
        'TypeMismatch',
        `Cannot apply $${operation === 'add' ? 'inc' : 'mul'} to a value of non-numeric type. {_id: ${show(document._id)}} has the field '${key}' of non-numeric type ${typeName(current)}`,
      );
    }
    const result =
      current === MISSING
        ? operation === 'add'
          ? operand
          : calculate('multiply', zeroLike(operand), operand)
        : calculate(operation, current, operand);
    if (result === undefined) {
      throw new CommandError(
        'BadValue',
        `Failed to apply $${operation === 'add' ? 'inc' : 'mul'} operations to current value (${typeName(current)} ${String(current)}) for document {_id: ${show(document._id)}}`,
      );
    }
    write(parent, key, result);
  };
}

function zeroLike(operand: unknown): unknown {
  return bsonType(operand) === 'Double'
    ? new Double(0)
    : bsonType(operand) === 'Long'
      ? Long.ZERO
      : new Int32(0);
}

function arrayAt(
  parent: Doc | unknown[],
  key: string,
  operator: string,
  { path, document }: Step,
): unknown[] {
  const current = read(parent, key);
  if (Array.isArray(current)) return current;
  if (current === MISSING) {
    const created: unknown[] = [];
    write(parent, key, created);
    return created;
  }
  if (operator === '$push')
    throw new CommandError(
      'BadValue',
      `The field '${path}' must be an array but is of type ${typeName(current)} in document {_id: ${show(document._id)}}`,
    );
  if (operator === '$addToSet')
    throw new CommandError(
      'BadValue',
      `Cannot apply $addToSet to non-array field. Field named '${key}' has non-array type ${typeName(current)}`,
    );
  if (operator === '$pop')
    throw new CommandError(
      'TypeMismatch',
      `Path '${path}' contains an element of non-array type '${typeName(current)}'`,
    );
  throw new CommandError('BadValue', `Cannot apply ${operator} to a non-array value`);
}

const modifiers: Record<string, Modify> = {
  $set: write,
  $setOnInsert: write,
  $unset: (parent, key) => {
    if (Array.isArray(parent)) parent[Number(key)] = null;
    else delete parent[key];
  },
  $inc: arithmetic('add', 'increment'),
  $mul: arithmetic('multiply', 'multiply'),
  $min: (parent, key, operand) => {
    const current = read(parent, key);
    if (current === MISSING || compare(operand, current) < 0) write(parent, key, operand);
  },
  $max: (parent, key, operand) => {
    const current = read(parent, key);
    if (current === MISSING || compare(operand, current) > 0) write(parent, key, operand);
  },
  $currentDate: (parent, key, operand) => {
    const type = isDocument(operand) ? operand.$type : operand === true ? 'date' : undefined;
    if (type !== 'date' && type !== 'timestamp')
      throw new CommandError(
        'BadValue',
        `${typeName(operand)} is not valid type for $currentDate. Please use a boolean ('true') or a $type expression ({$type: 'timestamp/date'}).`,
      );
    const now = Date.now();
    write(parent, key, type === 'date' ? new Date(now) : new Timestamp({ t: Math.floor(now / 1000), i: 1 }));
  },
  $push: (parent, key, operand, step) => {
    const clause = isDocument(operand) && '$each' in operand ? operand : { $each: [operand] };
    checkPush(clause);
    const array = arrayAt(parent, key, '$push', step);
    const position = toNumber(clause.$position) ?? array.length;
    array.splice(
      position < 0 ? Math.max(0, array.length + position) : position,
      0,
      ...(clause.$each as unknown[]),
    );
    if (clause.$sort !== undefined)
      array.sort(
        isDocument(clause.$sort)
          ? byOrder(clause.$sort)
          : (a, b) => compare(a, b) * (toNumber(clause.$sort) as number),
      );
    const slice = toNumber(clause.$slice);
    if (slice !== undefined)
      array.splice(0, array.length, ...(slice < 0 ? array.slice(slice) : array.slice(0, slice)));
  },
  $addToSet: (parent, key, operand, step) => {
    const each = isDocument(operand) && '$each' in operand ? operand.$each : [operand];
    if (!Array.isArray(each))
      throw new CommandError(
        'TypeMismatch',
        `The argument to $each in $addToSet must be an array but it was of type ${typeName(each)}`,
      );
    const array = arrayAt(parent, key, '$addToSet', step);
    for (const value of each) if (!array.some((element) => equal(element, value))) array.push(value);
  },
  $pop: (parent, key, operand, step) => {
    const side = toNumber(operand);
    if (side !== 1 && side !== -1)
      throw new CommandError('FailedToParse', `$pop expects 1 or -1, found: ${show(operand)}`);
    const array = arrayAt(parent, key, '$pop', step);
    if (side === 1) array.pop();
    else array.shift();
  },
  $pull: (parent, key, operand, step) => {
    const array = arrayAt(parent, key, '$pull', step);
    const matches = pulls(operand);
    array.splice(0, array.length, ...array.filter((element) => !matches(element)));
  },
  $pullAll: (parent, key, operand, step) => {
    if (!Array.isArray(operand))
      throw new CommandError(
        'BadValue',
        `$pullAll requires an array argument but was given a ${typeName(operand)}`,
      );
    const array = arrayAt(parent, key, '$pullAll', step);
    array.splice(
      0,
      array.length,
      ...array.filter((element) => !operand.some((value) => equal(element, value))),
    );
  },
  $bit: (parent, key, operand) => {
    if (!isDocument(operand))
      throw new CommandError(
        'BadValue',
        `The $bit modifier is not compatible with a ${typeName(operand)}. You must pass in an embedded document: {$bit: {field: {and/or/xor: #}}`,
      );
    for (const [name, value] of Object.entries(operand)) {
      const current = read(parent, key);
      const before = current === MISSING ? new Int32(0) : current;
      if (![value, before].every((number) => ['Int32', 'Long'].includes(bsonType(number) ?? '')))
        throw new CommandError(
          'BadValue',
          `The $bit modifier field must be an Integer(32/64 bit); a '${typeName(value)}' is not supported here: {${name}: ${show(value)}}`,
        );
      write(parent, key, bitwise(name, before, value));
    }
  },
};

function checkPush(clause: Doc): void {
  const unknown = Object.keys(clause).find(
    (name) => !['$each', '$position', '$slice', '$sort'].includes(name),
  );
  if (unknown) throw new CommandError('BadValue', `Unrecognized clause in $push: ${unknown}`);
  if (!Array.isArray(clause.$each))
    throw new CommandError(
      'BadValue',
      `The argument to $each in $push must be an array but it was of type: ${typeName(clause.$each)}`,
    );
  for (const name of ['$position', '$slice']) {
    if (clause[name] !== undefined && !Number.isInteger(toNumber(clause[name])))
      throw new CommandError(
        'BadValue',
        `The value for ${name} must be an integer value but was given type: ${typeName(clause[name])}`,
      );
  }
}

function pulls(operand: unknown): (element: unknown) => boolean {
  if (isDocument(operand) && !hasOperators(operand)) {
    const matches = matcher(operand);
    return (element) => isDocument(element) && matches(element);
  }
  const matches = matcher({ element: operand });
  return (element) =>
    matches({ element: Array.isArray(element) && !hasOperators(operand) ? [element] : element });
}

function bitwise(name: string, a: unknown, b: unknown): unknown {
  const [x, y] = [BigInt(String(a)), BigInt(String(b))];
  const result = { and: x & y, or: x | y, xor: x ^ y }[name];
  if (result === undefined)
    throw new CommandError(
      'BadValue',
      `The $bit modifier only supports 'and', 'or', and 'xor', not '${name}' which is an unknown operator: {${name}: ${show(b)}}`,
    );
  return a instanceof Long || b instanceof Long ? Long.fromBigInt(result) : new Int32(Number(result));
}

const TYPE_NAMES: Record<string, string> = {
  Int32: 'int',
  Double: 'double',
  Long: 'long',
  Decimal128: 'decimal',
  ObjectId: 'objectId',
  Binary: 'binData',
  BSONRegExp: 'regex',
  Timestamp: 'timestamp',
  Code: 'javascript',
};

export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined || value === MISSING) return 'missing';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value !== 'object') return typeof value;
  return TYPE_NAMES[bsonType(value) ?? ''] ?? 'object';
}

export function show(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`;
  if (Array.isArray(value)) return `[ ${value.map(show).join(', ')} ]`;
  if (isDocument(value))
    return `{ ${Object.entries(value)
      .map(([field, inner]) => `${field}: ${show(inner)}`)
      .join(', ')} }`;
  if (bsonType(value) === 'ObjectId') return `ObjectId('${String(value)}')`;
  return value instanceof Date ? `new Date(${value.getTime()})` : String(value);
}
