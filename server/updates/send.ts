import type { Types } from 'mongoose';
import { mailWork } from '../../config/limits.ts';
import { record } from '../audit/entry.ts';
import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { beginTask } from '../tasks/task.ts';
import { countAudience } from './audience.ts';
import { Update } from './update.ts';

/** `already`: it is on its way or went out before; `changed`: somebody changed it since this organizer saw it. */
export type Begun =
  | { outcome: 'begun'; task: Types.ObjectId }
  | { outcome: 'nobody' }
  | { outcome: 'already' }
  | { outcome: 'changed' };

type Asking = { petition: Petition; organizer: Types.ObjectId; revision: number };

/**
 * Freezes an update as the organizer saw it and begins to mail it to the signers who agreed. Of several who ask at
 * once, one begins it.
 */
export async function beginSending(
  platform: Pick<Platform, 'queues'>,
  update: Update,
  { petition, organizer, revision }: Asking,
  now = new Date(),
): Promise<Begun> {
  const { _id, n, kind, texts } = update;
  if (update.revision !== revision) return { outcome: 'changed' };
  const { reached, agreed } = await countAudience(petition);
  if (reached === 0) return { outcome: 'nobody' };

  const { matchedCount } = await Update.updateOne(
    { _id, revision, ...notBegun(now) },
    { $set: { sending: { at: now, by: organizer, kind, texts } } },
  );
  if (matchedCount === 0) {
    const found = await Update.findOne({ _id, revision }, { _id: 1 }).lean();
    return { outcome: found ? 'already' : 'changed' };
  }
  const input = { updateId: _id.toHexString() };
  const about = { organizer, petition: petition._id, total: agreed };
  const title = `Send update ${n}`;
  const task = await beginTask(platform, { kind: 'update', title, needs: 'update.send', input, ...about });
  await Update.updateOne({ _id }, { $set: { 'sending.task': task } });
  await record({
    organizer,
    action: 'update.send',
    petition: petition._id,
    subject: String(n),
    details: { to: reached },
  });
  return { outcome: 'begun', task };
}

/** Never begun, or begun by a process that died before there was a task: nobody is mailed twice either way. */
const notBegun = (now: Date) => ({
  $or: [
    { sending: null },
    {
      'sending.task': null,
      'sending.at': { $lte: new Date(now.getTime() - mailWork.sweepAfter * 1000) },
    },
  ],
});

/** Mails an update as it stands to the organizer who asks, and to nobody else. */
export async function beginTest(
  platform: Pick<Platform, 'queues'>,
  { _id, petition }: Update,
  organizer: Types.ObjectId,
): Promise<Types.ObjectId> {
  const input = { updateId: _id.toHexString() };
  return beginTask(platform, {
    kind: 'updateTest',
    title: 'Send yourself a test',
    needs: 'update.write',
    input,
    organizer,
    petition,
    total: 1,
  });
}
