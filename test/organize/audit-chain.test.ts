import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Types } from 'mongoose';
import { freePort } from '../../scripts/part.ts';
import { checkLog, codeOf, type Problem } from '../../server/audit/check.ts';
import { AuditEntry, record } from '../../server/audit/entry.ts';
import { connectRedis } from '../../server/stores.ts';
import { type SignedInVisitor, signInAs } from '../support/organizer.ts';
import { textOf } from '../support/page.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { root } from '../support/sources.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let platform: OpenPlatform;
let owner: SignedInVisitor;

before(async () => {
  world = await startWorld({ workers: false });
  platform = await openPlatform(world);
  owner = await signInAs(world, 'owner');
});
after(async () => {
  await platform?.close();
  await world?.close();
});

/** What an insider does who has the database and not the keys. */
const database = () => AuditEntry.collection;

/** A log of ten entries that nobody has looked at yet. */
beforeEach(async () => {
  await database().deleteMany({});
  await platform.redis.del('audit:witness');
  for (let n = 1; n <= 10; n += 1)
    await record({
      action: 'test.chain',
      organizer: owner.organizer._id,
      details: { n },
      why: `Reason ${n}`,
    });
});

const problems = async (): Promise<Problem[]> => (await checkLog(platform)).problems;
const changed = (...seqs: number[]): Problem[] => seqs.map((seq) => ({ kind: 'changed', seq }));

describe('the log as it was written', () => {
  it('is whole, and numbered without a gap', async () => {
    const { first, last, found } = await checkLog(platform);
    assert.deepEqual([first?.seq, last?.seq, found], [1, 10, 0]);
  });

  it('is whole whatever an entry holds', async () => {
    const details = {
      ...{
        b: 1,
        a: [1, { z: 1, y: undefined }],
        10: 'x',
        9: null,
        text: 'é\u0000\ud800😀',
        at: new Date(1.5),
      },
      ...{ id: owner.organizer._id, half: 0.1, big: 2 ** 53, minus: -0, none: Number.NaN, empty: {} },
    };
    await record({ action: 'test.odd', details, why: '😀'.repeat(60) });
    await record({ action: 'test.words', why: `${'a'.repeat(39)}\u{1d49c}` });
    assert.deepEqual(await problems(), []);
  });

  it('is whole when many write at once, here and in other processes', async () => {
    const script = `
      import { readEnv } from './config/env.ts';
      import { createLog } from './config/log.ts';
      import { keyLog } from './server/audit/chain.ts';
      import { record } from './server/audit/entry.ts';
      import { connectMongo, disconnectMongo } from './server/stores.ts';
      const env = readEnv();
      keyLog(env.LOOKUP_KEY);
      await connectMongo(env.MONGODB_URL, createLog('test', 'silent'));
      await Promise.all(Array.from({ length: 20 }, (_, n) => record({ action: 'test.other', details: { n } })));
      await disconnectMongo();`;
    const others = [1, 2].map(() =>
      spawn(process.execPath, ['--input-type=module', '--eval', script], {
        cwd: root,
        env: { PATH: process.env.PATH, ...world.source },
        stdio: 'inherit',
      }),
    );
    const own = Array.from({ length: 40 }, (_, n) => record({ action: 'test.own', details: { n } }));
    const ends = await Promise.all(others.map((child) => once(child, 'close')));
    await Promise.all(own);
    assert.deepEqual(
      ends.map(([code]) => code),
      [0, 0],
    );
    const { last, found } = await checkLog(platform);
    assert.deepEqual([last?.seq, found], [90, 0]);
  });
});

describe('an insider with the database alone', () => {
  it('cannot change what an entry says, not even a field of it', async () => {
    const changes = [
      { $set: { why: 'Another reason' } },
      { $set: { organizer: new Types.ObjectId() } },
      { $unset: { organizer: 1 } },
      { $set: { 'details.n': 6 } },
      { $set: { at: new Date(0) } },
      { $set: { words: ['nothing'] } },
      { $set: { petition: owner.organizer._id } },
      { $set: { note: 'added' } },
      { $unset: { why: 1 } },
      { $unset: { hash: 1 } },
    ];
    const before = await database().findOne({ seq: 5 });
    assert.ok(before);
    for (const change of changes) {
      await database().updateOne({ seq: 5 }, change);
      const found = await problems();
      assert.deepEqual(found[0], { kind: 'changed', seq: 5 }, JSON.stringify(change));
      await database().replaceOne({ seq: 5 }, before);
    }
    assert.deepEqual(await problems(), [], 'and it is whole again once it is put back');
  });

  it('cannot give one entry the hash of another, nor exchange two', async () => {
    const [four, five] = await Promise.all([database().findOne({ seq: 4 }), database().findOne({ seq: 5 })]);
    assert.ok(four && five);
    await database().deleteMany({ seq: { $in: [4, 5] } });
    await database().insertMany([
      { ...four, seq: 5 },
      { ...five, seq: 4 },
    ]);
    assert.deepEqual(await problems(), changed(4, 5, 6));
  });

  it('cannot take entries out, renumber the rest, or begin the log later', async () => {
    await database().deleteMany({ seq: { $in: [4, 5, 8] } });
    assert.deepEqual(await problems(), [
      { kind: 'missing', from: 4, to: 5 },
      { kind: 'missing', from: 8, to: 8 },
    ]);
    await database().updateOne({ seq: 6 }, { $set: { seq: 4 } });
    assert.deepEqual((await problems())[0], { kind: 'changed', seq: 4 });
    await database().deleteMany({ seq: { $lt: 7 } });
    assert.deepEqual((await problems())[0], { kind: 'missing', from: 1, to: 6 });
  });

  it('cannot add an entry: not between, not at the end, not without a number, not twice', async () => {
    const { _id, ...like } = (await database().findOne({ seq: 10 })) ?? {};
    await assert.rejects(database().insertOne({ ...like }), /E11000/);
    await database().insertOne({ ...like, seq: 11 });
    await database().insertOne({ ...like, seq: 7.5 });
    const { seq, hash, ...plain } = like as Record<string, unknown>;
    await database().insertOne({ ...plain });
    assert.deepEqual(await problems(), [
      { kind: 'unnumbered', were: 0, are: 1 },
      { kind: 'changed', seq: 7.5 },
      { kind: 'changed', seq: 8 },
      { kind: 'changed', seq: 11 },
    ]);
    await record({ action: 'test.after' });
    assert.equal((await checkLog(platform)).last?.seq, 12, 'and the log goes on');
  });

  it('cannot hide one change behind another: the first twenty are named, all are counted', async () => {
    for (let n = 11; n <= 40; n += 1) await record({ action: 'test.more' });
    await database().updateMany({}, { $set: { why: 'x' } });
    const { problems: named, found } = await checkLog(platform);
    assert.deepEqual([named.length, found], [20, 40]);
  });
});

describe('the end of the log', () => {
  it('that is cut off is missed by whoever saw it: the last check, or a note on paper', async () => {
    const noted = await checkLog(platform);
    const code = codeOf(noted.last?.hash ?? '');
    await database().deleteMany({ seq: { $gt: 7 } });
    const [problem] = await problems();
    assert.equal(problem?.kind, 'shortened');
    assert.equal(problem.kind === 'shortened' && problem.seq, 10);

    for (let n = 8; n <= 12; n += 1) await record({ action: 'test.instead' });
    assert.equal((await problems())[0]?.kind, 'shortened', 'written anew is not what it was');
    await platform.redis.flushall();
    owner = await signInAs(world, 'owner');
    assert.deepEqual(await problems(), [], 'without Redis nothing in the database tells');
    const page = await owner.get(`/organize/audit/check?number=10&code=${encodeURIComponent(code)}`);
    assert.match(textOf(await page.text()), /Number 10 does not have this code/);
  });

  it('that was cut off before anybody looked cannot be found out', async () => {
    await database().deleteMany({ seq: { $gt: 7 } });
    assert.deepEqual(await problems(), []);
  });

  it('that goes on is found as it was noted', async () => {
    const { last } = await checkLog(platform);
    const code = codeOf(last?.hash ?? '').toUpperCase();
    await record({ action: 'test.later' });
    const url = `/organize/audit/check?number=10&code=${encodeURIComponent(code)}`;
    assert.match(textOf(await (await owner.get(url)).text()), /Number 10 still has this code/);
    assert.deepEqual(await problems(), []);
  });

  it('is checked where Redis is away', async () => {
    const redis = connectRedis(`redis://127.0.0.1:${await freePort()}`, 'prompt', platform.log);
    const { found, last } = await checkLog({ redis });
    redis.disconnect();
    assert.deepEqual([found, last?.seq], [0, 10]);
  });
});

describe('entries from before they were numbered', () => {
  const older = [1, 2, 3].map((n) => ({ at: new Date(n), action: 'test.older', details: { n }, words: [] }));

  it('are shown, and counted: none can come or go unseen', async () => {
    await database().deleteMany({});
    await database().insertMany(older.map((entry) => ({ ...entry })));
    await record({ action: 'test.first' });
    await record({ action: 'test.second' });
    const { unnumbered, found, last } = await checkLog(platform);
    assert.deepEqual([unnumbered, found, last?.seq], [3, 0, 2]);
    const log = textOf(await (await owner.get('/organize/audit')).text());
    assert.equal(log.match(/test: older/g)?.length, 4, 'three lines and the filter');
    const check = textOf(await (await owner.get('/organize/audit/check')).text());
    assert.match(check, /Lines without a number, from before there were numbers: 3/);
    await database().deleteOne({ action: 'test.older' });
    assert.deepEqual(await problems(), [{ kind: 'unnumbered', were: 3, are: 2 }]);
  });
});

describe('the page', () => {
  const shown = async () => textOf(await (await owner.get('/organize/audit/check')).text());

  it('says from where to where the log is whole, with the number and code to write down', async () => {
    const { last } = await checkLog(platform);
    const code = codeOf(last?.hash ?? '');
    assert.match(code, /^[0-9a-f]{4}( [0-9a-f]{4}){3}$/);
    const text = await shown();
    assert.match(text, /The log is whole/);
    assert.match(text, /Whole from number 1 of .* to number 10 of /);
    assert.ok(text.includes(code));
    const log = textOf(await (await owner.get('/organize/audit')).text());
    assert.ok(log.includes(`The last is number 10, code ${code}`));
  });

  it('says what is wrong where something is', async () => {
    await checkLog(platform);
    await database().updateOne({ seq: 2 }, { $set: { why: 'x' } });
    await database().deleteOne({ seq: 4 });
    await database().deleteMany({ seq: { $in: [6, 7] } });
    await database().deleteOne({ seq: 10 });
    const text = await shown();
    assert.match(text, /The log was changed/);
    assert.match(text, /Number 2 is not what was written\./);
    assert.match(text, /Number 4 is missing, so what number 5 says is not certain\./);
    assert.match(text, /Numbers 6 to 7 are missing/);
    assert.match(text, /The end was cut off or written anew: number 10 was there on/);
    assert.doesNotMatch(text, /Whole from/);
  });

  it('takes any nonsense for no question, and an empty log for one', async () => {
    for (const query of [
      'number=x&code=y',
      'number=1&number=2',
      'code=$ne',
      'number=1e99&code=0000111122223333',
    ])
      assert.equal((await owner.get(`/organize/audit/check?${query}`)).status, 200, query);
    await database().deleteMany({});
    await platform.redis.del('audit:witness');
    assert.match(await shown(), /The log is empty/);
  });
});
