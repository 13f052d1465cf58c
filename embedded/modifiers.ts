import { Double, Int32, Long, Timestamp } from 'bson';
import { show, typeName } from './describing.ts';
import { CommandError } from './errors.ts';
import { hasOperators } from './filters.ts';
import { matcher } from './matching.ts';
import { calculate } from './numbers.ts';
import { byOrder } from './sorting.ts';
import { bsonType, compare, type Doc, equal, isDocument, isNumber, MISSING, toNumber } from './values.ts';

/** Changes one field of a document or one element of an array. `step` says where it is and in what. */
export type Modify = (parent: Doc | unknown[], key: string, operand: unknown, step: Step) => void;
export type Step = { path: string; document: Doc; create: boolean };

const LONGEST_PADDING = 1_500_000;

export function read(parent: Doc | unknown[], key: string): unknown {
  if (Array.isArray(parent)) return Number(key) < parent.length ? parent[Number(key)] : MISSING;
  return Object.hasOwn(parent, key) ? parent[key] : MISSING;
}

export function write(parent: Doc | unknown[], key: string, value: unknown): void {
  if (!Array.isArray(parent)) {
    if (key === '__proto__')
      Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
    else parent[key] = value;
    return;
  }
  const index = Number(key);
  if (index - parent.length > LONGEST_PADDING) {
    throw new CommandError(15891, `can't backfill more than ${LONGEST_PADDING} elements`);
  }
  while (parent.length < index) parent.push(null);
  parent[index] = value;
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

/** What each update operator does; `$rename`, which is about two places, is in updating.ts. */
export const modifiers: Record<string, Modify> = {
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
