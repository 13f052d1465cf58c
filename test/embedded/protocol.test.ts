import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { deserialize, serialize } from 'bson';
import fc from 'fast-check';
import { type Document, Long, MongoClient, UUID } from 'mongodb';
import mongoose from 'mongoose';
import { Cursors } from '../../embedded/cursors.ts';
import { crc32c } from '../../embedded/wire.ts';
import { collectionOf, startDatabase } from './support.ts';

const OP_MSG = 2013;

/** A connection without a driver, which sends and receives bytes. */
async function connectRaw(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

function message(opCode: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(16);
  head.writeInt32LE(16 + body.length, 0);
  head.writeInt32LE(7, 4);
  head.writeInt32LE(opCode, 12);
  return Buffer.concat([head, body]);
}

function flags(bits: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(bits);
  return bytes;
}

function command(document: Document, bits = 0, ...sections: Uint8Array[]): Buffer {
  return message(OP_MSG, flags(bits), Buffer.of(0), serialize({ ...document, $db: 'test' }), ...sections);
}

function sequence(name: string, documents: Document[]): Buffer {
  const body = Buffer.concat([Buffer.from(`${name}\0`), ...documents.map((document) => serialize(document))]);
  const size = Buffer.alloc(4);
  size.writeInt32LE(4 + body.length);
  return Buffer.concat([Buffer.of(1), size, body]);
}

async function receive(socket: Socket): Promise<{ responseTo: number; opCode: number; body: Buffer }> {
  let received = Buffer.alloc(0);
  while (received.length < 4 || received.length < received.readInt32LE(0)) {
    const [piece] = (await once(socket, 'data')) as [Buffer];
    received = Buffer.concat([received, piece]);
  }
  return {
    responseTo: received.readInt32LE(8),
    opCode: received.readInt32LE(12),
    body: received.subarray(16),
  };
}

async function ask(socket: Socket, bytes: Uint8Array): Promise<Document> {
  socket.write(bytes);
  const { responseTo, opCode, body } = await receive(socket);
  assert.deepEqual([responseTo, opCode], [7, OP_MSG]);
  return deserialize(body.subarray(5));
}

test('it presents itself as a standalone server', async (t) => {
  const { db } = await startDatabase(t);
  const hello = await db.command({ hello: 1 });
  assert.equal(hello.isWritablePrimary, true);
  assert.equal(hello.setName, undefined);
  assert.equal(hello.msg, undefined);
  assert.equal(hello.logicalSessionTimeoutMinutes, 30);
  assert.deepEqual(
    [hello.maxBsonObjectSize, hello.maxMessageSizeBytes, hello.maxWriteBatchSize],
    [16_777_216, 48_000_000, 100_000],
  );
  assert.match((await db.command({ buildInfo: 1 })).version, /^8\.0\.\d+$/);
});

test('the handshake of old drivers is answered in their format', async (t) => {
  const { port } = await startDatabase(t);
  const socket = await connectRaw(t, port);
  const query = Buffer.concat([
    Buffer.alloc(4),
    Buffer.from('admin.$cmd\0'),
    Buffer.alloc(4),
    Buffer.from([255, 255, 255, 255]),
  ]);
  socket.write(message(2004, query, serialize({ isMaster: 1, helloOk: true })));
  const { opCode, body } = await receive(socket);
  assert.equal(opCode, 1);
  assert.equal(body.readInt32LE(16), 1);
  const reply = deserialize(body.subarray(20));
  assert.deepEqual([reply.ismaster, reply.helloOk, reply.ok], [true, true, 1]);
});

test('documents may come as a sequence, and with a checksum', async (t) => {
  const { port, db } = await startDatabase(t);
  const socket = await connectRaw(t, port);
  const documents = [{ _id: 1 }, { _id: 2 }];
  assert.deepEqual(await ask(socket, command({ insert: 'things' }, 0, sequence('documents', documents))), {
    n: 2,
    ok: 1,
  });
  const bytes = Buffer.concat([
    command({ insert: 'things' }, 1, sequence('documents', [{ _id: 3 }])),
    Buffer.alloc(4),
  ]);
  bytes.writeInt32LE(bytes.length, 0);
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, -4)), bytes.length - 4);
  assert.deepEqual(await ask(socket, bytes), { n: 1, ok: 1 });
  assert.equal(await db.collection('things').countDocuments(), 3);
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
});

test('a wrong checksum closes the connection', async (t) => {
  const { port } = await startDatabase(t);
  const socket = await connectRaw(t, port);
  const bytes = Buffer.concat([command({ ping: 1 }, 1), Buffer.from([1, 2, 3, 4])]);
  bytes.writeInt32LE(bytes.length, 0);
  socket.end(bytes);
  socket.resume();
  await once(socket, 'close');
});

test('a message with moreToCome is carried out and not answered', async (t) => {
  const { port } = await startDatabase(t);
  const socket = await connectRaw(t, port);
  socket.write(command({ insert: 'things', documents: [{ _id: 1 }] }, 2));
  assert.equal((await ask(socket, command({ count: 'things' }))).n, 1);
});

test('a client that allows exhaust replies gets one reply at a time', async (t) => {
  const { port } = await startDatabase(t);
  const socket = await connectRaw(t, port);
  socket.write(command({ ping: 1 }, 1 << 16));
  const { body } = await receive(socket);
  assert.equal(body.readUInt32LE(0), 0);
});

test('malformed bytes close that connection only', async (t) => {
  const { port, db } = await startDatabase(t);
  const good = await connectRaw(t, port);
  const bad = [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from([5, 0, 0, 0, 0, 0, 0, 0, 0]),
    message(9999, Buffer.alloc(10)),
    message(OP_MSG, flags(4), Buffer.of(0), serialize({ ping: 1 })),
    message(OP_MSG, flags(0), Buffer.of(9), serialize({ ping: 1 })),
    message(OP_MSG, flags(0), Buffer.of(0), Buffer.from([200, 0, 0, 0, 0])),
    message(OP_MSG, flags(0)),
    message(OP_MSG, flags(0), Buffer.of(0), serialize({ ping: 1 }), Buffer.of(0), serialize({ ping: 1 })),
  ];
  for (const bytes of bad) {
    const socket = await connectRaw(t, port);
    socket.on('error', () => {});
    socket.write(bytes);
    socket.resume();
    await once(socket, 'close');
  }
  assert.equal((await ask(good, command({ ping: 1 }))).ok, 1);
  assert.equal((await db.command({ ping: 1 })).ok, 1);
});

test('no bytes whatever bring the server down', async (t) => {
  const { port, db } = await startDatabase(t);
  const valid = command({ insert: 'things', documents: [{ a: 1 }], ordered: true });
  const spoiled = fc
    .array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
    .map((changes) => {
      const bytes = Buffer.from(valid);
      for (const [at, byte] of changes) if (at > 3) bytes[at] = byte;
      return bytes;
    });
  const noise = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => message(OP_MSG, bytes));
  await fc.assert(
    fc.asyncProperty(fc.oneof(spoiled, noise), async (bytes) => {
      const socket = await connectRaw(t, port);
      socket.on('error', () => {});
      socket.end(bytes);
      socket.resume();
      await once(socket, 'close');
    }),
    { numRuns: process.env.EMBEDDED_LONG ? 20_000 : 300 },
  );
  assert.equal((await db.command({ ping: 1 })).ok, 1);
});

test('what is not there is refused with the codes of MongoDB', async (t) => {
  const { db, client, port } = await startDatabase(t);
  const refused = (asked: Document) =>
    db.command(asked).then(
      () => 'accepted',
      ({ code }) => code,
    );
  assert.equal(await refused({ shutTheDoor: 1 }), 59);
  assert.equal(await refused({ find: 'things', bogus: 1 }), 40415);
  assert.equal(await refused({ find: 'things', filter: { a: { $bogus: 1 } } }), 2);
  assert.equal(await refused({ find: 'things', filter: { $where: 'true' } }), 238);
  assert.equal(await refused({ find: 'things', collation: { locale: 'fr' } }), 238);
  assert.equal(await refused({ aggregate: 'things', pipeline: [{ $bogus: 1 }], cursor: {} }), 40324);
  assert.equal(
    await refused({ aggregate: 'things', pipeline: [{ $project: { a: { $bogus: 1 } } }], cursor: {} }),
    168,
  );
  assert.equal(
    await refused({ update: 'things', updates: [{ q: {}, u: { $bogus: { a: 1 } } }] }),
    'accepted',
  );
  const socket = await connectRaw(t, port);
  const inTransaction = {
    lsid: { id: new UUID() },
    txnNumber: Long.ONE,
    autocommit: false,
    startTransaction: true,
  };
  const reply = await ask(socket, command({ find: 'things', ...inTransaction }));
  assert.deepEqual(
    [reply.code, reply.codeName, reply.errmsg],
    [20, 'IllegalOperation', 'Transaction numbers are only allowed on a replica set member or mongos'],
  );
  await client.withSession((session) => db.collection('things').insertOne({}, { session }));
});

test('messages and documents beyond the limits are refused, and nothing else is harmed', async (t) => {
  const { db, port } = await startDatabase(t);
  const things = db.collection('things');
  await things.insertOne({ filling: 'x'.repeat(16 * 1024 * 1024 - 100) });
  const reply = await db
    .command({ insert: 'things', documents: [{ _id: 1 as never, filling: 'x'.repeat(16 * 1024 * 1024) }] })
    .catch((error) => error);
  assert.equal(reply.code ?? reply.writeErrors?.[0]?.code, 2);
  await assert.rejects(things.updateOne({}, { $set: { more: 'x'.repeat(1000) } }), { code: 17419 });
  assert.equal(await things.countDocuments(), 1);
  const socket = await connectRaw(t, port);
  socket.on('error', () => {});
  const head = Buffer.alloc(16);
  head.writeInt32LE(48_000_001, 0);
  socket.write(head);
  socket.resume();
  await once(socket, 'close');
});

test('results come in batches, which can be ended early and end by themselves', async (t) => {
  const { db } = await startDatabase(t);
  const things = await collectionOf(
    db,
    Array.from({ length: 250 }, (_, n) => ({ _id: n })),
  );
  const cursor = things.find().batchSize(100);
  const sizes: number[] = [];
  while (await cursor.hasNext()) {
    sizes.push(cursor.bufferedCount());
    cursor.readBufferedDocuments();
  }
  assert.deepEqual(sizes, [100, 100, 50]);
  const { cursor: first } = await db.command({ find: 'things' });
  assert.equal(first.firstBatch.length, 101);
  const killed = await db.command({ killCursors: 'things', cursors: [first.id, Long.fromNumber(5)] });
  assert.deepEqual([killed.cursorsKilled.length, killed.cursorsNotFound.length], [1, 1]);
  await assert.rejects(db.command({ getMore: first.id, collection: 'things' }), {
    code: 43,
    codeName: 'CursorNotFound',
  });
});

test('a cursor left alone is dropped', async () => {
  const cursors = new Cursors(20);
  const { id } = await cursors.start(
    'test.things',
    (function* () {
      yield Buffer.alloc(5);
      yield Buffer.alloc(5);
    })(),
    { batchSize: 1 },
  );
  assert.equal(cursors.size, 1);
  const end = Date.now() + 2000;
  while (cursors.size > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
  await assert.rejects(cursors.more(id.toBigInt(), 'test.things', 1), { code: 43 });
  cursors.close();
});

test('mongoose works on it', async (t) => {
  const { url } = await startDatabase(t);
  const connection = await mongoose.createConnection(`${url}/mongoose`).asPromise();
  t.after(() => connection.close());
  const schema = new mongoose.Schema(
    { name: String, email: { type: String, unique: true }, tags: [String], visits: Number },
    { timestamps: true },
  );
  const Person = connection.model('Person', schema);
  await Person.init();
  const person = await Person.create({ name: 'Ada', email: 'ada@example.org', tags: ['first'] });
  await assert.rejects(Person.create({ name: 'Eve', email: 'ada@example.org' }), {
    code: 11000,
    keyPattern: { email: 1 },
    keyValue: { email: 'ada@example.org' },
  });
  person.tags.push('second');
  await person.save();
  const found = await Person.findOneAndUpdate(
    { tags: 'second' },
    { $inc: { visits: 1 } },
    { returnDocument: 'after' },
  ).lean();
  assert.deepEqual([found?.visits, found?.tags], [1, ['first', 'second']]);
  assert.deepEqual(
    await Person.aggregate([{ $unwind: '$tags' }, { $group: { _id: '$tags' } }, { $sort: { _id: 1 } }]),
    [{ _id: 'first' }, { _id: 'second' }],
  );
  await Person.bulkWrite([
    { insertOne: { document: { name: 'Bo', email: 'bo@example.org' } } },
    { deleteOne: { filter: { name: 'Ada' } } },
  ]);
  assert.deepEqual(
    (await Person.find().sort({ name: 1 }).lean()).map(({ name }) => name),
    ['Bo'],
  );
  let streamed = 0;
  for await (const _ of Person.find().cursor()) streamed += 1;
  assert.equal(streamed, 1);
});

test('unacknowledged writes are carried out', async (t) => {
  const { url } = await startDatabase(t);
  const client = await MongoClient.connect(url, { maxPoolSize: 1, writeConcern: { w: 0 } });
  t.after(() => client.close());
  const things = client.db('test').collection('things');
  assert.equal((await things.insertOne({ a: 1 })).acknowledged, false);
  assert.equal(await things.countDocuments(), 1);
});
