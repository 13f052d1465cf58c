import { Types } from 'mongoose';
import { record } from '../audit/entry.ts';
import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { beginTask, Task } from '../tasks/task.ts';
import { countAudience } from './audience.ts';
import { languagesIn } from './publication.ts';
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
 * once, one begins it. Where a process died between the two, whoever asks next begins the work.
 */
export async function beginSending(
  platform: Pick<Platform, 'queues'>,
  update: Update,
  { petition, organizer, revision }: Asking,
  now = new Date(),
): Promise<Begun> {
  const { _id, n, kind, texts, image } = update;
  if (update.revision !== revision) return { outcome: 'changed' };
  const { reached, agreed } = await countAudience(petition);
  if (reached === 0) return { outcome: 'nobody' };

  const sending = { at: now, by: organizer, kind, texts, image, task: new Types.ObjectId() };
  const { matchedCount } = await Update.updateOne({ _id, revision, sending: null }, { $set: { sending } });
  const task = matchedCount === 1 ? sending.task : await findLeftTask(_id);
  if (!task) {
    const found = await Update.findOne({ _id, revision }, { _id: 1 }).lean();
    return { outcome: found ? 'already' : 'changed' };
  }
  const input = { updateId: _id.toHexString() };
  const about = { organizer, petition: petition._id, total: agreed, title: `Send update ${n}` };
  try {
    await beginTask(platform, { _id: task, kind: 'update', needs: 'update.send', input, ...about });
  } catch (error) {
    if ((error as { code?: number }).code === 11000) return { outcome: 'already' };
    throw error;
  }
  const details = { to: reached };
  await record({
    organizer,
    action: 'update.send',
    petition: petition._id,
    subject: String(n),
    details,
  });
  return { outcome: 'begun', task };
}

/** The work an update was frozen for, where there is none: its process died before it could begin it. */
async function findLeftTask(_id: Types.ObjectId): Promise<Types.ObjectId | undefined> {
  const task = (await Update.findById(_id, { 'sending.task': 1 }).lean<Update>())?.sending?.task;
  return task && !(await Task.exists({ _id: task })) ? task : undefined;
}

/** Mails an update as it stands, in each of its languages, to the organizer who asks and to nobody else. */
export async function beginTest(
  platform: Pick<Platform, 'queues'>,
  update: Update,
  organizer: Types.ObjectId,
): Promise<Types.ObjectId> {
  return beginTask(platform, {
    ...{ kind: 'updateTest', title: 'Send yourself a test', needs: 'update.write', organizer },
    ...{ petition: update.petition, input: { updateId: update._id.toHexString() } },
    total: languagesIn(update).length,
  });
}
