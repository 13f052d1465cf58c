import { z } from 'zod';
import { mailFrame } from '../../server/mailings/signer-mail.ts';
import { Organizer, organizerView } from '../../server/organizers/organizer.ts';
import { Petition } from '../../server/petitions/petition.ts';
import type { Step, Task } from '../../server/tasks/task.ts';
import { updateMailView } from '../../server/updates/mail.ts';
import { languagesIn, Update } from '../../server/updates/update.ts';
import { messageIdOf } from '../mail.ts';
import { TaskFailure, type TaskTools } from '../task.ts';

const cursorSchema = z.object({ next: z.number().default(0) });

/**
 * Mails an update as it stands to the organizer who asked, one language a step. Its links lead to the petition: there
 * is no signature.
 */
export async function sendUpdateTest(tools: TaskTools, task: Task): Promise<Step> {
  const { updateId } = z.object({ updateId: z.string() }).parse(task.input);
  const { next } = cursorSchema.parse(task.cursor ?? {});
  const update = await Update.findById(updateId).lean<Update>();
  const petition = update && (await Petition.findById(update.petition).lean<Petition>());
  const organizer = await Organizer.findOne({ _id: task.organizer, endedAt: null }).lean<Organizer>();
  if (!update || !petition || !organizer) throw new TaskFailure('The update is not there any more.');
  const languages = languagesIn(update);
  const lang = languages[next];
  if (!lang) throw new TaskFailure('The update is not in that language any more.');
  const { name, email } = organizerView(tools, organizer);
  const { subject, context } = updateMailView(
    tools,
    { petition, update, kind: update.kind, texts: update.texts, image: update.image },
    lang,
  );
  const frame = mailFrame(tools, petition, lang);
  const { url } = frame.petition;
  const shown = { ...frame, name, manageUrl: url, unsubscribeUrl: url, ...context };
  const delivery = await tools.mailer.send({
    to: email,
    subject: `[Test] ${subject}`,
    text: tools.views.render('mail/update.text', shown),
    html: tools.views.render('mail/update.html', shown),
    messageId: messageIdOf(`update-test:${task._id.toHexString()}:${lang}`, tools.env.BASE_URL),
  });
  tools.metrics.mails.inc({ kind: 'updateTest', outcome: delivery.outcome });
  if (delivery.outcome !== 'sent')
    throw new TaskFailure(`The mail server did not take the mail (${delivery.reason}). Resume to try again.`);
  const finished = next + 1 >= languages.length;
  const summary = `The test is in your mailbox${languages.length > 1 ? ', once in each language' : ''}.`;
  return { done: 1, cursor: { next: next + 1 }, finished, ...(finished && { result: { summary } }) };
}
