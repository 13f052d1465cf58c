import assert from 'node:assert/strict';
import { test } from 'node:test';
import pino from 'pino';
import { inOneStep } from '../../embedded/commands/collections.ts';
import { Engine } from '../../embedded/engine.ts';
import { removeExpired, startExpiry } from '../../embedded/expiry.ts';
import { encode } from '../../embedded/values.ts';
import { insertOne } from '../../embedded/writing.ts';
import { collectionOf, scanOf, startDatabase, temporaryDirectory } from './support.ts';

test('a query reads no more of an index than it must', async (t) => {
  const { db } = await startDatabase(t);
  const people = await collectionOf(
    db,
    Array.from({ length: 1000 }, (_, n) => ({ _id: n, group: n % 10, age: n % 100, name: `name ${n}` })),
  );
  await people.createIndex({ group: 1, age: -1 });
  const measure = async (filter: object, sort: Record<string, 1 | -1> = {}) => {
    const explained = await people.find(filter).sort(sort).explain('executionStats');
    const { totalKeysExamined, totalDocsExamined, nReturned } = explained.executionStats;
    return { ...scanOf(explained), keys: totalKeysExamined, documents: totalDocsExamined, found: nReturned };
  };
  const index = 'group_1_age_-1';
  assert.deepEqual(await measure({ group: 3 }), {
    stage: 'IXSCAN',
    index,
    keys: 100,
    documents: 100,
    found: 100,
  });
  assert.deepEqual(await measure({ group: 3, age: { $gte: 50, $lt: 73 } }), {
    stage: 'IXSCAN',
    index,
    keys: 20,
    documents: 20,
    found: 20,
  });
  assert.deepEqual(await measure({ group: { $in: [3, 4] }, age: 13 }), {
    stage: 'IXSCAN',
    index,
    keys: 10,
    documents: 10,
    found: 10,
  });
  assert.deepEqual(await measure({ _id: { $in: [13, 23, 33] }, group: 3 }), {
    stage: 'IXSCAN',
    index: '_id_',
    keys: 3,
    documents: 3,
    found: 3,
  });
  assert.deepEqual(await measure({ _id: 7 }), {
    stage: 'IXSCAN',
    index: '_id_',
    keys: 1,
    documents: 1,
    found: 1,
  });
  assert.deepEqual(await measure({ name: 'name 5' }), {
    stage: 'COLLSCAN',
    keys: 0,
    documents: 1000,
    found: 1,
  });
});

test('an index gives a page in order without sorting, forwards and backwards', async (t) => {
  const { db } = await startDatabase(t);
  const people = await collectionOf(
    db,
    Array.from({ length: 500 }, (_, n) => ({ _id: n, group: n % 5, at: (n * 7) % 500 })),
  );
  await people.createIndex({ group: 1, at: -1 });
  for (const direction of [1, -1] as const) {
    const page = people.find({ group: 2 }).sort({ at: direction }).limit(10);
    const explained = await page.explain('executionStats');
    assert.equal(explained.queryPlanner.winningPlan.inputStage.stage, 'FETCH');
    assert.equal(explained.executionStats.totalDocsExamined, 10);
    const all = (await people.find({ group: 2 }, { hint: { $natural: 1 } }).toArray())
      .map(({ at }) => at)
      .sort((a, b) => (a - b) * direction);
    assert.deepEqual(
      (await page.toArray()).map(({ at }) => at),
      all.slice(0, 10),
    );
  }
  const sorted = await people.find({}).sort({ at: 1 }).explain('queryPlanner');
  assert.equal(sorted.queryPlanner.winningPlan.stage, 'SORT');
});

test('a count of an index prefix looks at no document', async (t) => {
  const { db } = await startDatabase(t);
  const people = await collectionOf(
    db,
    Array.from({ length: 300 }, (_, n) => ({ group: n % 3, at: n })),
  );
  await people.createIndex({ group: 1, at: 1 });
  const explained = await db.command({
    explain: { count: 'things', query: { group: 1, at: { $gte: 100 } } },
    verbosity: 'executionStats',
  });
  assert.deepEqual([scanOf(explained).stage, explained.executionStats.totalDocsExamined], ['COUNT_SCAN', 0]);
  assert.equal(await people.countDocuments({ group: 1, at: { $gte: 100 } }), 67);
});

test('a unique index refuses the second of a kind in every way of writing', async (t) => {
  const { db } = await startDatabase(t);
  const people = await collectionOf(db, [
    { _id: 1, a: 1, b: 1 },
    { _id: 2, a: 1, b: 2 },
  ] as never);
  await people.createIndex({ a: 1, b: 1 }, { unique: true });
  const refused = { code: 11000, keyPattern: { a: 1, b: 1 }, keyValue: { a: 1, b: 1 } };
  await assert.rejects(people.insertOne({ a: 1, b: 1 }), refused);
  await assert.rejects(people.updateOne({ b: 2 }, { $set: { b: 1 } }), refused);
  await assert.rejects(people.replaceOne({ b: 2 }, { a: 1, b: 1 }), refused);
  await assert.rejects(
    people.findOneAndUpdate({ a: 1, c: 1, b: 1 }, { $set: { c: 2 } }, { upsert: true }),
    refused,
  );
  await people.insertOne({ a: 1 });
  await assert.rejects(people.insertOne({ a: 1, b: null }), { code: 11000 });
  await people.deleteOne({ b: 1 });
  await people.insertOne({ a: 1, b: 1 });
  assert.equal((await db.command({ validate: 'things' })).valid, true);
});

test('a unique index cannot be built where there are two of a kind, and then is not there', async (t) => {
  const { db } = await startDatabase(t);
  const people = await collectionOf(db, [{ a: 1 }, { a: 1 }]);
  await assert.rejects(people.createIndex({ a: 1 }, { unique: true }), { code: 11000 });
  const both = [{ key: { b: 1 } }, { key: { a: 1 }, unique: true }] as const;
  await assert.rejects(people.createIndexes([...both]), { code: 11000 });
  assert.deepEqual(
    (await people.indexes()).map(({ name }) => name),
    ['_id_'],
  );
  assert.equal((await db.command({ validate: 'things' })).valid, true);
});

test('very long values are found, ordered and kept unique like short ones', async (t) => {
  const { db } = await startDatabase(t);
  const long = 'x'.repeat(5000);
  const texts = [`${long}b`, `${long}a`, long, 'short', `${long}ab`];
  const all = await collectionOf(db, texts.map((text, _id) => ({ _id, text })) as never);
  await all.createIndex({ text: 1 }, { unique: true });
  assert.deepEqual(
    (await all.find({ text: `${long}a` }).toArray()).map(({ _id }) => _id as unknown),
    [1],
  );
  assert.deepEqual(
    (await all.find().sort({ text: -1 }).toArray()).map(({ _id }) => _id as unknown),
    [0, 4, 1, 2, 3],
  );
  assert.equal(await all.countDocuments({ text: { $gt: `${long}a` } }), 2);
  await assert.rejects(all.insertOne({ text: `${long}ab` }), { code: 11000 });
  await all.insertOne({ text: `${long}abc` });
  await all.updateOne({ text: `${long}abc` }, { $set: { text: `${long}abd` } });
  assert.equal(await all.countDocuments({ text: `${long}abc` }), 0);
  assert.equal((await db.command({ validate: 'things' })).valid, true);
});

test('conditions that different elements of an array meet are not narrowed to one', async (t) => {
  const { db } = await startDatabase(t);
  const all = await collectionOf(db, [
    {
      _id: 1,
      a: [1, 9],
      d: [
        { x: 1, y: 2 },
        { x: 3, y: 4 },
      ],
    },
    { _id: 2, a: [5] },
  ] as never);
  await all.createIndexes([{ key: { a: 1 } }, { key: { 'd.x': 1, 'd.y': 1 } }]);
  const found = async (filter: object) =>
    (await all.find(filter).toArray()).map(({ _id }) => _id as unknown).sort();
  assert.deepEqual(await found({ a: { $gt: 4, $lt: 6 } }), [1, 2]);
  assert.deepEqual(await found({ a: { $elemMatch: { $gt: 4, $lt: 6 } } }), [2]);
  assert.deepEqual(await found({ 'd.x': 1, 'd.y': 4 }), [1]);
  assert.equal(await all.countDocuments({ a: { $gte: 1 } }), 2);
  assert.deepEqual(await found({ a: { $in: [1, 9] } }), [1]);
  await assert.rejects(db.collection('things').createIndex({ a: 1, 'd.x': 1 }), { code: 171 });
});

test('sparse and partial indexes are used only where they hold the whole answer', async (t) => {
  const { db } = await startDatabase(t);
  const all = await collectionOf(db, [
    { _id: 1, a: 1, on: true },
    { _id: 2 },
    { _id: 3, a: null, on: false },
  ] as never);
  await all.createIndex({ a: 1 }, { sparse: true });
  await all.createIndex(
    { _id: 1, a: 1 },
    { partialFilterExpression: { on: true }, name: 'partial', unique: true },
  );
  const stage = async (filter: object) => scanOf(await all.find(filter).explain()).index;
  assert.equal(await stage({ a: 1 }), 'a_1');
  assert.equal(await stage({ a: null }), undefined);
  assert.equal(await stage({ a: { $exists: true } }), undefined);
  assert.deepEqual(
    (await all.find({ a: null }).toArray()).map(({ _id }) => _id as unknown),
    [2, 3],
  );
  assert.deepEqual((await all.find().sort({ a: 1 }).toArray()).length, 3);
  assert.equal(await stage({ _id: 1, a: 1, on: true }), 'partial');
  assert.equal(await stage({ _id: 1, a: 1 }), '_id_');
});

test('a hint names the index to use, by name or by key, and must exist', async (t) => {
  const { db } = await startDatabase(t);
  const all = await collectionOf(db, [{ a: 1, b: 1 }]);
  await all.createIndexes([{ key: { a: 1 } }, { key: { b: 1 } }]);
  const missing = { hint: { c: 1 } };
  const used = async (hint: string | Record<string, 1 | -1>) =>
    scanOf(await all.find({ a: 1, b: 1 }).hint(hint).explain());
  assert.deepEqual(await used('b_1'), { stage: 'IXSCAN', index: 'b_1' });
  assert.deepEqual(await used({ b: 1 }), { stage: 'IXSCAN', index: 'b_1' });
  assert.deepEqual(await used({ $natural: 1 }), { stage: 'COLLSCAN' });
  const asked: (() => Promise<unknown>)[] = [
    () => all.find({ a: 1 }).hint('c_1').toArray(),
    () => all.updateOne({ a: 1 }, { $set: { c: 1 } }, missing),
    () => all.deleteOne({ a: 1 }, missing),
    () => all.findOneAndDelete({ a: 1 }, missing),
  ];
  for (const refused of asked) {
    await assert.rejects(refused, {
      code: 2,
      message: /hint provided does not correspond to an existing index/,
    });
  }
});

test('reads and writes go on while an index is built, and nothing is left out of it', async (t) => {
  const { db } = await startDatabase(t);
  const all = await collectionOf(
    db,
    Array.from({ length: 20_000 }, (_, n) => ({ _id: n, text: `text ${n}` })) as never,
  );
  let built = false;
  let slowest = 0;
  const building = all.createIndex({ text: 1 }).then(() => {
    built = true;
  });
  let n = 20_000;
  for (; !built; n += 1) {
    const asked = performance.now();
    await all.insertOne({ _id: n as never, text: `text ${n}` });
    await all.updateOne({ _id: (n % 20_000) as never }, { $set: { text: `changed ${n}` } });
    await all.findOne({ _id: n as never });
    slowest = Math.max(slowest, performance.now() - asked);
  }
  await building;
  assert.ok(n > 20_003, 'others had their turn');
  assert.ok(slowest < 1000, `one had to wait for ${slowest} ms`);
  assert.deepEqual((await db.command({ validate: 'things' })).errors, []);
  assert.equal(scanOf(await all.find({ text: 'text 20001' }).explain()).index, 'text_1');
});

test('an index whose building was cut short is gone at the next start', async (t) => {
  const dataDir = temporaryDirectory(t);
  const engine = new Engine(dataDir);
  await inOneStep(engine, () => {
    insertOne(engine, 'test.things', encode({ _id: 1, a: 1 }));
    engine.catalog.addIndex(
      engine.catalog.findOrCreate('test.things'),
      { v: 2, key: { a: 1 }, name: 'a_1' } as never,
      true,
    );
  });
  await engine.close();
  const { db } = await startDatabase(t, { dataDir });
  assert.deepEqual(
    (await db.collection('things').indexes()).map(({ name }) => name),
    ['_id_'],
  );
  assert.equal((await db.command({ validate: 'things' })).valid, true);
});

test('documents whose time has passed are removed, and the time can be changed', async (t) => {
  const dataDir = temporaryDirectory(t);
  const engine = new Engine(dataDir);
  t.after(() => engine.close());
  const now = Date.now();
  await inOneStep(engine, () => {
    const documents = [
      { _id: 1, at: new Date(now - 5000) },
      { _id: 2, at: new Date(now) },
      { _id: 3, at: 'never' },
      { _id: 4 },
      { _id: 5, at: [new Date(now), new Date(now - 9000)] },
    ];
    for (const document of documents) insertOne(engine, 'test.things', encode(document));
    const collection = engine.catalog.findOrCreate('test.things');
    const index = engine.catalog.addIndex(collection, {
      v: 2,
      key: { at: 1 },
      name: 'at_1',
      expireAfterSeconds: 3,
    } as never);
    for (const found of engine.reader.find('test.things', { filter: {} }))
      if (typeof found !== 'symbol') engine.documents.enter(collection, index, found);
  });
  await removeExpired(engine);
  const left = () =>
    [...engine.reader.find('test.things', { filter: {} })].map((found) =>
      typeof found === 'symbol' ? undefined : String(found.document._id),
    );
  assert.deepEqual(left(), ['2', '3', '4']);
  const stop = startExpiry(engine, pino({ level: 'silent' }), 10);
  const index = engine.catalog.find('test.things')?.indexes[1];
  assert.ok(index);
  index.spec.expireAfterSeconds = 0;
  const end = Date.now() + 3000;
  while (left().includes('2') && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
  stop();
  assert.deepEqual(left(), ['3', '4']);
});

test('collMod changes the time of a TTL index', async (t) => {
  const { db } = await startDatabase(t);
  const all = await collectionOf(db, [{ a: 1 }]);
  await all.createIndex({ at: 1 }, { expireAfterSeconds: 60 });
  const reply = await db.command({
    collMod: 'things',
    index: { keyPattern: { at: 1 }, expireAfterSeconds: 120 },
  });
  assert.deepEqual([reply.expireAfterSeconds_old, reply.expireAfterSeconds_new], [60, 120]);
  assert.equal((await all.indexes())[1]?.expireAfterSeconds, 120);
});

test('creating an index again is nothing, creating another under its name is refused', async (t) => {
  const { db } = await startDatabase(t);
  const all = await collectionOf(db, [{ a: 1 }]);
  await all.createIndex({ a: 1 });
  await all.createIndex({ a: 1 });
  await assert.rejects(all.createIndex({ b: 1 }, { name: 'a_1' }), { code: 86 });
  await assert.rejects(all.createIndex({ a: 1 }, { name: 'other' }), { code: 85 });
  await assert.rejects(all.createIndex({ a: 'text' }), { code: 67 });
  await assert.rejects(all.dropIndex('nothing'), { code: 27 });
  await assert.rejects(all.dropIndex('_id_'), { code: 72 });
  await all.dropIndexes();
  assert.deepEqual(
    (await all.indexes()).map(({ name }) => name),
    ['_id_'],
  );
});
