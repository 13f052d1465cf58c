import { CommandError } from './errors.ts';
import { compare } from './order.ts';
import { valuesAt } from './predicates.ts';
import { type Doc, isDocument, MISSING, toNumber } from './values.ts';

/** A comparison of documents for `{ a: 1, b: -1 }`, stable where they are equal. */
export function byOrder(order: Doc): (a: unknown, b: unknown) => number {
  const fields = Object.entries(order).map(([path, direction]) => ({
    path: path.split('.'),
    descending: (toNumber(direction) as number) < 0,
  }));
  return (a, b) => {
    for (const { path, descending } of fields) {
      const result = compare(sortValue(a, path, descending), sortValue(b, path, descending));
      if (result !== 0) return descending ? -result : result;
    }
    return 0;
  };
}

/** The value a document is sorted by: of an array the smallest element, or when descending the largest. */
function sortValue(document: unknown, path: string[], descending: boolean): unknown {
  let found: unknown = MISSING;
  let first = true;
  for (const value of valuesAt(document, path)) {
    const candidates = Array.isArray(value) ? (value.length > 0 ? value : [undefined]) : [value];
    for (const candidate of candidates) {
      if (first || compare(candidate, found) < 0 !== descending) found = candidate;
      first = false;
    }
  }
  return found;
}

/** Refuses a sort that MongoDB refuses. */
export function checkSort(sort: Doc): void {
  for (const [path, direction] of Object.entries(sort)) {
    if (isDocument(direction))
      throw new CommandError(
        'NotImplemented',
        'The embedded database sorts by fields only ($meta is not supported)',
      );
    const number = toNumber(direction);
    if (number !== 1 && number !== -1)
      throw new CommandError(
        'BadValue',
        `$sort key ordering must be 1 (for ascending) or -1 (for descending)`,
      );
    if (path === '' || path.startsWith('$'))
      throw new CommandError(
        16410,
        "FieldPath field names may not start with '$'. Consider using $getField or $setField.",
      );
  }
}
