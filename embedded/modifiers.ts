import { Double, Int32, Long, Timestamp } from 'bson';
import { arrayModifiers } from './array-modifiers.ts';
import { show, typeName } from './describing.ts';
import { CommandError } from './errors.ts';
import { type Modify, read, write } from './modify.ts';
import { calculate } from './numbers.ts';
import { compare } from './order.ts';
import { bsonType, isDocument, isNumber, MISSING } from './values.ts';

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
  ...arrayModifiers,
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
