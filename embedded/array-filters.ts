import { show } from './describing.ts';
import { CommandError } from './errors.ts';
import { type Matcher, matcher } from './matching.ts';
import { type Doc, isDocument } from './values.ts';

/** By its name, the test that an element must pass. */
export type Filters = Map<string, Matcher>;

export function arrayFilters(filters: Doc[]): Filters {
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
