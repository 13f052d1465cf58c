import type { Types } from 'mongoose';
import { letterLimits } from '../../../../config/limits.ts';
import { record } from '../../../audit/entry.ts';
import type { Petition } from '../../../petitions/petition.ts';
import type { Platform } from '../../../platform.ts';
import { Letter, type LetterState } from '../../letter.ts';
import { Target } from '../../target.ts';
import type { TargetForm } from '../form.ts';

type By = { _id: Types.ObjectId };
type Of = Pick<Petition, '_id'>;
export type Added = 'added' | 'there' | 'full';

const isTaken = (error: unknown): boolean => (error as { code?: number })?.code === 11000;

/** Puts somebody on the list. `there`: the address was on it; a representative whom signers chose comes onto it. */
export async function addTarget(
  { _id: petition }: Of,
  target: TargetForm,
  { _id: organizer }: By,
  now = new Date(),
): Promise<Added> {
  const added = await putOnList(petition, target, now);
  if (added !== 'added') return added;
  const found = await Target.findOne({ petition, mailbox: target.mailbox }, { _id: 1 }).lean();
  await record({ organizer, action: 'letter.targetAdd', petition, subject: found?._id.toHexString() });
  return added;
}

async function putOnList(petition: Types.ObjectId, target: TargetForm, now: Date): Promise<Added> {
  if ((await Target.countDocuments({ petition, isListed: true })) >= letterLimits.targets) return 'full';
  const which = { petition, mailbox: target.mailbox };
  const $set = { ...target, isListed: true };
  const back = await Target.updateOne({ ...which, isListed: false }, { $set });
  if (back.matchedCount === 1) return 'added';
  try {
    await Target.create({ ...which, ...$set, createdAt: now });
    return 'added';
  } catch (error) {
    if (!isTaken(error)) throw error;
    return 'there';
  }
}

/** Puts many on the list; returns how many were not on it. */
export async function addTargets(
  { _id: petition }: Of,
  targets: readonly TargetForm[],
  { _id: organizer }: By,
  now = new Date(),
): Promise<number> {
  let added = 0;
  for (const target of targets) if ((await putOnList(petition, target, now)) === 'added') added += 1;
  if (added > 0) await record({ organizer, action: 'letter.targetImport', petition, details: { added } });
  return added;
}

type Which = { petition: Of; id: Types.ObjectId };
const action = (
  { petition, id }: Which,
  { _id: organizer }: By,
  name: string,
  details?: Record<string, unknown>,
) => record({ organizer, action: name, petition: petition._id, subject: id.toHexString(), details });

const one = ({ petition, id }: Which) => ({ _id: id, petition: petition._id });

/** Changes how a target is written to. `there`: another one has the address. */
export async function changeTarget(which: Which, target: TargetForm, by: By): Promise<'changed' | 'there'> {
  try {
    const { salutation, ...said } = target;
    const $set = salutation ? target : said;
    await Target.updateOne(one(which), { $set, ...(!salutation && { $unset: { salutation: 1 } }) });
  } catch (error) {
    if (!isTaken(error)) throw error;
    return 'there';
  }
  await action(which, by, 'letter.targetChange');
  return 'changed';
}

/** Holds its letters back. `bounced`: because mail to it came back. */
export async function pauseTarget(which: Which, by: By, why: 'organizer' | 'bounced', now = new Date()) {
  const $set = { pausedAt: now, pausedFor: why, ...(why === 'bounced' && { failedAt: now }) };
  const { modifiedCount } = await Target.updateOne({ ...one(which), pausedAt: null }, { $set });
  if (modifiedCount > 0) await action(which, by, 'letter.targetPause', { why });
}

/** Lets its letters go out again, at their pace. */
export async function resumeTarget({ queues }: Pick<Platform, 'queues'>, which: Which, by: By) {
  const { modifiedCount } = await Target.updateOne(
    { ...one(which), pausedAt: { $ne: null } },
    { $unset: { pausedAt: 1, pausedFor: 1 }, $set: { failures: 0 } },
  );
  if (modifiedCount === 0) return;
  await action(which, by, 'letter.targetResume');
  queues.enqueue('letterTurn', { targetId: which.id.toHexString() });
}

/** Takes it off the list: new letters do not go to it, and what waits for it is stopped. */
export async function removeTarget(which: Which, by: By) {
  const { modifiedCount } = await Target.updateOne(
    { ...one(which), isListed: true },
    { $set: { isListed: false }, $unset: { dueAt: 1 }, $inc: { calls: 1 } },
  );
  if (modifiedCount === 0) return;
  await Letter.updateMany(
    { target: which.id, state: { $in: ['due', 'deferred'] } },
    { $set: { state: 'stopped' } },
  );
  await action(which, by, 'letter.targetRemove');
}

/** What can be sent again: what came back, or what nobody knows whether it arrived. */
export const againStates = {
  failed: ['bounced', 'refused'],
  unclear: ['unclear'],
} as const satisfies Record<string, readonly LetterState[]>;

/** Sends again what did not arrive, as soon as its pace allows. */
export async function sendAgain(
  { queues }: Pick<Platform, 'queues'>,
  which: Which,
  what: keyof typeof againStates,
  by: By,
  now = new Date(),
): Promise<number> {
  const { modifiedCount } = await Letter.updateMany(
    { target: which.id, petition: which.petition._id, state: { $in: [...againStates[what]] } },
    { $set: { state: 'due', dueAt: now, attempts: 0 }, $unset: { reason: 1 } },
  );
  if (modifiedCount === 0) return 0;
  await Target.updateOne(one(which), { $min: { dueAt: now }, $inc: { calls: 1 }, $set: { failures: 0 } });
  await action(which, by, 'letter.again', { what, number: modifiedCount });
  queues.enqueue('letterTurn', { targetId: which.id.toHexString() });
  return modifiedCount;
}
