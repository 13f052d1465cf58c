import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { BSON } from 'mongodb';
import mongoose from 'mongoose';
import { makeForm, makePetition } from '../support/factories.ts';
import { startProcess } from '../support/processes.ts';
import { signAndConfirm } from '../support/signer.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';

/** No worker: the jobs stay in Redis, where they can be looked at. */
let world: World;
before(async () => {
  world = await startWorld({ workers: false, env: { TRUST_PROXY: '1' } });
});
after(() => world.close());

const secrets = {
  name: 'Zebedee Quillfeather',
  email: 'zebedee.quillfeather@example.org',
  postalCode: 'ZQ99 7XY',
  comment: 'My grandmother Wilhelmina sat there',
  region: 'Quillshire',
};
const ip = '203.0.113.77';
// Long enough that none can stand by chance in a random token.
const parts = ['zebedee', 'quillfeather', 'zq99 7xy', 'zq997xy', 'wilhelmina', 'quillshire', '203.0.113'];

/** Every document of every collection, as the bytes that are stored. */
async function everythingInMongo(): Promise<{ name: string; bytes: Buffer }[]> {
  const collections = (await mongoose.connection.db?.listCollections().toArray()) ?? [];
  const found = await Promise.all(
    collections.map(async ({ name }) => {
      const documents = (await mongoose.connection.db?.collection(name).find().toArray()) ?? [];
      return documents.map((document) => ({ name, bytes: Buffer.from(BSON.serialize(document)) }));
    }),
  );
  return found.flat();
}

/** Every key of Redis with its value, whatever its type. */
async function everythingInRedis(): Promise<string[]> {
  const redis = new Redis(world.redis.url);
  const keys = await redis.keys('*');
  const values = await Promise.all(
    keys.map(async (key) => {
      const type = await redis.type(key);
      const read: Record<string, () => Promise<unknown>> = {
        string: () => redis.get(key),
        hash: () => redis.hgetall(key),
        list: () => redis.lrange(key, 0, -1),
        set: () => redis.smembers(key),
        zset: () => redis.zrange(key, '0', '-1'),
        stream: () => redis.xrange(key, '-', '+'),
      };
      return `${key} ${JSON.stringify(await read[type]?.())}`;
    }),
  );
  redis.disconnect();
  return values;
}

function assertNoPerson(text: string, where: string): void {
  const lower = text.toLowerCase();
  for (const part of parts) assert.ok(!lower.includes(part), `${part} stands in ${where}`);
  for (const part of parts) {
    const encoded = Buffer.from(part).toString('base64').slice(0, 6);
    assert.ok(!text.includes(encoded), `${part} stands in ${where}, in base64`);
  }
}

describe('what a thief of the stores could read', () => {
  it('is nobody: no name, address, postal code, reason or network address, in MongoDB or Redis', async () => {
    const petition = await makePetition();
    const response = await visitor(world, { 'x-forwarded-for': ip }).sign(petition.slug, {
      ...secrets,
      ...{ country: 'GB', showName: 'on', updates: 'on', ref: 'stall' },
    });
    assert.equal(response.status, 303);
    const again = await visitor(world, { 'x-forwarded-for': ip }).sign(petition.slug, {
      ...secrets,
      country: 'GB',
    });
    assert.equal(again.status, 303);

    const inRedis = await eventually(async () => {
      const all = await everythingInRedis();
      return all.some((each) => each.startsWith('bull:mail:') && each.includes('signatureId')) && all;
    }, 'the job is in the queue');
    const inMongo = await everythingInMongo();
    assert.ok(inMongo.some(({ name }) => name === 'signatures'));
    for (const { name, bytes } of inMongo) {
      assertNoPerson(bytes.toString('latin1'), name);
    }
    for (const value of inRedis) assertNoPerson(value, value.split(' ')[0] ?? '');
    const job = inRedis.find((each) => each.includes('signatureId'));
    const data = JSON.parse(/"data":"(\{.*?\})"/.exec(job ?? '')?.[1]?.replaceAll('\\', '') ?? '{}');
    assert.deepEqual(Object.keys(data), ['signatureIds']);
  });

  it('and an invalid try or a lost link leaves nothing either', async () => {
    const petition = await makePetition();
    const someone = visitor(world, { 'x-forwarded-for': ip });
    assert.equal((await someone.sign(petition.slug, { ...secrets, country: 'XX' })).status, 422);
    const confirmations = `/petitions/${petition.slug}/confirmations`;
    assert.equal((await someone.post(confirmations, { email: secrets.email })).status, 303);
    assert.equal((await someone.post('/confirmations', { email: secrets.email })).status, 303);
    for (const { name, bytes } of await everythingInMongo()) assertNoPerson(bytes.toString('latin1'), name);
    for (const value of await everythingInRedis()) assertNoPerson(value, value.split(' ')[0] ?? '');
  });
});

describe('what a mail leaves behind', () => {
  it('is no address in the record of mailings, nor in the finished queue', async () => {
    const workers = await startProcess(world, 'workers');
    try {
      const petition = await makePetition();
      await signAndConfirm(
        world,
        petition.slug,
        makeForm({ ...secrets, email: 'q.zebedee@example.org', country: 'GB' }),
      );
      await eventually(async () => (await visitor(world).count(petition.slug)) === 1, 'the count moved');
      for (const { name, bytes } of await everythingInMongo()) assertNoPerson(bytes.toString('latin1'), name);
      for (const value of await everythingInRedis()) assertNoPerson(value, value.split(' ')[0] ?? '');
    } finally {
      await workers.stop();
    }
  });
});
