import { Catalog } from './catalog.ts';
import { Cursors } from './cursors.ts';
import { Documents } from './documents.ts';
import { Reader } from './reading.ts';
import { Storage } from './storage.ts';

/** What every command works with: the file, the catalog, and reading and writing through them. */
export class Engine {
  readonly storage: Storage;
  readonly catalog: Catalog;
  readonly documents: Documents;
  readonly reader: Reader;
  readonly cursors: Cursors;
  readonly startedAt = Date.now();

  constructor(dataDir: string, cursorTimeout?: number) {
    this.storage = new Storage(dataDir);
    this.catalog = new Catalog(this.storage);
    this.documents = new Documents(this.storage, this.catalog);
    this.reader = new Reader(this.storage, this.catalog);
    this.cursors = new Cursors(cursorTimeout);
    if (this.catalog.hasUnfinished()) void this.storage.write(() => this.catalog.dropUnfinished());
  }

  async close(): Promise<void> {
    this.cursors.close();
    await this.storage.close();
  }
}
