import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { Types } from 'mongoose';
import { mailWork, periods } from '../../config/limits.ts';
import { CampaignTally } from '../../server/campaigns/tally.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { Tally } from '../../server/tallies/tally.ts';
import { sweep } from '../../workers/sweep.ts';
import { makeCampaign } from '../campaigns/support.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { linkIn } from '../support/mailbox.ts';
import { signAndConfirm, signAndOpenMail } from '../support/signer.ts';
import { openStage } from '../support/stage.ts';
import { visitor } from '../support/visitor.ts';
import { eventually } from '../support/world.ts';

const { world, platform } = await openStage();

const later = (seconds: number) => new Date(Date.now() + seconds * 1000);
const stored = (petition: Petition) => Signature.findOne({ petition: petition._id }).lean();
const counted = (slug: string, count: number) =>
  eventually(async () => (await visitor(world).count(slug)) === count, `a count of ${count}`);

describe('a sweep', () => {
  it('finds mail that was never enqueued, and signatures that were never counted', async () => {
    const petition = await makePetition();
    const form = makeForm();
    const { confirm } = await signAndOpenMail(world, petition.slug, form);
    await Signature.updateOne(
      { petition: petition._id },
      { $set: { 'mail.kind': 'confirm', 'mail.n': 2, 'mail.dueAt': new Date() } },
    );
    await sweep(platform, later(mailWork.sweepAfter + 1));
    assert.equal(linkIn(await world.mailbox.mailTo(form.email ?? '', 2), 'confirm'), confirm);

    await Signature.updateOne(
      { petition: petition._id },
      { $set: { state: 'confirmed', confirmedAt: new Date(), recount: true } },
    );
    await sweep(platform);
    await counted(petition.slug, 1);
  });

  it('leaves what is due to the job that is on its way', async () => {
    const petition = await makePetition();
    await signAndOpenMail(world, petition.slug, makeForm());
    await Signature.updateOne(
      { petition: petition._id },
      { $set: { 'mail.n': 2, 'mail.dueAt': new Date() } },
    );
    const asked: string[] = [];
    const enqueue = (name: string) => void asked.push(name);
    await sweep({ ...platform, queues: { ...platform.queues, enqueue } }, later(mailWork.sweepAfter - 5));
    assert.ok(!asked.includes('mail'));
    await sweep({ ...platform, queues: { ...platform.queues, enqueue } }, later(mailWork.sweepAfter + 5));
    assert.ok(asked.includes('mail'));
    await Signature.updateOne({ petition: petition._id }, { $unset: { 'mail.dueAt': 1 } });
  });

  it('finds batches that were marked and never cleared: whoever was at it died', async () => {
    const petition = await makePetition();
    const campaign = await makeCampaign([petition]);
    await signAndConfirm(world, petition.slug, makeForm());
    await counted(petition.slug, 1);
    const isCleared = async () => {
      const tallies = [
        await Tally.findById(petition._id).lean(),
        await CampaignTally.findById(campaign._id).lean(),
      ];
      return tallies.every((tally) => tally?.batch === null);
    };
    await eventually(isCleared, 'both are counted');
    const { _id, counted: as } = (await stored(petition)) ?? assert.fail();
    await Tally.updateOne(
      { _id: petition._id },
      { $set: { batch: [{ _id, state: 'confirmed', counted: as }] } },
    );
    const nobody = { _id: new Types.ObjectId(), changes: 1, petitions: [], counted: null };
    await CampaignTally.updateOne({ _id: campaign._id }, { $set: { batch: [nobody] } });

    await sweep(platform);
    await eventually(isCleared, 'both batches are cleared');
    assert.equal(await visitor(world).count(petition.slug), 1);
  });

  it('run twice changes nothing: one mail, one count', async () => {
    const petition = await makePetition();
    const form = makeForm();
    await signAndConfirm(world, petition.slug, form);
    await Promise.all([1, 2, 3].map(() => sweep(platform, later(mailWork.sweepAfter + 1))));
    await counted(petition.slug, 1);
    await eventually(
      async () => (await Signature.countDocuments({ petition: petition._id, recount: true })) === 0,
      'counted',
    );
    assert.equal(await visitor(world).count(petition.slug), 1);
    assert.equal(world.mailbox.to(form.email ?? '').length, 1);
  });
});

describe('after Redis was emptied', () => {
  it('mail goes out, the count catches up, and the schedules come back', async () => {
    const redis = new Redis(world.redis.url);
    const petition = await makePetition();
    const form = makeForm();
    await signAndOpenMail(world, petition.slug, form);
    await redis.flushall();
    assert.equal((await redis.keys('bull:*repeat*')).length, 0);
    await Signature.updateOne(
      { petition: petition._id },
      {
        $set: { state: 'confirmed', confirmedAt: new Date(), recount: true },
        $inc: { 'mail.n': 1 },
      },
    );
    await Signature.updateOne({ petition: petition._id }, { $set: { 'mail.dueAt': new Date() } });

    await platform.queues.keepSchedules();
    for (const name of ['sweep', 'compare', 'retention'])
      assert.equal(
        (await redis.keys(`bull:${name}:repeat*`)).length > 0,
        true,
        `${name} is not on the clock`,
      );
    await sweep(platform, later(mailWork.sweepAfter + 1));
    await world.mailbox.mailTo(form.email ?? '', 2);
    await counted(petition.slug, 1);
    redis.disconnect();
  });

  it('the workers put the schedules back as soon as they are connected again', async () => {
    const redis = new Redis(world.redis.url);
    await redis.flushall();
    await redis.call('CLIENT', 'KILL', 'TYPE', 'normal');
    await eventually(async () => (await redis.keys('bull:sweep:repeat*')).length > 0, 'the schedule is back');
    redis.disconnect();
  });
});

describe('the reminder', () => {
  const aDayLater = () => later(periods.remindAfter + 60);

  it('goes out once, after a day, with the same link', async () => {
    const petition = await makePetition();
    const form = makeForm();
    const { confirm } = await signAndOpenMail(world, petition.slug, form);
    await sweep(platform, later(periods.remindAfter - 60));
    assert.equal((await stored(petition))?.remindedAt, undefined);

    await sweep(platform, aDayLater());
    const reminder = await world.mailbox.mailTo(form.email ?? '', 2);
    assert.match(reminder.subject ?? '', /^Still to confirm/);
    assert.equal(linkIn(reminder, 'confirm'), confirm);
    assert.ok(reminder.headers.some(({ key }) => key === 'list-unsubscribe-post'));

    await sweep(platform, aDayLater());
    await sweep(platform, later(10 * periods.remindAfter));
    await nothingIsDue(petition);
    assert.equal(world.mailbox.to(form.email ?? '').length, 2);
    assert.equal((await visitor(world).post(linkIn(reminder, 'confirm'))).status, 303);
    await counted(petition.slug, 1);
  });

  it('does not go to those who confirmed or withdrew', async () => {
    for (const verb of ['confirm', 'withdraw']) {
      const petition = await makePetition();
      const form = makeForm();
      const { confirm, manage } = await signAndOpenMail(world, petition.slug, form);
      await visitor(world).post(verb === 'confirm' ? confirm : `${manage}/withdrawal`);
      await sweep(platform, aDayLater());
      await nothingIsDue(petition);
      assert.equal(world.mailbox.to(form.email ?? '').length, 1, verb);
    }
  });

  it('does not go to those who unsubscribed', async () => {
    const petition = await makePetition();
    const form = makeForm();
    const { unsubscribe } = await signAndOpenMail(world, petition.slug, form);
    await visitor(world).post(unsubscribe);
    await sweep(platform, aDayLater());
    await nothingIsDue(petition);
    assert.equal(world.mailbox.to(form.email ?? '').length, 1);
  });

  it('does not ask for what can no longer be done: the petition has closed or was withdrawn', async () => {
    const hoursAgo = (hours: number) => later(-hours * 3600);
    for (const end of [
      { closesAt: hoursAgo(30) },
      { history: [{ outcome: 'withdrawn', at: hoursAgo(1) }] },
    ]) {
      const petition = await makePetition();
      const form = makeForm();
      await signAndOpenMail(world, petition.slug, form);
      await Signature.updateOne({ petition: petition._id }, { $set: { createdAt: hoursAgo(31) } });
      await Petition.updateOne({ _id: petition._id }, { $set: end });
      await sweep(platform);
      await nothingIsDue(petition);
      assert.equal(world.mailbox.to(form.email ?? '').length, 1, Object.keys(end)[0]);
    }
  });

  const nothingIsDue = (petition: Petition) =>
    eventually(async () => {
      const signature = await stored(petition);
      return signature && !signature.mail?.dueAt;
    }, 'no mail is due');
});
