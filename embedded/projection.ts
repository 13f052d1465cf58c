import { CommandError } from './errors.ts';
import { checkExpression, evaluate, expressionOptions } from './expressions.ts';
import { hasOperators } from './filters.ts';
import { matcher } from './matching.ts';
import { type Doc, isDocument, isNumber, isTrue, plain, toNumber } from './values.ts';

type Projector = (document: Doc, position?: number) => Doc;

type Part = (value: unknown, holder: Doc, root: Doc, position: number | undefined) => unknown;
type Tree = Map<string, Tree | Part>;

const LEFT_OUT = Symbol('left out');
const KEEP: Part = (value) => value;
const DROP: Part = () => LEFT_OUT;

/** What `find` shows of a document: chosen fields, all but some, parts of arrays, or computed values. */
export function projector(projection: Doc, variables: Doc = {}): Projector | undefined {
  const entries = Object.entries(projection);
  if (entries.length === 0) return undefined;
  const including = isInclusion(entries);
  const tree: Tree = new Map();
  for (const [path, wanted] of entries) {
    if (path === '') throw new CommandError(40352, 'FieldPath cannot be constructed with empty string');
    const positional = path.endsWith('.$');
    addPart(
      tree,
      (positional ? path.slice(0, -2) : path).split('.'),
      positional ? positionalPart : partOf(path, wanted, variables),
      path,
    );
  }
  if (including && !('_id' in projection)) tree.set('_id', KEEP);
  return (document, position) => project(document, tree, including, document, position) as Doc;
}

function isInclusion(entries: [string, unknown][]): boolean {
  let including: boolean | undefined;
  for (const [path, wanted] of entries) {
    const kind = isSwitch(wanted)
      ? isTrue(wanted)
      : isDocument(wanted) && ('$slice' in wanted || '$elemMatch' in wanted)
        ? '$elemMatch' in wanted
          ? true
          : undefined
        : true;
    if (path === '_id' || kind === undefined) continue;
    including ??= kind;
    if (including !== kind) {
      throw including
        ? new CommandError(31254, `Cannot do exclusion on field ${path} in inclusion projection`)
        : new CommandError(31253, `Cannot do inclusion on field ${path} in exclusion projection`);
    }
  }
  if (including !== undefined) return including;
  const id = entries.find(([path]) => path === '_id')?.[1];
  return id !== undefined && (!isSwitch(id) || isTrue(id)) && entries.length === 1;
}

function isSwitch(wanted: unknown): boolean {
  return typeof wanted === 'boolean' || isNumber(wanted);
}

function addPart(tree: Tree, [field = '', ...rest]: string[], part: Part, path: string): void {
  const there = tree.get(field);
  const collides = rest.length === 0 ? there !== undefined : typeof there === 'function';
  if (collides) throw new CommandError(31249, `Path collision at ${path}`);
  if (rest.length === 0) tree.set(field, part);
  else {
    const inner: Tree = (there as Tree | undefined) ?? new Map();
    tree.set(field, inner);
    addPart(inner, rest, part, path);
  }
}

function partOf(path: string, wanted: unknown, variables: Doc): Part {
  if (isSwitch(wanted)) return isTrue(wanted) ? KEEP : DROP;
  if (isDocument(wanted) && '$slice' in wanted && isFindSlice(wanted.$slice)) return slicePart(wanted.$slice);
  if (isDocument(wanted) && '$elemMatch' in wanted) return elementPart(wanted.$elemMatch);
  if (isDocument(wanted) && '$meta' in wanted)
    throw new CommandError('NotImplemented', '$meta is not supported by the embedded database');
  if (isDocument(wanted) && !hasOperators(wanted)) {
    if (Object.keys(wanted).length === 0)
      throw new CommandError(
        51270,
        'An empty sub-projection is not a valid value. Found empty object at path',
      );
    const inner = projector(wanted, variables);
    return (value) => mapDocuments(value, (document) => (inner as Projector)(document));
  }
  checkExpression(wanted, Object.keys(variables));
  const options = expressionOptions(variables);
  const expression = plain(wanted);
  const computed: Part = (_value, _holder, root) => {
    const result = evaluate(root, expression, options);
    return result === undefined ? LEFT_OUT : result;
  };
  return Object.assign(computed, { path, computes: true });
}

function isFindSlice(slice: unknown): boolean {
  return isNumber(slice) || (Array.isArray(slice) && slice.length === 2 && slice.every(isNumber));
}

function slicePart(slice: unknown): Part {
  const [skip, count] = Array.isArray(slice)
    ? slice.map((number) => Math.trunc(toNumber(number) as number))
    : [undefined, Math.trunc(toNumber(slice) as number)];
  if (skip !== undefined && (count as number) <= 0)
    throw new CommandError(28724, 'First argument to $slice must be an array, but is of type: int');
  return (value) => {
    if (!Array.isArray(value)) return value;
    if (skip === undefined) return (count as number) < 0 ? value.slice(count) : value.slice(0, count);
    const from = skip < 0 ? Math.max(0, value.length + skip) : skip;
    return value.slice(from, from + (count as number));
  };
}

function elementPart(criteria: unknown): Part {
  if (!isDocument(criteria)) throw new CommandError('BadValue', '$elemMatch needs an Object');
  const matches = hasOperators(criteria)
    ? (element: unknown) => matcher({ element: criteria })({ element })
    : (element: unknown) => isDocument(element) && matcher(criteria)(element);
  return (value) => {
    const found = Array.isArray(value) ? value.find(matches) : undefined;
    return found === undefined ? LEFT_OUT : [found];
  };
}

const positionalPart: Part = (value, _holder, _root, position) => {
  if (!Array.isArray(value)) return value;
  if (position === undefined) {
    throw new CommandError(
      51246,
      "Executor error during find command :: caused by :: positional operator '.$' couldn't find a matching element in the array",
    );
  }
  return value.slice(position, position + 1);
};

function mapDocuments(value: unknown, change: (document: Doc) => unknown): unknown {
  if (Array.isArray(value))
    return value
      .filter((element) => isDocument(element) || Array.isArray(element))
      .map((element) => mapDocuments(element, change));
  return isDocument(value) ? change(value) : LEFT_OUT;
}

function project(
  value: unknown,
  tree: Tree,
  including: boolean,
  root: Doc,
  position: number | undefined,
): unknown {
  if (Array.isArray(value)) {
    const projected = value.map((element) =>
      isDocument(element) || Array.isArray(element)
        ? project(element, tree, including, root, position)
        : including
          ? LEFT_OUT
          : element,
    );
    return projected.filter((element) => element !== LEFT_OUT);
  }
  if (!isDocument(value)) return including ? LEFT_OUT : value;
  const result: Doc = {};
  const put = (field: string, part: Tree | Part, inner: unknown) => {
    const shown =
      typeof part === 'function'
        ? part(inner, value, root, position)
        : project(inner, part, including, root, position);
    if (shown !== LEFT_OUT) result[field] = shown;
  };
  for (const [field, inner] of Object.entries(value)) {
    const part = tree.get(field);
    if (part) {
      if (!('computes' in part)) put(field, part, inner);
    } else if (!including) result[field] = inner;
  }
  for (const [field, part] of tree) {
    if (
      'computes' in part ||
      (part instanceof Map &&
        !Object.hasOwn(value, field) &&
        [...part.values()].some((inner) => 'computes' in inner))
    )
      put(field, part, {});
  }
  return result;
}
