import { randomBytes } from 'node:crypto';
import { Long } from 'bson';
import { CommandError } from './errors.ts';
import { PAUSE, type Paused } from './reading.ts';

/** Documents already in BSON, to be put into a reply as they are. */
export class RawBatch {
  readonly documents: Buffer[];

  constructor(documents: Buffer[]) {
    this.documents = documents;
  }
}

type Cursor = {
  namespace: string;
  documents: Paused<Buffer>;
  /** Taken from the search but too large for the batch it would have been in. */
  held: Buffer | undefined;
  timeout: boolean;
  lastUsed: number;
  busy: boolean;
};

/** Results that are fetched batch by batch; left alone for ten minutes they are dropped. */
const IDLE_TIMEOUT = 10 * 60_000;
const LARGEST_BATCH = 16 * 1024 * 1024;

export class Cursors {
  private readonly open = new Map<bigint, Cursor>();
  private readonly sweeper: NodeJS.Timeout;

  constructor(idleTimeout = IDLE_TIMEOUT) {
    this.sweeper = setInterval(() => this.dropIdle(idleTimeout), Math.min(idleTimeout, 30_000));
    this.sweeper.unref();
  }

  /** The first batch of a search, as the `cursor` of a reply; what is left stays open under its id. */
  async start(
    namespace: string,
    documents: Paused<Buffer>,
    options: { batchSize: number; singleBatch?: boolean; timeout?: boolean; check?: () => void },
  ): Promise<{ firstBatch: RawBatch; id: Long; ns: string }> {
    const cursor: Cursor = {
      namespace,
      documents,
      held: undefined,
      timeout: options.timeout ?? true,
      lastUsed: Date.now(),
      busy: false,
    };
    const { batch, finished } = await fill(cursor, options.batchSize, options.check);
    const firstBatch = new RawBatch(batch);
    if (finished || options.singleBatch) {
      documents.return();
      return { firstBatch, id: Long.ZERO, ns: namespace };
    }
    const id = randomBytes(8).readBigUInt64LE() >> 1n || 1n;
    this.open.set(id, cursor);
    return { firstBatch, id: Long.fromBigInt(id), ns: namespace };
  }

  async more(
    id: bigint,
    namespace: string,
    batchSize: number,
    check?: () => void,
  ): Promise<{ nextBatch: RawBatch; id: Long; ns: string }> {
    const cursor = this.open.get(id);
    if (!cursor) throw new CommandError('CursorNotFound', `cursor id ${id} not found`);
    if (cursor.namespace !== namespace) {
      throw new CommandError(
        'Unauthorized',
        `Requested getMore on namespace '${namespace}', but cursor belongs to a different namespace ${cursor.namespace}`,
      );
    }
    if (cursor.busy) throw new CommandError(292, `cursor id ${id} is already in use`);
    cursor.busy = true;
    try {
      const { batch, finished } = await fill(
        cursor,
        batchSize === 0 ? Number.POSITIVE_INFINITY : batchSize,
        check,
      );
      cursor.lastUsed = Date.now();
      if (finished) this.open.delete(id);
      return {
        nextBatch: new RawBatch(batch),
        id: finished ? Long.ZERO : Long.fromBigInt(id),
        ns: namespace,
      };
    } catch (failure) {
      this.open.delete(id);
      throw failure;
    } finally {
      cursor.busy = false;
    }
  }

  kill(id: bigint, namespace: string): boolean {
    const cursor = this.open.get(id);
    if (!cursor || cursor.namespace !== namespace) return false;
    return this.open.delete(id);
  }

  /** Ends the cursors of a collection that is gone. */
  killAll(belongs: (namespace: string) => boolean): void {
    for (const [id, { namespace }] of this.open) if (belongs(namespace)) this.open.delete(id);
  }

  get size(): number {
    return this.open.size;
  }

  close(): void {
    clearInterval(this.sweeper);
    this.open.clear();
  }

  private dropIdle(idleTimeout: number): void {
    const oldest = Date.now() - idleTimeout;
    for (const [id, { timeout, busy, lastUsed }] of this.open)
      if (timeout && !busy && lastUsed < oldest) this.open.delete(id);
  }
}

async function fill(
  cursor: Cursor,
  batchSize: number,
  check: () => void = () => {},
): Promise<{ batch: Buffer[]; finished: boolean }> {
  const batch: Buffer[] = [];
  let size = 0;
  for (;;) {
    if (batch.length >= batchSize) return { batch, finished: false };
    const next = cursor.held ? { done: false, value: cursor.held } : cursor.documents.next();
    cursor.held = undefined;
    if (next.done) return { batch, finished: true };
    if (next.value === PAUSE) {
      await new Promise(setImmediate);
      check();
      continue;
    }
    const document = next.value as Buffer;
    if (batch.length > 0 && size + document.length > LARGEST_BATCH) {
      cursor.held = document;
      return { batch, finished: false };
    }
    size += document.length;
    batch.push(document);
  }
}
