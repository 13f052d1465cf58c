import { type Database as LmdbDatabase, open, type RootDatabase } from 'lmdb';
import { asCommandError, CommandError } from './errors.ts';
import { afterPrefix } from './keys.ts';

type Table = LmdbDatabase<Buffer, Buffer>;
export type Range = { from: Buffer; to: Buffer };

export type Steps<T> = Iterator<undefined, T> & Iterable<undefined, T>;
/** One piece of writing. It may `yield` between documents to let others in; each part is then a transaction of its own. */
type Work<T> = () => Steps<T>;

/** Writing that is one step: nothing else is written in between. */
export function oneStep<T>(change: () => T): Steps<T> {
  const steps: Steps<T> = {
    next: () => ({ done: true, value: change() }),
    [Symbol.iterator]: () => steps,
  };
  return steps;
}

type Task = {
  steps: Steps<unknown>;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
};

/** How long one transaction goes on taking up work, in milliseconds. */
const BATCH_TIME = 20;

/**
 * The LMDB file: `records` (documents), `entries` (all indexes) and `meta` (the catalog).
 * All writing goes through `write`, which is the group commit: whatever is waiting is applied in one transaction, and
 * each writer hears of it only after LMDB has synced that transaction to the disk.
 */
export class Storage {
  readonly records: Table;
  readonly entries: Table;
  readonly meta: Table;
  /** Called inside each transaction before it is committed. */
  beforeCommit: () => void = () => {};
  /** Called when a transaction could not be committed: nothing of it is in the file. */
  afterAbort: () => void = () => {};
  private readonly root: RootDatabase<Buffer, Buffer>;
  private readonly waiting: Task[] = [];
  private scheduled = false;
  private closing = false;

  constructor(path: string) {
    // Without overlappingSync a transaction is on the disk (fdatasync, then the meta page) when it returns.
    this.root = open<Buffer, Buffer>({ path, maxDbs: 4, overlappingSync: false });
    const table = (name: string): Table =>
      this.root.openDB({ name, keyEncoding: 'binary', encoding: 'binary' });
    this.records = table('records');
    this.entries = table('entries');
    this.meta = table('meta');
  }

  write<T>(work: Work<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ steps: work(), resolve: resolve as (value: unknown) => void, reject });
      this.schedule();
    });
  }

  /** Finishes what is waiting; what would go on for longer is ended after its last committed part. */
  async close(): Promise<void> {
    this.closing = true;
    while (this.waiting.length > 0 || this.scheduled) await new Promise(setImmediate);
    await this.root.close();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.commitBatch();
      if (this.waiting.length > 0) this.schedule();
    });
  }

  private commitBatch(): void {
    const taken: Task[] = [];
    const answers: (() => void)[] = [];
    const unfinished: Task[] = [];
    try {
      this.root.transactionSync(() => {
        const end = performance.now() + BATCH_TIME;
        do {
          const task = this.waiting.shift();
          if (!task) break;
          taken.push(task);
          this.step(task, answers, unfinished);
        } while (performance.now() < end);
        this.beforeCommit();
      });
    } catch (failure) {
      this.afterAbort();
      for (const task of taken) task.reject(asCommandError(failure));
      return;
    }
    if (this.closing)
      for (const task of unfinished) task.reject(new CommandError(11600, 'interrupted at shutdown'));
    else this.waiting.push(...unfinished);
    for (const answer of answers) answer();
  }

  private step(task: Task, answers: (() => void)[], unfinished: Task[]): void {
    try {
      const { done, value } = task.steps.next();
      if (done) answers.push(() => task.resolve(value));
      else unfinished.push(task);
    } catch (failure) {
      answers.push(() => task.reject(failure));
    }
  }
}

/** Entries of a table between two keys in order, read a few at a time so that no LMDB cursor outlives a turn of the event loop. */
export function* scan(
  table: Table,
  range: Range,
  reverse = false,
  values = false,
): Generator<{ key: Buffer; value?: Buffer }> {
  let chunk = 8;
  let start = reverse ? range.to : range.from;
  const end = reverse ? range.from : range.to;
  let last: Buffer | undefined;
  for (;;) {
    const limit = chunk + (reverse && last ? 1 : 0);
    const page = read(table, { start, end, limit, reverse }, values);
    for (const entry of page) if (!(reverse && last?.equals(entry.key))) yield entry;
    if (page.length < limit) return;
    last = (page.at(-1) as { key: Buffer }).key;
    start = reverse ? last : Buffer.concat([last, Buffer.of(0)]);
    chunk = Math.min(chunk * 2, 256);
  }
}

type Span = { start: Buffer; end: Buffer; limit: number; reverse: boolean };

function read(table: Table, span: Span, values: boolean): { key: Buffer; value?: Buffer }[] {
  return values ? [...table.getRange(span)] : Array.from(table.getKeys(span), (key) => ({ key }));
}

export function prefixRange(prefix: Buffer): Range {
  return { from: prefix, to: afterPrefix(prefix) };
}
