import { ObjectId } from 'bson';
import type { Change } from './change.ts';
import { show } from './describing.ts';
import { CommandError } from './errors.ts';
import { hasOperators } from './filters.ts';
import { equal } from './order.ts';
import { applyOperators } from './updating.ts';
import type { Doc } from './values.ts';
import type { UpdateStatement } from './writing.ts';

export function upserted(change: Change, { filter, update: kind }: UpdateStatement): Doc {
  const seed: Doc = {};
  seedFrom(filter, seed);
  const replacing = !Array.isArray(kind) && !Object.keys(kind)[0]?.startsWith('$');
  const after = change(replacing ? ('_id' in seed ? { _id: seed._id } : {}) : seed, true);
  if ('_id' in seed && '_id' in after && !equal(seed._id, after._id))
    throw alteredId(seed, after, { filter, update: kind });
  return '_id' in after ? after : { _id: '_id' in seed ? seed._id : new ObjectId(), ...after };
}

/** The fields a filter fixes to one value: the beginning of the document that an upsert inserts. */
function seedFrom(filter: Doc, seed: Doc): void {
  for (const [field, operand] of Object.entries(filter)) {
    if (field === '$and') for (const clause of operand as Doc[]) seedFrom(clause, seed);
    else if (field === '$or' && (operand as Doc[]).length === 1) seedFrom((operand as [Doc])[0], seed);
    else if (!field.startsWith('$')) {
      const value = fixedValue(operand);
      if (value !== undefined) applyOperators(seed, { $set: { [field]: value } });
    }
  }
}

function fixedValue(operand: unknown): unknown {
  if (!hasOperators(operand)) return isPattern(operand) ? undefined : operand;
  if ('$eq' in operand) return operand.$eq;
  const { $in: among, $all: all } = operand;
  if (Array.isArray(among) && among.length === 1 && !isPattern(among[0])) return among[0];
  return Array.isArray(all) && all.length === 1 && !hasOperators(all[0]) ? all[0] : undefined;
}

function isPattern(value: unknown): boolean {
  return (
    value instanceof RegExp ||
    (typeof value === 'object' && value !== null && '_bsontype' in value && value._bsontype === 'BSONRegExp')
  );
}

export function alteredId(before: Doc, after: Doc, { update: change }: UpdateStatement): CommandError {
  const byOperators = !Array.isArray(change) && Object.keys(change)[0]?.startsWith('$');
  return byOperators
    ? new CommandError(
        'ImmutableField',
        "Performing an update on the path '_id' would modify the immutable field '_id'",
      )
    : new CommandError(
        'ImmutableField',
        `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${show(after._id)}, from _id: ${show(before._id)}`,
      );
}
