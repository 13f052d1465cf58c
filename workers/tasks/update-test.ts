import { z } from 'zod';
import { mailFrame } from '../../server/mailings/signer-mail.ts';
import { Organizer, organizerView } from '../../server/organizers/organizer.ts';
import { Petition } from '../../server/petitions/petition.ts';
import type { Step, Task } from '../../server/tasks/task.ts';
import { updateMailView } from '../../server/updates/mail.ts';
import { Update } from '../../server/updates/update.ts';
import { messageIdOf } from '../mail.ts';
import { TaskFailure, type TaskTools } from '../task.ts';

/** Mails an update as it stands to the organizer who asked. Its links lead to the petition: there is no signature. */
export async function sendUpdateTest(tools: TaskTools, task: Task): Promise<Step> {
  const { updateId } = z.object({ updateId: z.string() }).parse(task.input);
  const update = await Update.findById(updateId).lean<Update>();
  const petition = update && (await Petition.findById(update.petition).lean<Petition>());
  const organizer = await Organizer.findOne({ _id: task.organizer, endedAt: null }).lean<Organizer>();
  if (!update || !petition || !organizer) throw new TaskFailure('The update is not there any more.');
  const { name, email } = organizerView(tools, organizer);
  const frame = mailFrame(tools, petition, petition.language);
  const { subject, context } = updateMailView(
    tools,
    { petition, update, kind: update.kind, texts: update.texts },
    petition.language,
  );
  const shown = {
    ...frame,
    name,
    manageUrl: frame.petition.url,
    unsubscribeUrl: frame.petition.url,
    ...context,
  };
  const delivery = await tools.mailer.send({
    to: email,
    subject: `[Test] ${subject}`,
    text: tools.views.render('mail/update.text', shown),
    html: tools.views.render('mail/update.html', shown),
    messageId: messageIdOf(`update-test:${task._id.toHexString()}`, tools.env.BASE_URL),
  });
  if (delivery.outcome !== 'sent')
    throw new TaskFailure(`The mail server did not take the mail (${delivery.reason}). Resume to try again.`);
  return { done: 1, cursor: null, finished: true, result: { summary: 'The test is in your mailbox.' } };
}
