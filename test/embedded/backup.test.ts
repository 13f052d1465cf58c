import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { Binary, Decimal128, Double, EJSON, Long, ObjectId, serialize, Timestamp } from 'bson';
import { backUp, restore } from '../../embedded/backup.ts';
import { connect } from '../../embedded/connection.ts';
import { startDatabase, temporaryDirectory } from './support.ts';

const run = promisify(execFile);

/** A connection of the kind that the scripts use. */
async function toolsFor(t: TestContext, url: string) {
  const { client, close } = await connect({ url, data: '' });
  t.after(close);
  return client;
}

const every = {
  _id: new ObjectId(),
  int: 1,
  double: new Double(1),
  long: Long.fromString('9007199254740993'),
  decimal: Decimal128.fromString('1.50'),
  date: new Date(0),
  binary: new Binary(Buffer.from('bytes'), 4),
  regex: /^a/i,
  text: 'é 😀',
  nothing: null,
  nested: { list: [1, { deep: true }] },
  stamp: new Timestamp({ t: 1, i: 2 }),
};

test('what is backed up while people write comes back whole, indexes included', async (t) => {
  const { url, db } = await startDatabase(t);
  const client = await toolsFor(t, url);
  await db.collection('all').insertOne(every);
  const letters = db.collection('letters');
  await letters.insertMany(Array.from({ length: 5000 }, (_, n) => ({ n, group: n % 7 })));
  await letters.createIndex(
    { group: 1, n: -1 },
    { unique: true, partialFilterExpression: { n: { $gte: 10 } } },
  );
  await letters.createIndex({ n: 1 }, { expireAfterSeconds: 3600, sparse: true });
  await db.createCollection('empty');

  const directory = temporaryDirectory(t);
  let writing = true;
  const writer = (async () => {
    for (let n = 10_000; writing; n += 1) await letters.insertOne({ n, group: 1 });
  })();
  const copied = await backUp(client, directory);
  writing = false;
  await writer;
  assert.ok((copied.find(({ namespace }) => namespace === 'test.letters')?.documents ?? 0) >= 5000);

  const other = await startDatabase(t);
  await restore(await toolsFor(t, other.url), directory);
  const raw = { promoteValues: false, promoteLongs: false, bsonRegExp: true };
  assert.deepEqual(
    await other.db.collection('all').findOne({}, raw),
    await db.collection('all').findOne({}, raw),
  );
  assert.deepEqual(await other.db.collection('letters').indexes(), await letters.indexes());
  const early = { n: { $lt: 5000 } };
  assert.deepEqual(
    await other.db.collection('letters').find(early).sort({ n: 1 }).toArray(),
    await letters.find(early).sort({ n: 1 }).toArray(),
  );
  assert.equal((await other.db.command({ validate: 'letters' })).valid, true);
  assert.equal((await other.db.listCollections({ name: 'empty' }).toArray()).length, 1);
});

test('the files are those of mongodump: BSON one after the other, metadata in canonical extended JSON', async (t) => {
  const { url, db } = await startDatabase(t);
  const client = await toolsFor(t, url);
  await db.collection<{ _id: number }>('numbers').insertMany([{ _id: 1 }, { _id: 2 }]);
  await db.collection('numbers').createIndex({ a: 1 }, { name: 'by_a' });
  const directory = temporaryDirectory(t);
  await backUp(client, directory);
  const expected = Buffer.concat([serialize({ _id: 1 }), serialize({ _id: 2 })]);
  assert.deepEqual(readFileSync(join(directory, 'test/numbers.bson')), expected);
  const metadata = JSON.parse(readFileSync(join(directory, 'test/numbers.metadata.json'), 'utf8'));
  assert.deepEqual(metadata.indexes[1], {
    v: { $numberInt: '2' },
    key: { a: { $numberInt: '1' } },
    name: 'by_a',
  });
  assert.equal(metadata.collectionName, 'numbers');
  assert.match(metadata.uuid, /^[0-9a-f]{32}$/);
});

test('a dump written by mongodump can be restored', async (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'shop'));
  writeFileSync(
    join(directory, 'shop/orders%2Fold.bson'),
    Buffer.concat([serialize({ _id: 'a', total: new Double(2) }), serialize({ _id: 'b' })]),
  );
  const metadata = {
    indexes: [
      { v: 2, key: { _id: 1 }, name: '_id_' },
      { v: 2, key: { total: -1 }, name: 'total_-1', ns: 'shop.orders/old' },
    ],
    uuid: '00',
    collectionName: 'orders/old',
    type: 'collection',
    options: {},
  };
  writeFileSync(
    join(directory, 'shop/orders%2Fold.metadata.json'),
    EJSON.stringify(metadata, { relaxed: false }),
  );
  const { url, client } = await startDatabase(t);
  await restore(await toolsFor(t, url), directory);
  const orders = client.db('shop').collection('orders/old');
  assert.deepEqual(await orders.find().toArray(), [{ _id: 'a', total: 2 }, { _id: 'b' }]);
  assert.deepEqual(
    (await orders.indexes()).map(({ name }) => name),
    ['_id_', 'total_-1'],
  );
});

test('restoring again changes nothing, and with drop replaces what is there', async (t) => {
  const { url, db } = await startDatabase(t);
  const client = await toolsFor(t, url);
  const notes = db.collection<{ _id: number; text?: string }>('notes');
  await notes.insertOne({ _id: 1, text: 'as it was' });
  const directory = temporaryDirectory(t);
  await backUp(client, directory);
  await notes.updateOne({ _id: 1 }, { $set: { text: 'changed' } });
  await notes.insertOne({ _id: 2 });
  await restore(client, directory);
  assert.deepEqual(await notes.find().toArray(), [{ _id: 1, text: 'changed' }, { _id: 2 }]);
  await restore(client, directory, { drop: true });
  assert.deepEqual(await notes.find().toArray(), [{ _id: 1, text: 'as it was' }]);
});

test('the scripts find the running database by its data directory, and start one where none runs', async (t) => {
  const dataDir = temporaryDirectory(t);
  const { db } = await startDatabase(t, { dataDir });
  await db.collection('things').insertOne({ n: 1 });
  const [directory, elsewhere] = [join(temporaryDirectory(t), 'dump'), temporaryDirectory(t)];
  const script = (name: string, ...args: string[]) =>
    run(process.execPath, [join(import.meta.dirname, `../../scripts/${name}.ts`), directory, ...args]);
  assert.match((await script('backup', '--data', dataDir)).stdout, /test\.things: 1 documents/);
  assert.match((await script('restore', '--data', elsewhere)).stdout, /test\.things: 1 documents/);
  const restored = await startDatabase(t, { dataDir: elsewhere });
  assert.equal(await restored.db.collection('things').countDocuments({ n: 1 }), 1);
});
