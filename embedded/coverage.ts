import type { Index } from './catalog.ts';
import { hasOperators } from './filters.ts';
import { encodeKey } from './keys.ts';
import { equal } from './order.ts';
import { type Doc, isDocument, rank, toNumber } from './values.ts';

/** Whether every document the filter can match is in the index: sparse and partial indexes leave some out. */
export function holdsAll(index: Index, filter: Doc, fields: Map<string, Doc>): boolean {
  const partial = index.spec.partialFilterExpression as Doc | undefined;
  if (partial && !implies(fields, partial)) return false;
  if (!index.spec.sparse) return true;
  return (
    Object.keys(index.spec.key).some((path) => {
      const asked = fields.get(path);
      return asked !== undefined && requiresField(asked);
    }) && filter !== undefined
  );
}

function requiresField(asked: Doc): boolean {
  return Object.entries(asked).some(([operator, value]) => {
    if (operator === '$exists') return value === true || toNumber(value) === 1;
    if (operator === '$in') return Array.isArray(value) && value.every((one) => one !== null);
    return (
      ['$eq', '$gt', '$gte', '$lt', '$lte', '$regex', '$type', '$size', '$mod', '$elemMatch'].includes(
        operator,
      ) && value !== null
    );
  });
}

/** Whether the filter asks for at least what a partial index asks for. */
function implies(fields: Map<string, Doc>, partial: Doc): boolean {
  return [...constraints(partial)].every(([field, needed]) => {
    const asked = fields.get(field);
    return (
      asked !== undefined &&
      Object.entries(needed).every(([operator, value]) => impliesOne(asked, operator, value))
    );
  });
}

function impliesOne(asked: Doc, operator: string, value: unknown): boolean {
  if (operator in asked && equal(asked[operator], value)) return true;
  if (operator === '$exists') return value === true && requiresField(asked);
  const within = (candidate: unknown): boolean => {
    if (rank(candidate) !== rank(value) || Array.isArray(candidate) || candidate === null) return false;
    const order = Buffer.compare(encodeKey([candidate]), encodeKey([value]));
    return (
      { $eq: order === 0, $gt: order > 0, $gte: order >= 0, $lt: order < 0, $lte: order <= 0 }[operator] ??
      false
    );
  };
  if ('$eq' in asked) return within(asked.$eq);
  if (Array.isArray(asked.$in)) return asked.$in.length > 0 && asked.$in.every(within);
  if (operator.startsWith('$gt'))
    return (
      ('$gt' in asked && (within(asked.$gt) || equal(asked.$gt, value))) ||
      ('$gte' in asked && within(asked.$gte))
    );
  if (operator.startsWith('$lt'))
    return (
      ('$lt' in asked && (within(asked.$lt) || equal(asked.$lt, value))) ||
      ('$lte' in asked && within(asked.$lte))
    );
  return false;
}

/** What a filter asks of each field, as `{ field: { $eq: ..., $gt: ... } }`, gathered from the top and from `$and`. */
export function constraints(filter: Doc): Map<string, Doc> {
  const fields = new Map<string, Doc>();
  const gather = (part: Doc): void => {
    for (const [field, operand] of Object.entries(part)) {
      if (field === '$and' && Array.isArray(operand)) operand.filter(isDocument).forEach(gather);
      else if (field === '$comment') continue;
      else {
        const asked = hasOperators(operand) ? operand : { $eq: operand };
        const known = fields.get(field);
        const merged =
          known && Object.keys(asked).some((operator) => operator in known)
            ? { ...asked, ...known, $more: true }
            : { ...known, ...asked };
        fields.set(field, merged);
      }
    }
  };
  gather(filter);
  return fields;
}
