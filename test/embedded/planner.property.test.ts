import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decimal128, Double, Int32, Long, ObjectId } from 'bson';
import fc from 'fast-check';
import type { Document } from 'mongodb';
import { inOneStep } from '../../embedded/commands/collections.ts';
import { Engine } from '../../embedded/engine.ts';
import { encodeKey } from '../../embedded/keys.ts';
import { compare } from '../../embedded/order.ts';
import { planQuery } from '../../embedded/planner.ts';
import { PAUSE, type Query } from '../../embedded/reading.ts';
import { decode, encode } from '../../embedded/values.ts';
import { insertOne, remove, update } from '../../embedded/writing.ts';
import { temporaryDirectory } from './support.ts';

/** `EMBEDDED_LONG=1` runs many more cases. */
const RUNS = process.env.EMBEDDED_LONG ? 5000 : 80;

const ids = ['000000000000000000000001', '0000000000000000000000ff', 'ffffffffffffffffffffffff'].map(
  (id) => new ObjectId(id),
);
const number = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ min: -3, max: 3, noNaN: true }).map((value) => new Double(value)),
  fc.constantFrom(new Double(Number.NaN), new Double(Number.POSITIVE_INFINITY), new Double(-0)),
  fc.bigInt({ min: -4n, max: 4n }).map((value) => Long.fromBigInt(value)),
  fc.constantFrom(Long.fromString('9007199254740993'), Long.fromString('9007199254740992'), Long.MAX_VALUE),
  fc
    .constantFrom('0.1', '1', '-2.50', '9007199254740993', '1E+400', '-1E-400', 'NaN', '-Infinity')
    .map((text) => Decimal128.fromString(text)),
);
const long = 'x'.repeat(2500);
const text = fc.constantFrom('', 'a', 'ab', 'b', 'a\0', 'a\0b', 'é', '\ue000', '😀', long, `${long}y`);
const rare = fc.oneof(
  number,
  text,
  fc.constantFrom(...ids),
  fc.constantFrom(new Date(0), new Date(-1), new Date(1e12)),
);
const common = fc.constantFrom(
  new Int32(0),
  new Int32(1),
  new Double(1),
  new Double(1.5),
  Long.fromNumber(2),
  'a',
  'b',
  null,
  true,
);
const scalar = fc.oneof({ weight: 5, arbitrary: common }, { weight: 1, arbitrary: rare });
const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.record({ b: scalar, c: scalar }, { requiredKeys: [] }) },
  {
    weight: 1,
    arbitrary: fc.array(fc.record({ b: scalar, c: scalar }, { requiredKeys: [] }), { maxLength: 3 }),
  },
);
const document = fc.record(
  { a: value, s: scalar, t: scalar, n: fc.integer({ min: 0, max: 5 }) },
  { requiredKeys: [] },
);

const path = fc.constantFrom('a', 'a.b', 'a.c', 's', 't', 'n', '_id');
const condition = fc.oneof(
  { weight: 3, arbitrary: value },
  {
    weight: 3,
    arbitrary: fc.dictionary(fc.constantFrom('$gt', '$gte', '$lt', '$lte'), scalar, {
      minKeys: 1,
      maxKeys: 2,
    }),
  },
  fc.array(scalar, { maxLength: 4 }).map(($in) => ({ $in })),
  fc.boolean().map(($exists) => ({ $exists })),
  scalar.map(($ne) => ({ $ne })),
  fc.dictionary(fc.constantFrom('$gt', '$lt'), scalar, { minKeys: 1 }).map(($elemMatch) => ({ $elemMatch })),
);
const conditions = fc.oneof(
  { weight: 2, arbitrary: fc.dictionary(path, condition, { minKeys: 1, maxKeys: 1 }) },
  { weight: 1, arbitrary: fc.dictionary(path, condition, { maxKeys: 3 }) },
);
const filter = fc.oneof(
  { weight: 4, arbitrary: conditions },
  fc.array(conditions, { minLength: 1, maxLength: 3 }).map(($and) => ({ $and })),
  fc.array(conditions, { minLength: 1, maxLength: 3 }).map(($or) => ({ $or })),
);
const sort = fc
  .uniqueArray(fc.constantFrom('a', 's', 't', 'n'), { minLength: 1, maxLength: 2 })
  .chain((fields) =>
    fc.tuple(...fields.map(() => fc.constantFrom(1, -1))).map((directions) => ({
      ...Object.fromEntries(fields.map((field, i) => [field, directions[i] as number])),
      // Makes the order total, so that there is one right answer.
      _id: 1,
    })),
  );

const INDEXES: Document[] = [
  { key: { a: 1 } },
  { key: { 'a.b': 1, s: -1 } },
  { key: { s: 1, t: -1, _id: 1 } },
  { key: { t: -1, n: 1 } },
  { key: { n: -1, 'a.c': 1 } },
  { key: { n: 1, s: 1 }, partialFilterExpression: { n: { $gte: 2 } } },
  { key: { 'a.c': -1 }, sparse: true },
  { key: { t: 1, s: 1, n: 1 } },
];

test('the bytes of an index key are in the order of the values', () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      const wrap = (one: unknown) => (typeof one === 'number' ? new Int32(one) : one);
      const [left, right] = [wrap(a), wrap(b)];
      assert.equal(
        Math.sign(Buffer.compare(encodeKey([left]), encodeKey([right]))),
        Math.sign(compare(left, right)),
      );
      assert.equal(
        Math.sign(Buffer.compare(encodeKey([left], [true]), encodeKey([right], [true]))),
        -Math.sign(compare(left, right)) + 0,
      );
    }),
    { numRuns: RUNS * 50 },
  );
});

type Question = { where: Document; order: Document; skip: number; limit: number };

const question: fc.Arbitrary<Question> = fc.record({
  where: filter as fc.Arbitrary<Document>,
  order: sort,
  skip: fc.integer({ min: 0, max: 3 }),
  limit: fc.integer({ min: 0, max: 5 }),
});

test('any index gives the answer that looking at every document gives', async (t) => {
  const engine = new Engine(temporaryDirectory(t));
  t.after(() => engine.close());
  const reached = { index: 0, found: 0 };
  const model = fc.asyncProperty(
    fc.array(document, { minLength: 10, maxLength: 30 }),
    fc.array(question, { minLength: 30, maxLength: 30 }),
    async (documents, questions) => {
      await inOneStep(engine, () => {
        const old = engine.catalog.find(NAMESPACE);
        if (old) engine.catalog.dropCollection(old);
        const collection = engine.catalog.findOrCreate(NAMESPACE);
        for (const [i, key] of INDEXES.entries())
          engine.catalog.addIndex(collection, { ...key, name: `index${i}` } as never);
        for (const [_id, one] of documents.entries()) insertOne(engine, NAMESPACE, encode({ _id, ...one }));
      });
      const asked = questions.map((one) => ({
        ...one,
        where: decode(encode(one.where)),
        order: decode(encode(one.order)),
      }));
      for (const one of asked) sameAnswers(engine, one, reached);
      for (const { where } of asked.slice(0, 3)) await change(engine, where);
      for (const one of asked) sameAnswers(engine, one, reached);
      const { problems } = engine.documents.validate(engine.catalog.find(NAMESPACE) as never);
      assert.deepEqual(problems, []);
    },
  );
  await fc.assert(model, { numRuns: RUNS, interruptAfterTimeLimit: RUNS * 100 });
  assert.ok(
    reached.index > RUNS && reached.found > RUNS,
    'the questions are answered by indexes, and not all with nothing',
  );
});

const NAMESPACE = 'test.things';

/** Asks the planner's choice, and each index that holds every document, and holds them against a plain scan. */
function sameAnswers(
  engine: Engine,
  { where, order, skip, limit }: Question,
  reached: { index: number; found: number },
): void {
  const ask = (query: Query) =>
    [...engine.reader.find(NAMESPACE, query)].map((one) => (one === PAUSE ? -1 : one.record));
  const everyone = ask({ filter: where, hint: { $natural: 1 } });
  const page = { filter: where, sort: order, skip, limit };
  const pageScanned = ask({ ...page, hint: { $natural: 1 } });
  const collection = engine.catalog.find(NAMESPACE);
  assert.ok(collection);
  if (planQuery(collection, where).index) reached.index += 1;
  reached.found += everyone.length > 0 ? 1 : 0;
  const whole = INDEXES.flatMap(({ sparse, partialFilterExpression }, i) =>
    sparse || partialFilterExpression ? [] : [`index${i}`],
  );
  const any = whole[(everyone.length + skip + limit) % whole.length];
  for (const hint of [undefined, any]) {
    assert.deepEqual(
      ask({ filter: where, hint }).sort(byNumber),
      everyone.toSorted(byNumber),
      `found by ${hint}`,
    );
    assert.deepEqual(ask({ ...page, hint }), pageScanned, `page by ${hint}`);
    assert.equal(
      engine.reader.count(NAMESPACE, { filter: where, hint }).next().value,
      everyone.length,
      `counted by ${hint}`,
    );
  }
}

const byNumber = (a: number, b: number) => a - b;

async function change(engine: Engine, where: Document): Promise<void> {
  const set = {
    $set: { s: 'b', a: [{ b: new Int32(1) }, { b: 'b', c: new Int32(2) }] },
    $unset: { t: true },
  };
  await engine.storage.write(() => update(engine, NAMESPACE, { filter: where, update: set }));
  const swap = [{ $set: { s: '$t', t: '$s' } }];
  await engine.storage.write(() => update(engine, NAMESPACE, { filter: where, update: swap, multi: true }));
  await engine.storage.write(() => remove(engine, NAMESPACE, { filter: where }));
}
