import { letterWork, mailWork, officialWork, periods } from '../config/limits.ts';
import { beginRecountsLeft } from '../server/campaigns/members.ts';
import { Participation } from '../server/campaigns/participation.ts';
import { CampaignTally } from '../server/campaigns/tally.ts';
import { touchLeft } from '../server/campaigns/touch.ts';
import { Target } from '../server/letters/target.ts';
import { isTheirTurn } from '../server/letters/turn.ts';
import { Official } from '../server/linked/official.ts';
import { Milestone } from '../server/milestones/milestone.ts';
import { AccessLink } from '../server/organizers/access-link.ts';
import { Petition } from '../server/petitions/petition.ts';
import type { Platform } from '../server/platform.ts';
import { Signature } from '../server/signatures/signature.ts';
import { Tally } from '../server/tallies/tally.ts';
import { Task } from '../server/tasks/task.ts';
import { findDueNewsletterMails } from './newsletter-mail.ts';

/** How many mails one sweep puts back; the next one takes the next. */
const mailsAtOnce = 5_000;
const remindersAtOnce = 500;

/** Finds in MongoDB all work that Redis lost or never got, and enqueues it. Running it twice changes nothing. */
export async function sweep(
  { queues, log }: Pick<Platform, 'queues' | 'log'>,
  now = new Date(),
): Promise<void> {
  const reminders = await askForReminders(now);
  const mails = (await isBehindWithMail(queues)) ? [] : await findDueMails(now);
  const petitions = await findUncounted(Signature.distinct('petition', { recount: true }), Tally);
  const links = await AccessLink.find(
    { mailDueAt: { $lte: before(now, mailWork.sweepAfter) } },
    { _id: 1 },
  ).lean();
  const tasks = await Task.find(
    { state: { $in: ['waiting', 'running'] }, leaseUntil: { $lte: now }, notBefore: { $not: { $gt: now } } },
    { _id: 1 },
  ).lean();

  const due = mails.map(({ _id }) => _id.toHexString());
  if (due.length > 0) queues.enqueue('mail', { signatureIds: due });
  for (const { _id } of links) queues.enqueue('accessMail', { linkId: _id.toHexString() });
  await findLetters(queues, now);
  const newsletter = await findDueNewsletterMails(now);
  for (const subscriberId of newsletter.subscriberIds) queues.enqueue('subscriberMail', { subscriberId });
  for (const commentId of newsletter.commentIds) queues.enqueue('commentMail', { commentId });
  for (const { _id } of tasks) queues.enqueue('task', { taskId: _id.toHexString() });
  for (const petition of await findMilestones(now))
    queues.enqueue('milestone', { petitionId: String(petition) });
  for (const petitionId of await findDueReadings(now)) queues.enqueue('officialCount', { petitionId });
  for (const petitionId of petitions) queues.enqueue('tally', { petitionId });
  await touchLeft(now);
  await beginRecountsLeft({ queues }, now);
  const participations = Participation.distinct('campaign', { recount: true });
  for (const campaignId of await findUncounted(participations, CampaignTally))
    queues.enqueue('campaignTally', { campaignId });
  if (mails.length + petitions.length + reminders > 0) {
    log.info({ mails: mails.length, petitions: petitions.length, reminders }, 'swept');
  }
}

/** What changed since it was tallied, and batches whose worker died when all was marked, but the batch not yet cleared. */
async function findUncounted(
  changed: Promise<unknown[]>,
  tallies: { distinct(field: '_id', which: object): Promise<unknown[]> },
): Promise<string[]> {
  const both = await Promise.all([changed, tallies.distinct('_id', { batch: { $ne: null } })]);
  return [...new Set(both.flat().map(String))];
}

/** What waits in line is found by the workers soon enough; put there again it would only make the line longer. */
const isBehindWithMail = (queues: Platform['queues']) => queues.isBehind('mail').catch(() => false);

/** Letters that nobody wrote down yet, and targets whose turn it is. */
async function findLetters(queues: Platform['queues'], now: Date): Promise<void> {
  const unwritten = await Signature.find(
    { 'letter.dueAt': { $lte: before(now, mailWork.sweepAfter) } },
    { _id: 1 },
  )
    .limit(letterWork.writtenAtOnce)
    .lean();
  for (const { _id } of unwritten) queues.enqueue('letter', { signatureId: _id.toHexString() });
  const targets = await Target.find(isTheirTurn(now), { _id: 1 })
    .sort({ dueAt: 1 })
    .limit(letterWork.turnsAtOnce)
    .lean();
  for (const { _id } of targets) queues.enqueue('letterTurn', { targetId: _id.toHexString() });
}

const findDueMails = (now: Date) =>
  Signature.find({ 'mail.dueAt': { $lte: before(now, mailWork.sweepAfter) } }, { _id: 1 })
    .sort({ 'mail.dueAt': 1 })
    .limit(mailsAtOnce)
    .lean();

/** Official counts that are due to be read. */
async function findDueReadings(now: Date): Promise<string[]> {
  const due = await Official.find({ nextReadAt: { $lte: now } }, { _id: 1 })
    .sort({ nextReadAt: 1 })
    .limit(officialWork.atOnce)
    .lean<Official[]>();
  return due.map(({ _id }) => _id.toHexString());
}

/** Petitions whose team is due a mail, and those that moved lately: a milestone may have been left unnoted. */
async function findMilestones(now: Date): Promise<unknown[]> {
  const lately = { updatedAt: { $gte: before(now, mailWork.movedLately) } };
  const [due, counted, changed] = await Promise.all([
    Milestone.distinct('petition', { mailDueAt: { $lte: before(now, mailWork.sweepAfter) } }),
    Tally.distinct('_id', lately),
    Petition.distinct('_id', lately),
  ]);
  return [...new Set([...due, ...counted, ...changed].map(String))];
}

/** One reminder for each signature that was not confirmed within a day. */
async function askForReminders(now: Date): Promise<number> {
  const waiting = await Signature.find(
    { state: 'pending', createdAt: { $lte: before(now, periods.remindAfter) }, remindedAt: null },
    { _id: 1 },
  )
    .limit(remindersAtOnce)
    .lean();
  for (const { _id } of waiting) {
    await Signature.updateOne(
      { _id, state: 'pending', remindedAt: null },
      {
        $set: {
          remindedAt: now,
          'mail.kind': 'reminder',
          'mail.requestedAt': now,
          'mail.dueAt': before(now, mailWork.sweepAfter),
        },
        $inc: { 'mail.n': 1 },
      },
    );
  }
  return waiting.length;
}

/** The moment this many seconds before another. */
export const before = (now: Date, seconds: number): Date => new Date(now.getTime() - seconds * 1000);
