import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Job, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { Mailing } from '../../server/mailings/mailing.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { connectRedis } from '../../server/stores.ts';
import { createQueues, jobs } from '../../workers/queues.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { type OwnProcess, startProcess } from '../support/processes.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await startWorld({ workers: false });
});
after(() => world.close());

const silent = pino({ level: 'silent' });
const id = (n: number) => n.toString(16).padStart(24, '0');

describe('a job', () => {
  it('carries ids and nothing else: whatever else is put in does not come out', () => {
    for (const [name, { payload }] of Object.entries(jobs)) {
      const fields = Object.keys(payload.shape);
      const ids = Object.fromEntries(
        fields.map((field) => [field, field.endsWith('Ids') ? [id(1), id(2)] : id(1)]),
      );
      assert.deepEqual(payload.parse({ ...ids, email: 'robin@example.org' }), ids, name);
      for (const field of fields)
        for (const other of ['robin@example.org', ['robin@example.org'], [id(1), 'robin@example.org']])
          assert.throws(() => payload.parse({ ...ids, [field]: other }), `${name} takes any ${field}`);
      if (fields.length > 0) assert.throws(() => payload.parse({}), name);
    }
  });

  it('is one job while it waits, however often it is asked for, and once more if it was asked for while it ran', async () => {
    const redis = connectRedis(world.redis.url, 'prompt', silent);
    await new Promise((resolve) => redis.once('ready', resolve));
    const queues = createQueues(redis, silent);
    for (let n = 0; n < 20; n += 1) queues.enqueue('tally', { petitionId: id(7) });
    queues.enqueue('tally', { petitionId: id(8) });
    await eventually(async () => (await queues.depths()).tally === 2, 'two petitions, two jobs');

    const running = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const ran: string[] = [];
    const handle = async ({ data }: Job) => {
      ran.push(data.petitionId);
      if (ran.length > 1) return;
      running.resolve();
      await release.promise;
    };
    const connection = connectRedis(world.redis.url, 'patient', silent);
    const worker = new Worker('tally', handle, { connection });
    await running.promise;
    for (let n = 0; n < 5; n += 1) queues.enqueue('tally', { petitionId: ran[0] ?? '' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    release.resolve();
    await eventually(() => ran.length === 3, 'the other one, and the first once more');
    await eventually(async () => (await queues.depths()).tally === 0, 'nothing is left');
    assert.deepEqual(ran.toSorted(), [id(7), id(8), ran[0]].toSorted());
    await worker.close();
    connection.disconnect();
    await queues.close();
    redis.disconnect();
  });

  it('carries what was asked for at one moment, each once, and no more than it may', async () => {
    const redis = connectRedis(world.redis.url, 'prompt', silent);
    await new Promise((resolve) => redis.once('ready', resolve));
    const queues = createQueues(redis, silent);
    const ids = Array.from({ length: 120 }, (_, n) => id(n + 1));
    for (const one of ids) queues.enqueue('mail', { signatureIds: [one] });
    queues.enqueue('mail', { signatureIds: ids.slice(0, 30) });
    const queue = new Queue('mail', { connection: redis });
    await eventually(async () => (await queue.getWaitingCount()) === 3, '120 ids in three jobs');
    const carried = (await queue.getWaiting()).map(({ data }) => data.signatureIds as string[]);
    assert.deepEqual(carried.map(({ length }) => length).toSorted(), [20, 50, 50]);
    assert.deepEqual(carried.flat().toSorted(), ids);
    await queue.obliterate();
    await queue.close();
    await queues.close();
    redis.disconnect();
  });

  it('never fails who asks for it: without Redis asking returns at once', async () => {
    const redis = connectRedis('redis://127.0.0.1:1', 'prompt', silent);
    const queues = createQueues(redis, silent);
    const begun = Date.now();
    queues.enqueue('mail', { signatureIds: [id(9)] });
    assert.ok(Date.now() - begun < 100);
    await queues.close();
    redis.disconnect();
  });
});

describe('workers, each a process of its own', () => {
  const signMany = async (petition: Petition, number: number) => {
    const forms = Array.from({ length: number }, () => makeForm());
    for (const form of forms) assert.equal((await visitor(world).sign(petition.slug, form)).status, 303);
    return forms;
  };
  const mailed = (forms: Record<string, string>[]) =>
    eventually(
      () => forms.every(({ email = '' }) => world.mailbox.to(email).length > 0),
      'everybody has mail',
      20_000,
    );

  it('share the work: each mail goes out once, and no job is left behind', async (t) => {
    const workers = await Promise.all([startProcess(world, 'workers'), startProcess(world, 'workers')]);
    t.after(() => Promise.all(workers.map((worker) => worker.stop('SIGKILL'))));
    const petition = await makePetition();
    const forms = await signMany(petition, 20);
    await mailed(forms);
    for (const { email = '' } of forms) assert.equal(world.mailbox.to(email).length, 1);
    await eventually(
      async () => (await Mailing.countDocuments({ petition: petition._id, state: 'sent' })) === 20,
      'every mail is recorded',
    );
    const redis = new Redis(world.redis.url);
    const queue = new Queue('mail', { connection: redis });
    await eventually(async () => (await queue.getJobCountByTypes('active', 'waiting')) === 0, 'all is done');
    assert.deepEqual(await queue.getJobCounts('completed', 'failed'), { completed: 0, failed: 0 });
    await queue.close();
    redis.disconnect();
    await Promise.all(workers.map((worker) => worker.stop()));
  });

  it('try again with growing pauses where the mail server refuses for now, and say so without the address', async () => {
    let workers: OwnProcess | undefined;
    try {
      workers = await startProcess(world, 'workers');
      world.mailbox.behave('refuses for now');
      const petition = await makePetition();
      const [form] = await signMany(petition, 1);
      await eventually(
        async () => ((await Mailing.findOne({ petition: petition._id }).lean())?.attempts ?? 0) >= 2,
        'it was tried twice',
      );
      world.mailbox.behave('takes');
      await mailed([form ?? {}]);
      assert.equal(world.mailbox.to(form?.email ?? '').length, 1);
      const failed = workers.lines.filter((line) => line.includes('"job":"mail"'));
      assert.ok(failed.length >= 1);
      assert.ok(!workers.lines.join('\n').includes(form?.email ?? ''));
    } finally {
      world.mailbox.behave('takes');
      await workers?.stop();
    }
  });

  it('stop when asked, and soon', async (t) => {
    const worker = await startProcess(world, 'workers');
    t.after(() => worker.stop('SIGKILL'));
    await mailed(await signMany(await makePetition(), 1));
    const begun = Date.now();
    await worker.stop('SIGTERM');
    assert.ok(Date.now() - begun < 8_000, `it took ${Date.now() - begun} ms`);
    assert.ok(worker.lines.some((line) => line.includes('"msg":"stopping"')));
  });
});
