import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Milestone, milestonesUpTo, noteMilestones } from '../../server/milestones/milestone.ts';
import { Organizer } from '../../server/organizers/organizer.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { Tally } from '../../server/tallies/tally.ts';
import { createViews } from '../../server/views.ts';
import { MailDeferred } from '../../workers/mail.ts';
import { createMailer, type Mailer } from '../../workers/mailer.ts';
import { sendMilestoneMails } from '../../workers/milestones.ts';
import { sweep } from '../../workers/sweep.ts';
import { tallyPetition } from '../../workers/tally.ts';
import { makePetition, makeSignature } from '../support/factories.ts';
import { makeOrganizer, type NewOrganizer } from '../support/organizer.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { startProcess } from '../support/processes.ts';
import { eventually, startWorld, type World } from '../support/world.ts';

/** No worker runs unless a test starts one: the test is the worker. */
let world: World;
let platform: OpenPlatform;
let mailer: Mailer;
let owner: NewOrganizer;
before(async () => {
  world = await startWorld({ web: false, workers: false });
  platform = await openPlatform(world);
  mailer = createMailer(world.env);
  owner = await makeOrganizer(world, 'owner', { name: 'Olga Owner' });
});
afterEach(() => world.mailbox.behave('takes'));
after(async () => {
  mailer.close();
  await platform.close();
  await world.close();
});

const fixed = (number: number) => makePetition({ goal: { kind: 'fixed', number } });
const sign = async (petition: Petition, number: number) => {
  for (let n = 0; n < number; n += 1) await makeSignature(petition);
  await tallyPetition(platform, String(petition._id));
};
const mail = (petition: Petition, now?: Date) =>
  sendMilestoneMails({ ...platform, mailer, views: createViews() }, String(petition._id), now);
const mails = (petition: Petition, { email }: NewOrganizer = owner) =>
  world.mailbox.to(email).filter(({ text }) => text?.includes(String(petition._id)));
const subjects = (petition: Petition) => mails(petition).map(({ subject }) => subject?.split(':')[0]);

describe('the milestones', () => {
  const numbers = (goal: Petition['goal'], count: number) =>
    milestonesUpTo({ goal }, count).map(({ number, percent }) => `${number} (${percent} %)`);

  it('of a fixed goal are its quarters, rounded up', () => {
    const goal = { kind: 'fixed' as const, number: 1_001 };
    assert.deepEqual(numbers(goal, 1_000_000), ['251 (25 %)', '501 (50 %)', '751 (75 %)', '1001 (100 %)']);
    assert.deepEqual(numbers(goal, 501), ['251 (25 %)', '501 (50 %)']);
    assert.deepEqual(numbers(goal, 250), []);
  });

  it('of an automatic goal are the steps of the ladder, and the quarters of each that lie above the one before', () => {
    assert.deepEqual(numbers({ kind: 'auto' }, 500), [
      ...['25 (25 %)', '50 (50 %)', '75 (75 %)', '100 (100 %)'],
      ...['125 (50 %)', '188 (75 %)', '250 (100 %)', '375 (75 %)', '500 (100 %)'],
    ]);
  });

  it('of a tiny goal are as many as there are numbers', () => {
    assert.deepEqual(numbers({ kind: 'fixed', number: 1 }, 5), ['1 (100 %)']);
    assert.deepEqual(numbers({ kind: 'fixed', number: 2 }, 5), ['1 (50 %)', '2 (100 %)']);
  });
});

describe('a petition that passes a milestone', () => {
  it('has its team mailed once for each: the owners, and those in its team', async () => {
    const petition = await fixed(8);
    const member = await makeOrganizer(world, 'editor', { petition, name: 'Max Member' });
    const elsewhere = await makeOrganizer(world, 'editor');
    for (const expected of [['2 signatures'], ['2 signatures', '4 signatures']]) {
      await sign(petition, 2);
      await mail(petition);
      await mail(petition);
      assert.deepEqual(subjects(petition), expected);
    }
    assert.equal(mails(petition, member).length, 2);
    assert.equal(world.mailbox.to(elsewhere.email).length, 0);
    assert.match(
      mails(petition, member)[0]?.text ?? '',
      /Hello Max Member,[\s\S]*passed 25% of its goal of 8/,
    );
    assert.equal(
      mails(petition)[0]?.headers.find(({ key }) => key === 'list-unsubscribe'),
      undefined,
    );
    await sign(petition, 4);
    await mail(petition);
    assert.match(mails(petition).at(-1)?.text ?? '', /has reached its goal of 8 signatures/);
  });

  it('and several at once has one mail, about the highest', async () => {
    const petition = await fixed(8);
    await sign(petition, 7);
    await mail(petition);
    assert.deepEqual(subjects(petition), ['6 signatures']);
    assert.equal(await Milestone.countDocuments({ petition: petition._id }), 3);
    await sign(petition, 1);
    await mail(petition);
    assert.deepEqual(subjects(petition), ['6 signatures', '8 signatures']);
  });

  it('is noted once, however many workers tally and mail at the same moment', async () => {
    const petition = await fixed(4);
    await makeSignature(petition);
    const id = String(petition._id);
    await Promise.all(Array.from({ length: 5 }, () => tallyPetition(platform, id)));
    await Promise.all(Array.from({ length: 5 }, () => noteMilestones(platform, petition)));
    assert.equal(await Milestone.countDocuments({ petition: petition._id }), 1);
    await Promise.allSettled(Array.from({ length: 4 }, () => mail(petition)));
    await mail(petition);
    assert.deepEqual(subjects(petition), ['1 signature']);
  });

  it('falls back under it and passes it again: nobody is mailed a second time', async () => {
    const petition = await fixed(4);
    await sign(petition, 1);
    await mail(petition);
    await Signature.updateMany({ petition: petition._id }, { $set: { state: 'withdrawn', recount: true } });
    await sign(petition, 0);
    await sign(petition, 1);
    await mail(petition);
    assert.equal(mails(petition).length, 1);
  });

  it('whose goal is raised afterwards goes on with what lies above', async () => {
    const petition = await fixed(4);
    await sign(petition, 4);
    await mail(petition);
    await Petition.updateOne({ _id: petition._id }, { $set: { 'goal.number': 10 } });
    await mail(petition);
    assert.deepEqual(subjects(petition), ['4 signatures']);
    await sign(petition, 1);
    await mail(petition);
    assert.deepEqual(subjects(petition), ['4 signatures', '5 signatures']);
  });

  it('by numbers on paper counts those too', async () => {
    const petition = await fixed(100);
    await sign(petition, 1);
    const entry = { at: new Date(), who: 'Ada', source: 'the market', number: 49 };
    await Petition.updateOne({ _id: petition._id }, { $push: { ledger: entry } });
    await mail(petition);
    assert.deepEqual(subjects(petition), ['50 signatures']);
  });
});

describe('nothing of it is lost', () => {
  it('when the process dies between the count and the note: a sweep finds it', async () => {
    const petition = await fixed(4);
    await sign(petition, 1);
    await Milestone.deleteMany({ petition: petition._id });
    await Tally.updateOne({ _id: petition._id }, { $unset: { milestone: 1 } });
    const asked: string[] = [];
    const queues = {
      isBehind: async () => false,
      enqueue: (name: string, payload: object) => asked.push(`${name} ${JSON.stringify(payload)}`),
    };
    await sweep({ ...platform, queues: queues as never });
    assert.ok(asked.includes(`milestone {"petitionId":"${petition._id}"}`), asked.join('\n'));
    await mail(petition);
    assert.equal(mails(petition).length, 1);
  });

  it('when it dies between the note and the mail, or Redis forgets: a sweep finds it, even much later', async () => {
    const petition = await fixed(4);
    await sign(petition, 1);
    const asked: string[] = [];
    const queues = {
      isBehind: async () => false,
      enqueue: (name: string, payload: object) => asked.push(`${name} ${JSON.stringify(payload)}`),
    };
    await sweep({ ...platform, queues: queues as never }, new Date(Date.now() + 86_400_000));
    assert.ok(asked.includes(`milestone {"petitionId":"${petition._id}"}`));
    await mail(petition);
    assert.equal((await Milestone.findOne({ petition: petition._id }).lean())?.mailDueAt, undefined);
  });

  it('when the mail server puts it off: those who have it do not get it again', async () => {
    const petition = await fixed(4);
    await makeOrganizer(world, 'editor', { petition });
    await sign(petition, 1);
    world.mailbox.behave('refuses for now');
    await assert.rejects(mail(petition), MailDeferred);
    world.mailbox.behave('takes');
    await mail(petition);
    await mail(petition);
    assert.equal(mails(petition).length, 1);
  });

  it('when nobody is there to be mailed, or somebody has left', async () => {
    const petition = await fixed(4);
    const gone = await makeOrganizer(world, 'editor', { petition });
    await Organizer.updateOne({ _id: gone._id }, { $set: { endedAt: new Date() } });
    await sign(petition, 1);
    await mail(petition);
    assert.equal(world.mailbox.to(gone.email).length, 0);
  });

  it('with real workers: signing alone is enough', { timeout: 60_000 }, async (t) => {
    const workers = await Promise.all([startProcess(world, 'workers'), startProcess(world, 'workers')]);
    t.after(() => Promise.all(workers.map((worker) => worker.stop('SIGKILL'))));
    const petition = await fixed(40);
    for (let n = 0; n < 10; n += 1) {
      await makeSignature(petition);
      platform.queues.enqueue('tally', { petitionId: String(petition._id) });
    }
    await eventually(() => mails(petition).length > 0, 'the mail', 30_000);
    assert.deepEqual(subjects(petition), ['10 signatures']);
  });
});
