import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Collection, type Db, type Document, MongoClient, type MongoClientOptions } from 'mongodb';
import { startEmbedded } from '../../embedded/database.ts';

/** An empty directory that is removed after the test. */
export function temporaryDirectory(t: Pick<TestContext, 'after'>): string {
  const directory = mkdtempSync(join(tmpdir(), 'embedded-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export type Connected = { url: string; port: number; client: MongoClient; db: Db };

/** A database of its own for the test, with the official driver connected to it. */
export async function startDatabase(
  t: Pick<TestContext, 'after'>,
  { dataDir = temporaryDirectory(t), options = {} as MongoClientOptions } = {},
): Promise<Connected> {
  const database = await startEmbedded({ dataDir });
  const client = await MongoClient.connect(database.url, options);
  t.after(async () => {
    await client.close();
    await database.close();
  });
  return { url: database.url, port: database.port, client, db: client.db('test') };
}

/** A collection that holds these documents. */
export async function collectionOf<T extends Document>(
  db: Db,
  documents: T[],
  name = 'things',
): Promise<Collection<Document>> {
  const collection = db.collection(name);
  if (documents.length > 0) await collection.insertMany(documents as Document[]);
  return collection;
}

/** The stage that found the documents: `IXSCAN`, `COLLSCAN`, ... with the name of the index if there is one. */
export function scanOf(explained: Document): { stage: string; index?: string } {
  let plan = explained.queryPlanner.winningPlan as Document;
  while (plan.inputStage) plan = plan.inputStage as Document;
  return plan.indexName ? { stage: plan.stage, index: plan.indexName } : { stage: plan.stage };
}
