import { BSONRegExp } from 'bson';
import { CommandError } from './errors.ts';
import { checkExpression } from './expressions.ts';
import { joinRegex } from './patterns.ts';
import { type Doc, isDocument } from './values.ts';

/** What may stand in `{ field: { ... } }`. */
const OPERATORS = [
  '$eq',
  '$ne',
  '$gt',
  '$gte',
  '$lt',
  '$lte',
  '$in',
  '$nin',
  '$exists',
  '$type',
  '$size',
  '$all',
  '$elemMatch',
  '$regex',
  '$mod',
  '$not',
  '$bitsAllSet',
  '$bitsAllClear',
  '$bitsAnySet',
  '$bitsAnyClear',
  '$comment',
] as const;
export type OperatorName = (typeof OPERATORS)[number];

/** Our name for `$regex`, which mingo would turn into a JavaScript pattern before we see it. */
export const PATTERN = '$__regex';

const LOGICAL = ['$and', '$or', '$nor'];

/** The filter as mingo takes it, after refusing what MongoDB refuses, in its words. */
export function prepareFilter(filter: Doc, variables: string[] = []): Doc {
  return Object.fromEntries(
    Object.entries(filter).map(([field, operand]) => {
      if (LOGICAL.includes(field)) return [field, prepareClauses(field, operand, variables)];
      if (['$where', '$text', '$jsonSchema'].includes(field)) {
        throw new CommandError('NotImplemented', `${field} is not supported by the embedded database`);
      }
      if (field === '$expr') checkExpression(operand, variables);
      if (field === '$expr' || field === '$comment') return [field, operand];
      if (field.startsWith('$')) {
        throw new CommandError(
          'BadValue',
          `unknown top level operator: ${field}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`,
        );
      }
      return [field, prepareOperand(operand)];
    }),
  );
}

function prepareClauses(operator: string, clauses: unknown, variables: string[]): Doc[] {
  if (!Array.isArray(clauses)) throw new CommandError('BadValue', `${operator} must be an array`);
  if (clauses.length === 0) throw new CommandError('BadValue', '$and/$or/$nor must be a nonempty array');
  return clauses.map((clause) => {
    if (!isDocument(clause))
      throw new CommandError('BadValue', '$or/$and/$nor entries need to be full objects');
    return prepareFilter(clause, variables);
  });
}

/** True for `{ $gt: 1 }` and its like; false for values, references (`$ref`) and plain documents. */
export function hasOperators(operand: unknown): operand is Doc {
  if (!isDocument(operand)) return false;
  const [first = ''] = Object.keys(operand);
  return first.startsWith('$') && !['$ref', '$id', '$db'].includes(first);
}

function prepareOperand(operand: unknown): Doc {
  if (operand instanceof BSONRegExp || operand instanceof RegExp) return { [PATTERN]: operand };
  if (!hasOperators(operand)) return { $eq: operand };
  const { $options: options, ...rest } = operand;
  if (options !== undefined && rest.$regex === undefined)
    throw new CommandError('BadValue', '$options needs a $regex');
  return Object.fromEntries(
    Object.entries(rest).map(([operator, value]) => {
      if (!(OPERATORS as readonly string[]).includes(operator)) {
        throw new CommandError('BadValue', `unknown operator: ${operator}`);
      }
      if (operator === '$regex') return [PATTERN, joinRegex(value, options)];
      if (operator === '$not' && hasOperators(value)) return [operator, prepareOperand(value)];
      if (operator === '$elemMatch' && isDocument(value)) return [operator, prepareElement(value)];
      if (operator === '$all' && Array.isArray(value)) return [operator, value.map(prepareInAll)];
      return [operator, value];
    }),
  );
}

function prepareElement(criteria: Doc): Doc {
  return onElements(criteria) ? prepareOperand(criteria) : prepareFilter(criteria);
}

function prepareInAll(wanted: unknown): unknown {
  return isDocument(wanted) && isDocument(wanted.$elemMatch)
    ? { $elemMatch: prepareElement(wanted.$elemMatch) }
    : wanted;
}

/** Whether `$elemMatch` is about the elements themselves (`{ $gt: 1 }`) and not about their fields. */
export function onElements(criteria: Doc): boolean {
  const [first = ''] = Object.keys(criteria);
  return first.startsWith('$') && ![...LOGICAL, '$expr'].includes(first);
}
