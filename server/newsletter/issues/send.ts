import { Types } from 'mongoose';
import { record } from '../../audit/entry.ts';
import type { Platform } from '../../platform.ts';
import { beginTask, Task } from '../../tasks/task.ts';
import { languagesIn } from '../../updates/publication.ts';
import type { Begun } from '../../updates/send.ts';
import { countReaders } from '../audience.ts';
import { Issue } from './issue.ts';

/**
 * Freezes an issue as the organizer saw it, shows it on the web and begins to mail it to everybody on the list. Of several
 * who ask at once, one begins it. Where a process died between the two, whoever asks next begins the work.
 */
export async function beginSending(
  platform: Pick<Platform, 'queues'>,
  issue: Issue,
  { organizer, revision }: { organizer: Types.ObjectId; revision: number },
  now = new Date(),
): Promise<Begun> {
  const { _id, texts } = issue;
  if (issue.revision !== revision) return { outcome: 'changed' };
  const { reached, subscribed } = await countReaders();
  if (reached === 0) return { outcome: 'nobody' };

  const sending = { at: now, by: organizer, texts, task: new Types.ObjectId() };
  const { matchedCount } = await Issue.updateOne(
    { _id, revision, sending: null },
    { $set: { sending, publishedAt: issue.publishedAt ?? now }, $unset: { hiddenAt: 1 } },
  );
  const task = matchedCount === 1 ? sending.task : await findLeftTask(_id);
  if (!task) {
    const found = await Issue.findOne({ _id, revision }, { _id: 1 }).lean();
    return { outcome: found ? 'already' : 'changed' };
  }
  const input = { issueId: _id.toHexString() };
  const about = { organizer, total: subscribed, title: 'Send an issue of the newsletter' };
  try {
    await beginTask(platform, {
      _id: task,
      kind: 'newsletterIssue',
      needs: 'newsletter.send',
      input,
      ...about,
    });
  } catch (error) {
    if ((error as { code?: number }).code === 11000) return { outcome: 'already' };
    throw error;
  }
  const details = { to: reached };
  await record({ organizer, action: 'newsletter.send', subject: _id.toHexString(), details });
  return { outcome: 'begun', task };
}

/** The work an issue was frozen for, where there is none: its process died before it could begin it. */
async function findLeftTask(_id: Types.ObjectId): Promise<Types.ObjectId | undefined> {
  const task = (await Issue.findById(_id, { 'sending.task': 1 }).lean<Issue>())?.sending?.task;
  return task && !(await Task.exists({ _id: task })) ? task : undefined;
}

/** Mails an issue as it stands, in each of its languages, to the organizer who asks and to nobody else. */
export const beginTest = (
  platform: Pick<Platform, 'queues'>,
  issue: Issue,
  organizer: Types.ObjectId,
): Promise<Types.ObjectId> =>
  beginTask(platform, {
    ...{ kind: 'newsletterTest', title: 'Send yourself a test', needs: 'newsletter.write', organizer },
    input: { issueId: issue._id.toHexString() },
    total: languagesIn(issue).length,
  });
