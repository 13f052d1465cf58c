import { z } from 'zod';
import { Organizer, organizerView } from '../../server/organizers/organizer.ts';
import type { Language } from '../../server/petitions/petition.ts';
import type { Step, Task } from '../../server/tasks/task.ts';
import type { Mail } from '../mailer.ts';
import { TaskFailure, type TaskTools } from '../task.ts';

/** What goes to many, to be tried: `gone` is the sentence where it is not there any more. */
type Tried = {
  kind: 'updateTest' | 'issueTest';
  gone: string;
  languages: readonly Language[];
  compose(lang: Language, name: string): Pick<Mail, 'subject' | 'text' | 'html' | 'messageId'>;
};

const cursorSchema = z.object({ next: z.number().default(0) });

/** Mails a text as it stands to the organizer who asked, one language a step, and to nobody else. */
export async function sendTestMail(
  tools: TaskTools,
  task: Task,
  { kind, gone, languages, compose }: Tried,
): Promise<Step> {
  const { next } = cursorSchema.parse(task.cursor ?? {});
  const organizer = await Organizer.findOne({ _id: task.organizer, endedAt: null }).lean<Organizer>();
  const lang = languages[next];
  if (!organizer || !lang) throw new TaskFailure(gone);
  const { name, email } = organizerView(tools, organizer);
  const mail = compose(lang, name);
  const delivery = await tools.mailer.send({ ...mail, to: email, subject: `[Test] ${mail.subject}` });
  tools.metrics.mails.inc({ kind, outcome: delivery.outcome });
  if (delivery.outcome !== 'sent')
    throw new TaskFailure(`The mail server did not take the mail (${delivery.reason}). You can try again.`);
  const finished = next + 1 >= languages.length;
  const summary = `The test is in your mailbox${languages.length > 1 ? ', once in each language' : ''}.`;
  return { done: 1, cursor: { next: next + 1 }, finished, ...(finished && { result: { summary } }) };
}
