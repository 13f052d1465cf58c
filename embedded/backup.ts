import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EJSON } from 'bson';
import type mongoose from 'mongoose';
import { decode } from './values.ts';

/**
 * Backups in the directory layout of `mongodump`: `<database>/<collection>.bson` holds the documents one after the
 * other, `<collection>.metadata.json` the indexes in canonical extended JSON. `mongorestore` reads them, and what
 * `mongodump` wrote can be restored here. https://www.mongodb.com/docs/database-tools/mongodump/
 */
type Client = mongoose.mongo.MongoClient;
type Document = mongoose.mongo.Document;
type Copied = { namespace: string; documents: number };

const NOT_OURS = ['admin', 'config', 'local'];
const LARGEST_BATCH = 8 * 1024 * 1024;
const MOST_IN_BATCH = 2000;

export async function backUp(client: Client, directory: string): Promise<Copied[]> {
  const copied: Copied[] = [];
  const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
  for (const { name } of databases) {
    if (NOT_OURS.includes(name)) continue;
    await mkdir(join(directory, name), { recursive: true });
    for (const info of await client.db(name).listCollections().toArray()) {
      if (!info.name.startsWith('system.'))
        copied.push(await backUpCollection(client, directory, name, info));
    }
  }
  return copied;
}

async function backUpCollection(
  client: Client,
  directory: string,
  database: string,
  { name, ...info }: Document,
): Promise<Copied> {
  const collection = client.db(database).collection(name);
  const base = join(directory, database, encodeURIComponent(name));
  const metadata = {
    options: info.options ?? {},
    indexes: await collection.listIndexes().toArray(),
    uuid: info.info?.uuid ? info.info.uuid.toString('hex') : undefined,
    collectionName: name,
    type: 'collection',
  };
  await writeFile(`${base}.metadata.json`, EJSON.stringify(metadata, { relaxed: false }));
  const file = createWriteStream(`${base}.bson`);
  let documents = 0;
  for await (const bytes of collection.find({}, { raw: true, batchSize: 1000 })) {
    documents += 1;
    if (!file.write(bytes)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
  return { namespace: `${database}.${name}`, documents };
}

/** Puts back what a backup holds; documents that are already there stay as they are, with `drop` collections are replaced. */
export async function restore(client: Client, directory: string, { drop = false } = {}): Promise<Copied[]> {
  const copied: Copied[] = [];
  for (const database of await readdir(directory, { withFileTypes: true })) {
    if (!database.isDirectory() || NOT_OURS.includes(database.name)) continue;
    for (const file of await readdir(join(directory, database.name))) {
      if (!file.endsWith('.bson') || file.startsWith('system.')) continue;
      const base = join(directory, database.name, file.slice(0, -'.bson'.length));
      copied.push(await restoreCollection(client.db(database.name), base, file, drop));
    }
  }
  return copied;
}

async function restoreCollection(
  db: mongoose.mongo.Db,
  base: string,
  file: string,
  drop: boolean,
): Promise<Copied> {
  const metadata = await readMetadata(base);
  const name = metadata.collectionName ?? decodeURIComponent(file.slice(0, -'.bson'.length));
  if (drop) await db.dropCollection(name);
  await db.createCollection(name);
  const collection = db.collection(name);
  let documents = 0;
  for await (const batch of batchesOf(`${base}.bson`)) {
    documents += await insertMissing(collection, batch);
  }
  const indexes = (metadata.indexes ?? []).filter((index: Document) => index.name !== '_id_');
  if (indexes.length > 0) await db.command({ createIndexes: name, indexes: indexes.map(withoutNamespace) });
  return { namespace: `${db.databaseName}.${name}`, documents };
}

async function readMetadata(base: string): Promise<Document> {
  const text = await readFile(`${base}.metadata.json`, 'utf8').catch(() => '{}');
  return EJSON.parse(text, { relaxed: false }) as Document;
}

function withoutNamespace({ ns: _ns, ...index }: Document): Document {
  return index;
}

/** Decoded with every type kept, so that what is stored again is what was. */
async function insertMissing(collection: mongoose.mongo.Collection, documents: Document[]): Promise<number> {
  const { insertedCount } = await collection
    .insertMany(documents, { ordered: false, ignoreUndefined: false })
    .catch((failure: mongoose.mongo.MongoBulkWriteError) => {
      const errors = [failure.writeErrors ?? []].flat();
      if (errors.length === 0 || errors.some(({ code }) => code !== 11000)) throw failure;
      return failure;
    });
  return insertedCount;
}

async function* batchesOf(path: string): AsyncGenerator<Document[]> {
  let batch: Document[] = [];
  let size = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    let at = 0;
    while (rest.length - at >= 4 && rest.length - at >= rest.readInt32LE(at)) {
      const length = rest.readInt32LE(at);
      if (length < 5) throw new Error(`${path} is not a BSON dump`);
      batch.push(decode(rest.subarray(at, at + length)));
      size += length;
      at += length;
      if (batch.length >= MOST_IN_BATCH || size >= LARGEST_BATCH) {
        yield batch;
        [batch, size] = [[], 0];
      }
    }
    rest = rest.subarray(at);
  }
  if (rest.length > 0) throw new Error(`${path} ends in the middle of a document`);
  if (batch.length > 0) yield batch;
}
