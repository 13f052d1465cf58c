import { show, typeName } from './describing.ts';
import { CommandError } from './errors.ts';
import { hasOperators } from './filters.ts';
import { matcher } from './matching.ts';
import { type Modify, read, type Step, write } from './modify.ts';
import { compare, equal } from './order.ts';
import { byOrder } from './sorting.ts';
import { type Doc, isDocument, MISSING, toNumber } from './values.ts';

/** The update operators that change what is in an array. */
export const arrayModifiers: Record<string, Modify> = {
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
};

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
