import { Types } from 'mongoose';
import { z } from 'zod';
import { updateWork } from '../../config/limits.ts';
import { signerMailContext } from '../../server/mailings/signer-mail.ts';
import { type Language, Petition } from '../../server/petitions/petition.ts';
import { isErased, Signature } from '../../server/signatures/signature.ts';
import type { Step, Task } from '../../server/tasks/task.ts';
import { agreedOn, suppressedAmong } from '../../server/updates/audience.ts';
import { updateMailView } from '../../server/updates/mail.ts';
import { Update } from '../../server/updates/update.ts';
import { composeSignerMail } from '../mail.ts';
import { TaskFailure, type TaskTools } from '../task.ts';
import type { BulkMail } from './bulk-mail.ts';
import { type BulkWork, sendBulkMail } from './bulk-step.ts';

/** Mails an update, as it was when sending began, to the signers who agreed. */
export async function sendUpdate(tools: TaskTools, task: Task, work: BulkWork = updateWork): Promise<Step> {
  return sendBulkMail(await openUpdate(tools, task), task, work);
}

async function openUpdate(tools: TaskTools, { input }: Task): Promise<BulkMail<Signature>> {
  const { updateId } = z.object({ updateId: z.string() }).parse(input);
  const update = await Update.findById(updateId).lean<Update>();
  const petition = update && (await Petition.findById(update.petition).lean<Petition>());
  if (!update?.sending || !petition) throw new TaskFailure('The update is not there any more.');
  const { _id } = petition;
  const frozen = update.sending;
  return {
    ...{ tools, kind: 'update', id: update._id, about: _id },
    listFrom: (after, atMost) =>
      Signature.find({
        ...agreedOn(petition),
        ...(after && { _id: { $gt: new Types.ObjectId(after) } }),
        confirmedAt: { $lte: frozen.at },
      })
        .sort({ _id: 1 })
        .limit(atMost)
        .lean<Signature[]>(),
    find: (emailKeys) => Signature.find({ petition: _id, emailKey: { $in: emailKeys } }).lean<Signature[]>(),
    isOnList: (signature) => signature.state === 'confirmed' && signature.updates && !isErased(signature),
    suppressedAmong: (people) => suppressedAmong(people.map(({ emailKey }) => emailKey)),
    compose: composer(tools, petition, update, frozen),
  };
}

/** Writes the mail for one signer after the other; what is the same for many is rendered once for each language. */
function composer(
  tools: TaskTools,
  petition: Petition,
  update: Update,
  { kind, texts, image }: NonNullable<Update['sending']>,
): BulkMail<Signature>['compose'] {
  const wordings = new Map<Language, ReturnType<typeof updateMailView>>();
  return (signature, mailing) => {
    const frame = signerMailContext(tools, petition, signature);
    const wording =
      wordings.get(frame.lang) ?? updateMailView(tools, { petition, update, kind, texts, image }, frame.lang);
    wordings.set(frame.lang, wording);
    const { subject, context } = wording;
    return composeSignerMail(tools, signature, mailing, {
      ...{ view: 'mail/update', subject },
      context: { ...frame, ...context },
    });
  };
}
