import { z } from 'zod';
import { mailFrame } from '../../server/mailings/signer-mail.ts';
import { Petition } from '../../server/petitions/petition.ts';
import type { Step, Task } from '../../server/tasks/task.ts';
import { updateMailView } from '../../server/updates/mail.ts';
import { languagesIn } from '../../server/updates/publication.ts';
import { Update } from '../../server/updates/update.ts';
import { messageIdOf } from '../mail.ts';
import { TaskFailure, type TaskTools } from '../task.ts';
import { sendTestMail } from './bulk-test.ts';

const gone = 'The update is not there any more.';

/** Mails an update as it stands to the organizer who asked. Its links lead to the petition: there is no signature. */
export async function sendUpdateTest(tools: TaskTools, task: Task): Promise<Step> {
  const { updateId } = z.object({ updateId: z.string() }).parse(task.input);
  const update = await Update.findById(updateId).lean<Update>();
  const petition = update && (await Petition.findById(update.petition).lean<Petition>());
  if (!update || !petition) throw new TaskFailure(gone);
  return sendTestMail(tools, task, {
    ...{ kind: 'updateTest', gone, languages: languagesIn(update) },
    compose(lang, name) {
      const { kind, texts, image } = update;
      const { subject, context } = updateMailView(tools, { petition, update, kind, texts, image }, lang);
      const frame = mailFrame(tools, petition, lang);
      const { url } = frame.petition;
      const shown = { ...frame, name, manageUrl: url, unsubscribeUrl: url, ...context };
      return {
        subject,
        text: tools.views.render('mail/update.text', shown),
        html: tools.views.render('mail/update.html', shown),
        messageId: messageIdOf(`update-test:${task._id.toHexString()}:${lang}`, tools.env.BASE_URL),
      };
    },
  });
}
