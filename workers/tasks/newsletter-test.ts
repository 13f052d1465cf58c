import { z } from 'zod';
import { printedIn } from '../../server/newsletter/comments/print.ts';
import { bodiesOf, Issue } from '../../server/newsletter/issues/issue.ts';
import { issueMailView, newsletterFrame } from '../../server/newsletter/issues/mail.ts';
import type { Step, Task } from '../../server/tasks/task.ts';
import { languagesIn } from '../../server/updates/publication.ts';
import { messageIdOf } from '../mail.ts';
import { TaskFailure, type TaskTools } from '../task.ts';
import { sendTestMail } from './bulk-test.ts';

const gone = 'The issue is not there any more.';

/** Mails an issue as it stands to the organizer who asked. Its links lead to the newsletter: there is no subscriber. */
export async function sendIssueTest(tools: TaskTools, task: Task): Promise<Step> {
  const { issueId } = z.object({ issueId: z.string() }).parse(task.input);
  const issue = await Issue.findById(issueId).lean<Issue>();
  if (!issue) throw new TaskFailure(gone);
  const printed = await printedIn(tools, bodiesOf(issue));
  return sendTestMail(tools, task, {
    ...{ kind: 'issueTest', gone, languages: languagesIn(issue) },
    compose(lang, name) {
      const { subject, context } = issueMailView(tools, issue, printed, lang);
      const shown = { ...newsletterFrame(tools, lang, 'issue'), name, ...context };
      return {
        subject,
        text: tools.views.render('newsletter/mail/issue.text', shown),
        html: tools.views.render('newsletter/mail/issue.html', shown),
        messageId: messageIdOf(`issue-test:${task._id.toHexString()}:${lang}`, tools.env.BASE_URL),
      };
    },
  });
}
