import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Binary,
  BSONRegExp,
  type Collection,
  type Db,
  Decimal128,
  type Document,
  Double,
  Int32,
  Long,
  type MongoBulkWriteError,
  ObjectId,
} from 'mongodb';
import { collectionOf, startDatabase } from './support.ts';

type Numbered = Document & { _id: number };
const exact = { promoteValues: false, promoteLongs: false } as const;

async function withThings(
  t: Parameters<typeof startDatabase>[0],
  documents: Document[],
): Promise<{ db: Db; all: Collection<Numbered> }> {
  const { db } = await startDatabase(t);
  return { db, all: (await collectionOf(db, documents)) as unknown as Collection<Numbered> };
}

async function things(
  t: Parameters<typeof startDatabase>[0],
  documents: Document[] = [],
): Promise<Collection<Numbered>> {
  const { db } = await startDatabase(t);
  return (await collectionOf(db, documents)) as unknown as Collection<Numbered>;
}

test('an ordered batch stops at the first error, an unordered one tells of all of them', async (t) => {
  const { db, all: numbers } = await withThings(t, [{ _id: 1 }]);
  const documents = [{ _id: 0 }, { _id: 1 }, { _id: 2 }, { _id: 1 }];
  const ordered = await numbers.insertMany(documents).catch((error: MongoBulkWriteError) => error);
  assert.ok('writeErrors' in ordered);
  const [error] = [ordered.writeErrors].flat();
  assert.deepEqual([error?.index, error?.code, ordered.result.insertedCount], [1, 11000, 1]);
  assert.equal(
    error?.errmsg,
    'E11000 duplicate key error collection: test.things index: _id_ dup key: { _id: 1 }',
  );
  const reply = await db.command({ insert: 'things', documents, ordered: false });
  assert.deepEqual(
    [
      reply.n,
      reply.writeErrors.map(({ index, keyPattern, keyValue }: Document) => ({ index, keyPattern, keyValue })),
    ],
    [
      1,
      [0, 1, 3].map((index) => ({ index, keyPattern: { _id: 1 }, keyValue: { _id: documents[index]?._id } })),
    ],
  );
});

test('equality looks into arrays, and null means missing too', async (t) => {
  const all = await things(t, [
    { _id: 1, a: 1 },
    { _id: 2, a: [1, 2] },
    { _id: 3, a: null },
    { _id: 4 },
    { _id: 5, a: [[1, 2]] },
    { _id: 6, a: { b: [{ c: 1 }, { c: null }] } },
    { _id: 7, a: { b: [{ c: 2 }, {}] } },
  ]);
  const found = async (filter: Document) =>
    (await all.find(filter).sort({ _id: 1 }).toArray()).map(({ _id }) => _id);
  assert.deepEqual(await found({ a: 1 }), [1, 2]);
  assert.deepEqual(await found({ a: [1, 2] }), [2, 5]);
  assert.deepEqual(await found({ a: null }), [3, 4]);
  assert.deepEqual(await found({ a: { $exists: false } }), [4]);
  assert.deepEqual(await found({ a: { $ne: null } }), [1, 2, 5, 6, 7]);
  assert.deepEqual(await found({ 'a.b.c': null }), [3, 4, 6, 7, 1].sort());
  assert.deepEqual(await found({ 'a.b.c': 2 }), [7]);
  assert.deepEqual(await found({ 'a.0': 1 }), [2, 5]);
  assert.deepEqual(await found({ 'a.b': { $elemMatch: { c: { $gte: 1 } } } }), [6, 7]);
  assert.deepEqual(await found({ a: { $in: [null, 2] } }), [2, 3, 4]);
  assert.deepEqual(await found({ a: { $size: 2 } }), [2]);
  assert.deepEqual(await found({ a: { $all: [2, 1] } }), [2]);
  assert.deepEqual(await found({ a: { $not: { $gt: 0 } } }), [3, 4, 5, 6, 7]);
  assert.deepEqual(await found({ $nor: [{ a: 1 }, { _id: { $gt: 3 } }] }), [3]);
});

test('comparisons stay within a type, and numbers of all types are compared exactly', async (t) => {
  const all = await things(t, [
    { _id: 1, v: new Int32(5) },
    { _id: 2, v: new Double(5) },
    { _id: 3, v: Long.fromNumber(5) },
    { _id: 4, v: Decimal128.fromString('5.00') },
    { _id: 5, v: '5' },
    { _id: 6, v: Long.fromString('9007199254740993') },
    { _id: 7, v: new Double(Number.NaN) },
    { _id: 8, v: new Date(5) },
    { _id: 9, v: Decimal128.fromString('0.1') },
  ]);
  const found = async (filter: Document) =>
    (await all.find(filter).sort({ _id: 1 }).toArray()).map(({ _id }) => _id);
  assert.deepEqual(await found({ v: 5 }), [1, 2, 3, 4]);
  assert.deepEqual(await found({ v: { $gte: 5 } }), [1, 2, 3, 4, 6]);
  assert.deepEqual(await found({ v: new Double(9007199254740992) }), []);
  assert.deepEqual(await found({ v: { $gt: new Double(9007199254740992) } }), [6]);
  assert.deepEqual(await found({ v: 0.1 }), []);
  assert.deepEqual(await found({ v: { $lt: 0.1 } }), [9]);
  assert.deepEqual(await found({ v: Number.NaN }), [7]);
  assert.deepEqual(await found({ v: { $type: 'double' } }), [2, 7]);
  assert.deepEqual(await found({ v: { $type: ['int', 'decimal'] } }), [1, 4, 9]);
  assert.deepEqual(await found({ v: { $type: 'number' } }), [1, 2, 3, 4, 6, 7, 9]);
  assert.deepEqual(await found({ v: { $mod: [4, 1] } }), [1, 2, 3, 4, 6]);
});

test('values come back in the type and order they were stored in', async (t) => {
  const all = await things(t);
  const document = {
    _id: 1,
    z: new Double(1),
    a: Long.ONE,
    d: Decimal128.fromString('1.0'),
    b: new Binary(Buffer.of(1), 5),
    r: new BSONRegExp('^a', 'i'),
    o: new ObjectId(),
    n: null,
    e: {},
    l: [],
  };
  await all.insertOne(document);
  const read = async () => all.findOne({}, { ...exact, bsonRegExp: true });
  assert.deepEqual(await read(), { ...document, _id: new Int32(1) });
  await all.updateOne({}, { $set: { other: true } });
  await all.updateOne({}, [{ $set: { computed: { $add: ['$z', 1] } } }]);
  const after = await read();
  assert.deepEqual(after, { ...document, _id: new Int32(1), other: true, computed: new Int32(2) });
  assert.deepEqual(Object.keys(after ?? {}), [...Object.keys(document), 'other', 'computed']);
});

test('a missing _id is made and put first', async (t) => {
  const { db } = await startDatabase(t);
  await db.command({ insert: 'things', documents: [{ a: 1 }, { a: 2, _id: 5 }] });
  const [first, second] = await db.collection('things').find().toArray();
  assert.ok(first?._id instanceof ObjectId);
  assert.deepEqual(
    [Object.keys(first), Object.keys(second ?? {})],
    [
      ['_id', 'a'],
      ['_id', 'a'],
    ],
  );
  for (const _id of [[1], /a/])
    await assert.rejects(db.collection('things').insertOne({ _id: _id as never }));
});

test('sorting follows the order of BSON types', async (t) => {
  const values = [
    true,
    'b',
    new Date(0),
    null,
    3,
    { a: 1 },
    [0],
    new ObjectId(),
    new Binary(Buffer.of(1)),
    /x/,
    'a',
    [],
    -1,
  ];
  const all = await things(
    t,
    values.map((v, _id) => ({ _id, v })),
  );
  const order = (await all.find().sort({ v: 1, _id: 1 }).toArray()).map(({ _id }) => _id);
  assert.deepEqual(order, [11, 3, 12, 6, 4, 10, 1, 5, 8, 7, 0, 2, 9]);
  const descending = (await all.find().sort({ v: -1, _id: -1 }).toArray()).map(({ _id }) => _id);
  assert.deepEqual(descending, order.toReversed());
});

type Case = {
  name: string;
  before: Document;
  filter?: Document;
  update: Document | Document[];
  after: Document;
  options?: Document;
};

const CASES: Case[] = [
  {
    name: '$set makes what is missing on the way',
    before: { a: 1 },
    update: { $set: { 'b.c.d': 1 } },
    after: { a: 1, b: { c: { d: 1 } } },
  },
  {
    name: '$set beyond the end of an array fills with null',
    before: { a: [1] },
    update: { $set: { 'a.3': 4 } },
    after: { a: [1, null, null, 4] },
  },
  {
    name: '$unset of an element leaves null',
    before: { a: [1, 2], b: 1 },
    update: { $unset: { 'a.0': '', b: '' } },
    after: { a: [null, 2] },
  },
  {
    name: '$inc and $mul start from nothing',
    before: {},
    update: { $inc: { a: 2 }, $mul: { b: 3 } },
    after: { a: 2, b: 0 },
  },
  {
    name: '$min and $max compare across types',
    before: { a: 5, b: 'x' },
    update: { $min: { a: 'x', c: 1 }, $max: { b: 1 } },
    after: { a: 5, b: 'x', c: 1 },
  },
  {
    name: '$rename moves',
    before: { a: 1, b: { c: 2 } },
    update: { $rename: { a: 'b.a', 'b.c': 'd' } },
    after: { b: { a: 1 }, d: 2 },
  },
  {
    name: '$push with all its parts',
    before: { a: [3, 1] },
    update: { $push: { a: { $each: [2, 5], $position: 0, $sort: -1, $slice: 3 } } },
    after: { a: [5, 3, 2] },
  },
  {
    name: '$push sorts documents by a field',
    before: { a: [{ n: 2 }] },
    update: { $push: { a: { $each: [{ n: 1 }], $sort: { n: 1 }, $slice: -2 } } },
    after: { a: [{ n: 1 }, { n: 2 }] },
  },
  {
    name: '$addToSet adds what is not there',
    before: { a: [1, { b: 1 }] },
    update: { $addToSet: { a: { $each: [1, 2, { b: 1 }, 2] } } },
    after: { a: [1, { b: 1 }, 2] },
  },
  {
    name: '$pop takes from either end',
    before: { a: [1, 2, 3], b: [1, 2] },
    update: { $pop: { a: -1, b: 1 } },
    after: { a: [2, 3], b: [1] },
  },
  {
    name: '$pull takes what matches',
    before: { a: [1, 5, 8], b: [{ c: 1, d: 2 }, { c: 2 }], e: ['x', 'y'] },
    update: { $pull: { a: { $gte: 5 }, b: { c: 1 }, e: { $in: ['y'] } } },
    after: { a: [1], b: [{ c: 2 }], e: ['x'] },
  },
  {
    name: '$pullAll takes what is equal',
    before: { a: [1, 2, 1] },
    update: { $pullAll: { a: [1] } },
    after: { a: [2] },
  },
  {
    name: '$bit calculates on integers',
    before: { a: 13 },
    update: { $bit: { a: { and: 10 } } },
    after: { a: 8 },
  },
  {
    name: '$ is the element that matched',
    before: { a: [1, 5, 8] },
    filter: { a: { $gte: 5 } },
    update: { $set: { 'a.$': 0 } },
    after: { a: [1, 0, 8] },
  },
  {
    name: '$ works through fields of elements',
    before: { a: [{ b: 1 }, { b: 2 }] },
    filter: { 'a.b': 2 },
    update: { $inc: { 'a.$.b': 10 } },
    after: { a: [{ b: 1 }, { b: 12 }] },
  },
  {
    name: '$ follows $elemMatch',
    before: {
      a: [
        { b: 1, c: 1 },
        { b: 1, c: 2 },
      ],
    },
    filter: { a: { $elemMatch: { b: 1, c: 2 } } },
    update: { $set: { 'a.$.d': 1 } },
    after: {
      a: [
        { b: 1, c: 1 },
        { b: 1, c: 2, d: 1 },
      ],
    },
  },
  {
    name: '$[] is every element',
    before: { a: [{ b: 1 }, { b: 2 }] },
    update: { $inc: { 'a.$[].b': 1 } },
    after: { a: [{ b: 2 }, { b: 3 }] },
  },
  {
    name: 'array filters choose elements',
    before: { a: [1, 5, 8], g: [{ q: [1, 2] }, { q: [3] }] },
    update: { $set: { 'a.$[big]': 0, 'g.$[].q.$[two]': 9 } },
    options: { arrayFilters: [{ big: { $gt: 4 } }, { two: { $gte: 2 } }] },
    after: { a: [1, 0, 0], g: [{ q: [1, 9] }, { q: [9] }] },
  },
  {
    name: 'a pipeline computes from the document',
    before: { a: 1, b: [1, 2] },
    update: [{ $set: { c: { $sum: '$b' }, now: { $gt: ['$$NOW', new Date(0)] } } }, { $unset: 'a' }],
    after: { b: [1, 2], c: 3, now: true },
  },
  {
    name: 'a pipeline replaces the document and keeps its _id',
    before: { a: { x: 1 } },
    update: [{ $replaceWith: '$a' }],
    after: { x: 1 },
  },
  {
    name: 'fields are added in the order of their names',
    before: {},
    update: { $set: { b: 1, a: 1, 'c.10': 1, 'c.9': 1 } },
    after: { a: 1, b: 1, c: { 9: 1, 10: 1 } },
  },
];

for (const { name, before, filter = {}, update, after, options = {} } of CASES) {
  test(name, async (t) => {
    const all = await things(t, [{ _id: 1, ...before }]);
    const reply = await all.updateOne(filter, update, options);
    const stored = await all.findOne();
    assert.deepEqual(stored, { _id: 1, ...after });
    assert.deepEqual(Object.keys(stored ?? {}), ['_id', ...Object.keys(after)]);
    const changed = JSON.stringify(before) !== JSON.stringify(after);
    assert.deepEqual([reply.matchedCount, reply.modifiedCount], [1, changed ? 1 : 0]);
  });
}

const REFUSED: [string, Document, Document | Document[], number, RegExp][] = [
  ['the _id cannot change', {}, { $set: { _id: 2 } }, 66, /immutable field '_id'/],
  ['nor by replacing', {}, { _id: 2, a: 1 }, 66, /was found to have been altered/],
  [
    'two operators cannot touch one path',
    {},
    { $set: { a: 1 }, $inc: { 'a.b': 1 } },
    40,
    /would create a conflict at 'a'/,
  ],
  [
    'a path cannot go through a value',
    { a: 'x' },
    { $set: { 'a.b': 1 } },
    28,
    /Cannot create field 'b' in element \{a: "x"\}/,
  ],
  [
    '$inc needs numbers',
    { a: 'x' },
    { $inc: { a: 1 } },
    14,
    /Cannot apply \$inc to a value of non-numeric type/,
  ],
  ['$inc needs a number to add', {}, { $inc: { a: 'x' } }, 14, /Cannot increment with non-numeric argument/],
  ['$push needs an array', { a: 1 }, { $push: { a: 1 } }, 2, /must be an array but is of type int/],
  ['$pop needs an array', { a: 1 }, { $pop: { a: 1 } }, 14, /non-array type/],
  ['operators must be known', {}, { $bogus: { a: 1 } }, 9, /Unknown modifier: \$bogus/],
  ['paths must be whole', {}, { $set: { 'a..b': 1 } }, 56, /empty field name/],
  [
    '$ needs a match in an array',
    { a: [1] },
    { $set: { 'a.$': 1 } },
    2,
    /positional operator did not find the match/,
  ],
  [
    'identifiers need a filter',
    { a: [1] },
    { $set: { 'a.$[x]': 1 } },
    2,
    /No array filter found for identifier 'x'/,
  ],
  [
    'stages that are no updates are refused',
    {},
    [{ $match: {} }],
    72,
    /not allowed to be used within an update/,
  ],
];

for (const [name, before, update, code, message] of REFUSED) {
  test(`an update is refused whole: ${name}`, async (t) => {
    const { db, all } = await withThings(t, [{ _id: 1, ...before }]);
    const reply = await db.command({ update: 'things', updates: [{ q: {}, u: update }] });
    assert.equal(reply.writeErrors?.[0]?.code, code);
    assert.match(reply.writeErrors[0].errmsg, message);
    assert.deepEqual(await all.findOne(), { _id: 1, ...before });
  });
}

test('$inc keeps or widens the type of a number', async (t) => {
  const all = await things(t, [
    {
      _id: 1,
      i: new Int32(2147483647),
      l: Long.fromNumber(1),
      d: new Double(1),
      m: Decimal128.fromString('0.10'),
    },
  ]);
  await all.updateOne({}, { $inc: { i: 1, l: 1, d: 1, m: Decimal128.fromString('0.2') } });
  assert.deepEqual(await all.findOne({}, exact), {
    _id: new Int32(1),
    i: Long.fromNumber(2147483648),
    l: Long.fromNumber(2),
    d: new Double(2),
    m: Decimal128.fromString('0.30'),
  });
});

test('an upsert begins with what the filter fixes', async (t) => {
  const all = await things(t);
  const reply = await all.updateOne(
    { _id: 7, a: 1, 'b.c': { $eq: 2 }, d: { $gt: 1 }, $and: [{ e: { $in: [3] } }] },
    { $set: { f: 1 }, $setOnInsert: { g: 2 } },
    { upsert: true },
  );
  assert.deepEqual([reply.upsertedId, reply.upsertedCount, reply.matchedCount], [7, 1, 0]);
  assert.deepEqual(await all.findOne(), { _id: 7, a: 1, b: { c: 2 }, e: 3, f: 1, g: 2 });
  await all.updateOne({ _id: 7 }, { $setOnInsert: { g: 3 } }, { upsert: true });
  assert.equal((await all.findOne())?.g, 2);
  const replaced = await all.replaceOne({ _id: 8, x: 1 }, { y: 1 }, { upsert: true });
  assert.equal(replaced.upsertedId as unknown, 8);
  assert.deepEqual(await all.findOne({ _id: 8 }), { _id: 8, y: 1 });
});

test('findOneAnd... gives the document before or after, by sort and projection', async (t) => {
  const all = await things(t, [
    { _id: 1, n: 1 },
    { _id: 2, n: 2 },
    { _id: 3, n: 3 },
  ]);
  assert.deepEqual(await all.findOneAndUpdate({}, { $inc: { n: 10 } }, { sort: { n: -1 } }), {
    _id: 3,
    n: 3,
  });
  assert.deepEqual(
    await all.findOneAndUpdate(
      { n: 1 },
      { $inc: { n: 10 } },
      { returnDocument: 'after', projection: { n: 1, _id: 0 } },
    ),
    { n: 11 },
  );
  assert.deepEqual(
    await all.findOneAndReplace({ _id: 9 }, { n: 9 }, { upsert: true, returnDocument: 'before' }),
    null,
  );
  assert.deepEqual(await all.findOneAndReplace({ _id: 9 }, { m: 9 }, { returnDocument: 'after' }), {
    _id: 9,
    m: 9,
  });
  assert.deepEqual(await all.findOneAndDelete({ n: { $gt: 1 } }, { sort: { n: 1 } }), { _id: 2, n: 2 });
  const raw = await all.findOneAndUpdate(
    { _id: 10 },
    { $set: { a: 1 } },
    { upsert: true, includeResultMetadata: true },
  );
  assert.deepEqual(raw.lastErrorObject, { n: 1, updatedExisting: false, upserted: 10 });
});

test('updateOne and replaceOne can choose by sort', async (t) => {
  const all = await things(t, [
    { _id: 1, n: 1 },
    { _id: 2, n: 2 },
  ]);
  await all.updateOne({}, { $set: { last: true } }, { sort: { n: -1 } });
  assert.deepEqual(await all.findOne({ last: true }), { _id: 2, n: 2, last: true });
});

test('a projection shows fields, parts of arrays and computed values', async (t) => {
  const all = await things(t, [
    {
      _id: 1,
      a: { b: 1, c: 2 },
      l: [1, 2, 3, 4],
      d: [
        { x: 1, y: 1 },
        { x: 2, y: 2 },
      ],
      s: 'text',
    },
  ]);
  const shown = (projection: Document, filter: Document = {}) => all.findOne(filter, { projection });
  assert.deepEqual(await shown({ 'a.b': 1 }), { _id: 1, a: { b: 1 } });
  assert.deepEqual(await shown({ a: 0, l: 0, d: 0 }), { _id: 1, s: 'text' });
  assert.deepEqual(await shown({ _id: 0, s: 1 }), { s: 'text' });
  assert.deepEqual(await shown({ 'd.x': 1, _id: 0 }), { d: [{ x: 1 }, { x: 2 }] });
  assert.deepEqual(await shown({ l: { $slice: -2 }, a: 0, d: 0, s: 0 }), { _id: 1, l: [3, 4] });
  assert.deepEqual(await shown({ l: { $slice: [1, 2] }, _id: 0, s: 1 }), { l: [2, 3], s: 'text' });
  assert.deepEqual(await shown({ d: { $elemMatch: { x: 2 } }, _id: 0 }), { d: [{ x: 2, y: 2 }] });
  assert.deepEqual(await shown({ 'l.$': 1, _id: 0 }, { l: { $gt: 2 } }), { l: [3] });
  assert.deepEqual(await shown({ _id: 0, upper: { $toUpper: '$s' }, 'n.m': { $literal: 1 } }), {
    upper: 'TEXT',
    n: { m: 1 },
  });
  await assert.rejects(shown({ a: 1, s: 0 }), { code: 31254 });
  await assert.rejects(shown({ a: 1, 'a.b': 1 }), { code: 31249 });
});

test('aggregation groups, joins, unwinds and counts', async (t) => {
  const { db } = await startDatabase(t);
  const all = await collectionOf(db, [
    { _id: 1, g: 'a', n: 1, tags: ['x', 'y'] },
    { _id: 2, g: 'b', n: 2, tags: [] },
    { _id: 3, g: 'a', n: 3 },
  ]);
  await collectionOf(db, [{ _id: 'a', title: 'A' }], 'groups');
  const run = (...pipeline: Document[]) => all.aggregate(pipeline).toArray();
  assert.deepEqual(
    await run({ $group: { _id: '$g', sum: { $sum: '$n' }, all: { $push: '$n' } } }, { $sort: { _id: 1 } }),
    [
      { _id: 'a', sum: 4, all: [1, 3] },
      { _id: 'b', sum: 2, all: [2] },
    ],
  );
  assert.deepEqual(await run({ $unwind: '$tags' }, { $project: { tags: 1, _id: 0 } }), [
    { tags: 'x' },
    { tags: 'y' },
  ]);
  assert.deepEqual(
    await run(
      { $match: { _id: 1 } },
      { $lookup: { from: 'groups', localField: 'g', foreignField: '_id', as: 'group' } },
      { $project: { group: 1 } },
    ),
    [{ _id: 1, group: [{ _id: 'a', title: 'A' }] }],
  );
  assert.deepEqual(await run({ $match: { n: { $gt: 1 } } }, { $count: 'many' }), [{ many: 2 }]);
  assert.deepEqual(await run({ $match: { n: 99 } }, { $count: 'many' }), []);
  assert.deepEqual(await run({ $sort: { n: -1 } }, { $skip: 1 }, { $limit: 1 }), [
    { _id: 2, g: 'b', n: 2, tags: [] },
  ]);
  assert.deepEqual(
    await run({
      $facet: {
        a: [{ $match: { g: 'a' } }, { $count: 'n' }],
        b: [{ $sort: { n: 1 } }, { $limit: 1 }, { $project: { n: 1 } }],
      },
    }),
    [{ a: [{ n: 2 }], b: [{ _id: 1, n: 1 }] }],
  );
  assert.equal(await all.estimatedDocumentCount(), 3);
  assert.deepEqual((await all.distinct('tags')).sort(), ['x', 'y']);
});

test('$out replaces a collection with the results, $merge works them in', async (t) => {
  const { db } = await startDatabase(t);
  const all = await collectionOf(db, [
    { _id: 1, n: 1 },
    { _id: 2, n: 2 },
  ]);
  const target = await collectionOf(db, [{ _id: 1, old: true }, { _id: 5 }], 'target');
  await target.createIndex({ n: 1 });
  await all.aggregate([{ $merge: { into: 'target' } }]).toArray();
  assert.deepEqual(await target.find().sort({ _id: 1 }).toArray(), [
    { _id: 1, old: true, n: 1 },
    { _id: 2, n: 2 },
    { _id: 5 },
  ]);
  await all.aggregate([{ $match: { n: 2 } }, { $out: 'target' }]).toArray();
  assert.deepEqual(await target.find().toArray(), [{ _id: 2, n: 2 }]);
  assert.deepEqual(
    (await target.indexes()).map(({ name }) => name),
    ['_id_', 'n_1'],
  );
});

test('let gives values to expressions in every command that takes it', async (t) => {
  const all = await things(t, [{ _id: 1 }, { _id: 2 }]);
  const filter = { $expr: { $eq: ['$_id', '$$id'] } };
  assert.deepEqual(await all.find(filter, { let: { id: 2 } }).toArray(), [{ _id: 2 }]);
  await all.updateOne(filter, [{ $set: { x: '$$x' } }], { let: { id: 1, x: { $literal: '$bar' } } });
  assert.deepEqual(await all.findOne({ _id: 1 }), { _id: 1, x: '$bar' });
  await assert.rejects(all.deleteOne({ $expr: { $eq: ['$_id', '$$nobody'] } }), { code: 17276 });
  assert.equal((await all.deleteMany(filter, { let: { id: 2 } })).deletedCount, 1);
});

test('one bulkWrite of the client reaches several collections', async (t) => {
  const { client, db } = await startDatabase(t);
  await collectionOf(db, [
    { _id: 1, n: 1 },
    { _id: 2, n: 2 },
  ]);
  const namespace = 'test.things';
  const result = await client.bulkWrite(
    [
      { name: 'insertOne', namespace: 'test.others', document: { _id: 1 as never } },
      { name: 'updateMany', namespace, filter: { n: { $gt: 0 } }, update: { $inc: { n: 1 } } },
      { name: 'updateOne', namespace, filter: { _id: 9 as never }, update: { $set: { n: 9 } }, upsert: true },
      { name: 'deleteOne', namespace, filter: { _id: 1 as never } },
    ],
    { verboseResults: true },
  );
  assert.deepEqual(
    [
      result.insertedCount,
      result.matchedCount,
      result.modifiedCount,
      result.upsertedCount,
      result.deletedCount,
    ],
    [1, 2, 2, 1, 1],
  );
  assert.equal(result.updateResults?.get(2)?.upsertedId as unknown, 9);
  const failed = await client
    .bulkWrite(
      [
        { name: 'insertOne', namespace, document: { _id: 2 as never } },
        { name: 'deleteOne', namespace, filter: {} },
      ],
      { ordered: false },
    )
    .catch((error) => error);
  assert.equal(failed.writeErrors.get(0).code, 11000);
  assert.equal(failed.partialResult.deletedCount, 1);
});

test('maxTimeMS ends what takes too long', async (t) => {
  const all = await things(
    t,
    Array.from({ length: 20_000 }, (_, n) => ({ _id: n, text: `number ${n}` })),
  );
  await assert.rejects(all.find({ text: /x$/ }, { maxTimeMS: 1 }).toArray(), {
    code: 50,
    codeName: 'MaxTimeMSExpired',
  });
});

test('collections can be listed, renamed and dropped', async (t) => {
  const { db, client } = await startDatabase(t);
  await collectionOf(db, [{ _id: 1 }], 'one');
  await db.createCollection('two');
  assert.deepEqual(
    (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name).sort(),
    ['one', 'two'],
  );
  await assert.rejects(db.renameCollection('one', 'two'), { code: 48 });
  await db.renameCollection('one', 'two', { dropTarget: true });
  assert.deepEqual(await db.collection('two').find().toArray(), [{ _id: 1 }]);
  assert.deepEqual(
    (await client.db().admin().listDatabases()).databases.map(({ name }) => name),
    ['test'],
  );
  assert.equal((await db.command({ collStats: 'two' })).count, 1);
  assert.equal(await db.dropCollection('two'), true);
  await db.dropDatabase();
  assert.deepEqual(await db.listCollections().toArray(), []);
});

test('patterns are matched as regular expressions, in every place where they may stand', async (t) => {
  const all = await things(t, [
    { _id: 1, s: 'Ada' },
    { _id: 2, s: 'ada\nBo' },
    { _id: 3, s: ['x', 'Ada'] },
    { _id: 4, s: 5 },
    { _id: 5, s: /^Ada/ },
  ]);
  const found = async (filter: Document) =>
    (await all.find(filter).sort({ _id: 1 }).toArray()).map(({ _id }) => _id);
  assert.deepEqual(await found({ s: /^A/ }), [1, 3]);
  assert.deepEqual(await found({ s: /^a/i }), [1, 2, 3]);
  assert.deepEqual(await found({ s: /^Ada/ }), [1, 3, 5]);
  assert.deepEqual(await found({ s: { $regex: '^bo$', $options: 'im' } }), [2]);
  assert.deepEqual(await found({ s: { $regex: 'a d a # spaces do not count', $options: 'xi' } }), [1, 2, 3]);
  assert.deepEqual(await found({ s: { $in: [/^Ada/, 5] } }), [1, 3, 4, 5]);
  assert.deepEqual(await found({ s: { $not: /a/i } }), [4, 5]);
  assert.deepEqual(await found({ s: { $not: { $regex: 'A' } } }), [2, 4, 5]);
  assert.deepEqual(await found({ s: { $eq: /^Ada/ } }), [5]);
  assert.deepEqual(await found({ s: { $all: [/^A/, 'x'] } }), [3]);
  await assert.rejects(found({ s: { $regex: '(' } }), { code: 51091 });
  await assert.rejects(found({ s: { $options: 'i' } }), { code: 2 });
});
