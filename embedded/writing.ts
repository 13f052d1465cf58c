import type { Collection } from './catalog.ts';
import { type Change, prepareChange } from './change.ts';
import { checkId, withId } from './documents.ts';
import type { Engine } from './engine.ts';
import { type Matcher, matcher } from './matching.ts';
import { equal } from './order.ts';
import { type Found, PAUSE } from './reading.ts';
import { alteredId, upserted } from './upsert.ts';
import { type Doc, decode, encode } from './values.ts';

export type UpdateStatement = {
  filter: Doc;
  update: Doc | Doc[];
  multi?: boolean;
  upsert?: boolean;
  arrayFilters?: Doc[] | undefined;
  hint?: unknown;
  sort?: Doc | undefined;
  variables?: Doc | undefined;
};

export type UpdateResult = {
  matched: number;
  modified: number;
  upsertedId?: unknown;
  before?: Doc;
  after?: Doc;
};

/** How many documents one transaction changes before others get a turn, in which the collection may be dropped. */
const TURN = 200;

export function insertOne(engine: Engine, namespace: string, bytes: Buffer): Doc {
  const { document, bytes: complete } = withId(decode(bytes), bytes);
  const collection = engine.catalog.findOrCreate(namespace);
  engine.documents.insert(collection, document, complete);
  return document;
}

/** One `update` statement. The search and each document's change are one step that nothing comes between. */
export function* update(
  engine: Engine,
  namespace: string,
  statement: UpdateStatement,
): Generator<undefined, UpdateResult> {
  const change = prepareChange(statement);
  const { filter, multi = false, variables } = statement;
  const matches = matcher(filter, variables);
  const collection = engine.catalog.find(namespace);
  const result: UpdateResult = { matched: 0, modified: 0 };
  if (collection) {
    for (const [i, target] of (yield* targets(engine, namespace, statement, multi)).entries()) {
      if (i > 0 && i % TURN === 0) yield;
      if (engine.catalog.find(namespace) !== collection) break;
      const found = asItIsNow(engine, collection, target, matches);
      if (!found) continue;
      const changed = changeOne(engine, collection, found, change, statement);
      result.matched += 1;
      if (changed.modified) result.modified += 1;
      if (!multi) Object.assign(result, { before: changed.before, after: changed.after });
    }
  }
  if (result.matched > 0 || !statement.upsert) return result;
  const after = upserted(change, statement);
  const { document, bytes } = withId(after, encode(after));
  checkStorable(document);
  engine.documents.insert(engine.catalog.findOrCreate(namespace), document, bytes);
  return { ...result, upsertedId: document._id, after: document };
}

type DeleteStatement = {
  filter: Doc;
  multi?: boolean;
  hint?: unknown;
  sort?: Doc | undefined;
  variables?: Doc | undefined;
};

export function* remove(
  engine: Engine,
  namespace: string,
  statement: DeleteStatement,
): Generator<undefined, { deleted: number; before?: Doc }> {
  const { filter, multi = false, variables } = statement;
  const matches = matcher(filter, variables);
  const collection = engine.catalog.find(namespace);
  if (!collection) return { deleted: 0 };
  let deleted = 0;
  let before: Doc | undefined;
  for (const [i, target] of (yield* targets(engine, namespace, statement, multi)).entries()) {
    if (i > 0 && i % TURN === 0) yield;
    if (engine.catalog.find(namespace) !== collection) break;
    const found = asItIsNow(engine, collection, target, matches);
    if (!found) continue;
    engine.documents.remove(collection, found);
    deleted += 1;
    before = found.document;
  }
  return before && !multi ? { deleted, before } : { deleted };
}

type Targeting = Pick<UpdateStatement, 'filter' | 'sort' | 'hint' | 'variables'>;

/** The one document that was found, or by number one of many: they would not fit, and others have turns before theirs. */
type Target = Found | number;

function* targets(
  engine: Engine,
  namespace: string,
  { filter, sort, hint, variables }: Targeting,
  multi: boolean,
): Generator<undefined, Target[]> {
  const found: Target[] = [];
  for (const one of engine.reader.find(namespace, {
    filter,
    sort,
    hint,
    variables,
    limit: multi ? 0 : 1,
  })) {
    if (one !== PAUSE) found.push(multi ? one.record : one);
    else if (multi) yield;
  }
  return found;
}

function asItIsNow(
  engine: Engine,
  collection: Collection,
  target: Target,
  matches: Matcher,
): Found | undefined {
  if (typeof target !== 'number') return target;
  const bytes = engine.reader.read(collection, target);
  const document = bytes && decode(bytes);
  return bytes && document && matches(document) ? { record: target, bytes, document } : undefined;
}

function changeOne(
  engine: Engine,
  collection: Collection,
  found: Found,
  change: Change,
  statement: UpdateStatement,
): { modified: boolean; before: Doc; after: Doc } {
  const before = found.document;
  const after = change(decode(found.bytes), false);
  if (!('_id' in after) || !equal(before._id, after._id)) throw alteredId(before, after, statement);
  const bytes = encode(after);
  const modified = !bytes.equals(found.bytes);
  if (modified) {
    checkStorable(after);
    engine.documents.replace(collection, found, after, bytes);
  }
  return { modified, before, after };
}

function checkStorable(document: Doc): void {
  checkId(document._id);
}
