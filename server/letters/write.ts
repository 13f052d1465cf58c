import type { Types } from 'mongoose';
import { letterWork } from '../../config/limits.ts';
import { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { Signature } from '../signatures/signature.ts';
import { Letter, letterId } from './letter.ts';
import { Target } from './target.ts';

/**
 * Writes down one letter for each target of a confirmed signature, once however often it runs. Confirming marks the
 * signature in the same update that counts it, and the mark goes when the letters are there: nothing is lost between.
 */
export async function writeLetters(
  { queues }: Pick<Platform, 'queues'>,
  signatureId: string,
  now = new Date(),
): Promise<void> {
  const signature = await Signature.findOne(
    { _id: signatureId, 'letter.dueAt': { $ne: null } },
    { petition: 1, state: 1, letter: 1 },
  ).lean<Signature>();
  if (!signature?.letter?.dueAt) return;
  const { _id, letter } = signature;
  if (signature.state === 'confirmed') await writeEach(queues, signature, now);
  await Signature.updateOne({ _id, 'letter.dueAt': letter.dueAt }, { $unset: { 'letter.dueAt': 1 } });
}

async function writeEach(queues: Platform['queues'], signature: Signature, now: Date): Promise<void> {
  const petition = await Petition.findById(signature.petition, { letter: 1 }).lean<Petition>();
  const isMeant = { $or: [{ isListed: true }, { representative: { $exists: true } }] };
  const which = { _id: { $in: signature.letter?.targets ?? [] }, petition: signature.petition, ...isMeant };
  const targets = await Target.find(which, { restsUntil: 1, pausedAt: 1 }).lean<Target[]>();
  if (!petition || targets.length === 0) return;
  const dueAt = petition.letter?.digest ? nextDigest(now) : now;
  const ids = targets.map((target) => letterId(signature._id, target._id));
  await Letter.bulkWrite(
    targets.map(({ _id: target }) => newLetter(signature, target, dueAt, now)),
    { ordered: false },
  );
  // Whoever took a letter back and sends it after all.
  await Letter.updateMany({ _id: { $in: ids }, state: 'stopped' }, { $set: { state: 'due', dueAt } });
  await Target.updateMany(which, { $min: { dueAt }, $inc: { calls: 1 } });
  for (const target of targets)
    if (dueAt <= now && mayHaveTurn(target, now))
      queues.enqueue('letterTurn', { targetId: target._id.toHexString() });
}

const newLetter = ({ _id, petition }: Signature, target: Types.ObjectId, dueAt: Date, now: Date) => ({
  updateOne: {
    filter: { _id: letterId(_id, target) },
    update: {
      $setOnInsert: {
        ...{ petition, signature: _id, target, state: 'due' as const, dueAt, createdAt: now },
      },
    },
    upsert: true,
  },
});

const mayHaveTurn = ({ pausedAt, restsUntil }: Target, now: Date): boolean =>
  !pausedAt && !(restsUntil && restsUntil > now);

/** When the next daily mail goes out. */
export function nextDigest(now: Date): Date {
  const next = new Date(now);
  next.setUTCHours(letterWork.digest.hour, 0, 0, 0);
  if (next <= now) next.setUTCDate(next.getUTCDate() + 1);
  return next;
}
