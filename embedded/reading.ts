import type { Catalog, Collection } from './catalog.ts';
import type { Stored } from './documents.ts';
import { recordKey, recordOfEntry, recordOfKey } from './indexes.ts';
import { type Matcher, matcher } from './matching.ts';
import { type Plan, planQuery } from './planner.ts';
import { byOrder } from './sorting.ts';
import { type Storage, scan } from './storage.ts';
import { type Doc, decode } from './values.ts';

/** Given in place of a document where a long search lets others have a turn. */
export const PAUSE = Symbol('pause');
export type Paused<T> = Generator<T | typeof PAUSE, void>;

export type Found = Stored & { document: Doc };

/** What a query looked at, for `explain`. */
export type Effort = { keys: number; documents: number };

export type Query = {
  filter: Doc;
  sort?: Doc | undefined;
  skip?: number | undefined;
  limit?: number | undefined;
  hint?: unknown;
  variables?: Doc | undefined;
};

/** How long a search goes on before it offers a pause, in milliseconds. */
const SLICE = 10;

export class Reader {
  private readonly storage: Storage;
  private readonly catalog: Catalog;

  constructor(storage: Storage, catalog: Catalog) {
    this.storage = storage;
    this.catalog = catalog;
  }

  /** The documents that match, in the order asked for. Nothing is read before it is taken. */
  *find(namespace: string, query: Query, effort: Effort = { keys: 0, documents: 0 }): Paused<Found> {
    const collection = this.catalog.find(namespace);
    const matches = matcher(query.filter, query.variables);
    if (!collection) return;
    const plan = planQuery(collection, query.filter, query.sort, query.hint);
    const { skip = 0, limit = 0 } = query;
    let passed = 0;
    const needed = limit === 0 ? Number.POSITIVE_INFINITY : skip + limit;
    const found =
      plan.sorted || !hasSort(query)
        ? this.matching(collection, plan, matches, effort)
        : this.sortedInMemory(this.matching(collection, plan, matches, effort), query.sort as Doc, needed);
    for (const one of found) {
      if (one === PAUSE) yield PAUSE;
      else if (++passed > skip) {
        yield one;
        if (passed >= needed) return;
      }
    }
  }

  /** How many match; from the index alone where the plan allows it. */
  *count(namespace: string, query: Query): Generator<typeof PAUSE, number> {
    const collection = this.catalog.find(namespace);
    matcher(query.filter, query.variables);
    if (!collection) return 0;
    const { skip = 0, limit = 0 } = query;
    const plan = planQuery(collection, query.filter, {}, query.hint);
    let counted = 0;
    if (plan.exact) counted = this.countRanges(collection, plan);
    else {
      for (const one of this.matching(collection, plan, matcher(query.filter, query.variables), {
        keys: 0,
        documents: 0,
      })) {
        if (one === PAUSE) yield PAUSE;
        else counted += 1;
      }
    }
    return Math.min(Math.max(0, counted - skip), limit > 0 ? limit : Number.POSITIVE_INFINITY);
  }

  read(collection: Collection, record: number): Buffer | undefined {
    return this.storage.records.getBinary(recordKey(collection, record));
  }

  private countRanges(collection: Collection, plan: Plan): number {
    if (!plan.index) return collection.count;
    let counted = 0;
    for (const { from, to } of plan.ranges)
      counted += this.storage.entries.getKeysCount({ start: from, end: to });
    return counted;
  }

  private *matching(collection: Collection, plan: Plan, matches: Matcher, effort: Effort): Paused<Found> {
    let pauseAt = performance.now() + SLICE;
    for (const stored of this.candidates(collection, plan, effort)) {
      effort.documents += 1;
      const document = decode(stored.bytes);
      if (matches(document)) yield { ...stored, document };
      if ((effort.documents & 31) === 0 && performance.now() > pauseAt) {
        yield PAUSE;
        pauseAt = performance.now() + SLICE;
      }
    }
  }

  private *candidates(collection: Collection, plan: Plan, effort: Effort): Generator<Stored> {
    const { index, reverse } = plan;
    const ranges = reverse ? plan.ranges.toReversed() : plan.ranges;
    const seen = index?.multikey ? new Set<number>() : undefined;
    for (const range of ranges) {
      if (!index) {
        for (const { key, value } of scan(this.storage.records, range, reverse, true)) {
          yield { record: recordOfKey(key), bytes: value as Buffer };
        }
        continue;
      }
      for (const { key } of scan(this.storage.entries, range, reverse)) {
        effort.keys += 1;
        const record = recordOfEntry(key);
        if (seen?.has(record)) continue;
        seen?.add(record);
        const bytes = this.read(collection, record);
        if (bytes) yield { record, bytes };
      }
    }
  }

  private *sortedInMemory(found: Paused<Found>, sort: Doc, needed: number): Paused<Found> {
    const compare = byOrder(sort);
    const order = (a: Found, b: Found) => compare(a.document, b.document);
    let kept: Found[] = [];
    for (const one of found) {
      if (one === PAUSE) yield PAUSE;
      else kept.push(one);
      // With a limit only that many need to be kept, so now and then the rest is let go.
      if (kept.length >= 2 * needed + 1000) kept = kept.sort(order).slice(0, needed);
    }
    yield* kept.sort(order);
  }
}

function hasSort({ sort }: Query): boolean {
  return sort !== undefined && Object.keys(sort).length > 0;
}

/** Runs a search to its end, letting others have a turn at each pause. `deadline` is in `performance.now()` terms. */
export async function collect<T>(found: Paused<T>, check: () => void = () => {}): Promise<T[]> {
  const all: T[] = [];
  for (const one of found) {
    if (one === PAUSE) {
      await new Promise(setImmediate);
      check();
    } else all.push(one);
  }
  return all;
}
