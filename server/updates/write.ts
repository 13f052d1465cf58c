import { Types } from 'mongoose';
import { record } from '../audit/entry.ts';
import type { Petition } from '../petitions/petition.ts';
import type { UpdateForm } from './form.ts';
import { Update } from './update.ts';

type By = { organizer: Types.ObjectId };
type Which = { petition: Pick<Petition, '_id'>; n: number };

export const findUpdate = ({ petition, n }: Which): Promise<Update | null> =>
  Update.findOne({ petition: petition._id, n }).lean<Update>();

/** Writes a new update, for the organizers' eyes until it is published or sent. Returns its number. */
export async function writeUpdate(
  petition: Pick<Petition, '_id'>,
  { kind, texts, image }: UpdateForm,
  { organizer }: By,
  now = new Date(),
): Promise<number> {
  const latest = await Update.findOne({ petition: petition._id }, { n: 1 }).sort({ n: -1 }).lean();
  const n = (latest?.n ?? 0) + 1;
  const written = { _id: new Types.ObjectId(), petition: petition._id, n, kind, texts, image };
  try {
    await Update.create({ ...written, createdAt: now, createdBy: organizer });
  } catch (error) {
    // Somebody wrote another one at the same moment and has the number.
    if ((error as { code?: number }).code !== 11000) throw error;
    return writeUpdate(petition, { kind, texts, image, revision: 0 }, { organizer }, now);
  }
  await record({ organizer, action: 'update.write', petition: petition._id, subject: String(n) });
  return n;
}

/** Changes an update. `changed` where somebody saved another version since this one was opened. */
export async function changeUpdate(
  { petition, n }: Which,
  { kind, texts, image, revision }: UpdateForm,
  { organizer }: By,
  now = new Date(),
): Promise<'saved' | 'changed'> {
  const { matchedCount } = await Update.updateOne(
    { petition: petition._id, n, revision },
    {
      $set: { kind, texts, changedAt: now, ...(image && { image }) },
      ...(!image && { $unset: { image: 1 } }),
      $inc: { revision: 1 },
    },
  );
  if (matchedCount === 0) return 'changed';
  await record({ organizer, action: 'update.change', petition: petition._id, subject: String(n) });
  return 'saved';
}

/** Shows it on the petition's page. The date is the first time's. */
export async function publishUpdate({ petition, n }: Which, { organizer }: By, now = new Date()) {
  const which = { petition: petition._id, n };
  const first = await Update.updateOne({ ...which, publishedAt: null }, { $set: { publishedAt: now } });
  const again = await Update.updateOne({ ...which, hiddenAt: { $ne: null } }, { $unset: { hiddenAt: 1 } });
  if (first.modifiedCount + again.modifiedCount === 0) return;
  await record({ organizer, action: 'update.publish', petition: petition._id, subject: String(n) });
}

/** Takes it off the petition's page. */
export async function hideUpdate({ petition, n }: Which, { organizer }: By, now = new Date()) {
  const { modifiedCount } = await Update.updateOne(
    { petition: petition._id, n, publishedAt: { $ne: null }, hiddenAt: null },
    { $set: { hiddenAt: now } },
  );
  if (modifiedCount === 0) return;
  await record({ organizer, action: 'update.hide', petition: petition._id, subject: String(n) });
}

/** Throws a draft away. False where it was published or sent: then it stays. */
export async function discardUpdate({ petition, n }: Which, { organizer }: By): Promise<boolean> {
  const { deletedCount } = await Update.deleteOne({
    petition: petition._id,
    n,
    publishedAt: null,
    sending: null,
  });
  if (deletedCount === 0) return false;
  await record({ organizer, action: 'update.discard', petition: petition._id, subject: String(n) });
  return true;
}
