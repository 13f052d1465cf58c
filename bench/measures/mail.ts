import { Queue } from 'bullmq';
import type { Types } from 'mongoose';
import { Signature } from '../../server/signatures/signature.ts';
import { addCrowd } from '../million.ts';
import { makePetition } from '../petitions.ts';
import type { Measured } from '../rows.ts';
import { inTurns } from '../turns.ts';
import type { World } from '../world.ts';

const together = 20;

/** Of a confirmation mail, about. */
const text = 'Please confirm your signature. '.repeat(40);
const html = `<p>${'Please confirm your signature. '.repeat(100)}</p>`;

/** Confirmation mails through queue, claim, rendering and SMTP, against nodemailer alone with as many at once. */
export async function measureMail(world: World): Promise<Measured[]> {
  const { mails: count, mailTurns } = world.scale;
  const petition = await makePetition('bench-mail');
  const turns = mailTurns + 1;
  await addCrowd(world.env, petition, { count: count * turns, pending: 1 });
  const ids = await Signature.find({ petition: petition._id }, { _id: 1 }).lean<{ _id: Types.ObjectId }[]>();
  await world.startWorkers();
  const queue = new Queue('mail', { connection: world.platform.redis });

  const send = async () => {
    const batch = ids.splice(0, count);
    await queue.pause();
    await askForMail(batch, queue);
    const target = (await world.mail.ask<number>('mails')) + batch.length;
    const begun = performance.now();
    await queue.resume();
    await world.mail.ask('until', { count: target });
    return batch.length / ((performance.now() - begun) / 1000);
  };
  const order = { count, atOnce: 20, text, html };
  const bare = async () => count / (await world.bare.ask<number>('mail', order));
  try {
    const [floor, value] = await inTurns(mailTurns, bare, send);
    return [{ id: 'mail', value, floor, note: `${count} mails a turn, one worker process` }];
  } finally {
    await queue.close();
  }
}

/** As signing leaves them: due a mail, and in the queue, which stands still until all are. */
async function askForMail(batch: { _id: Types.ObjectId }[], queue: Queue): Promise<void> {
  const now = new Date();
  const asked = { kind: 'confirm', n: 3, requestedAt: now, dueAt: now };
  await Signature.updateMany({ _id: { $in: batch.map(({ _id }) => _id) } }, { $set: { mail: asked } });
  // As people sign: a few at the same moment.
  for (let n = 0; n < batch.length; n += together) {
    const signatureIds = batch.slice(n, n + together).map(({ _id }) => _id.toHexString());
    await queue.add('mail', { signatureIds }, { removeOnComplete: true, removeOnFail: true });
  }
}
