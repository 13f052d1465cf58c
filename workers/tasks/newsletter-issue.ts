import { Types } from 'mongoose';
import { z } from 'zod';
import { updateWork } from '../../config/limits.ts';
import { suppressedReaders } from '../../server/newsletter/audience.ts';
import { type Printed, printedIn } from '../../server/newsletter/comments/print.ts';
import { bodiesOf, Issue } from '../../server/newsletter/issues/issue.ts';
import { issueMailView, newsletterFrame, readerLinks } from '../../server/newsletter/issues/mail.ts';
import { openSubscriber, Subscriber } from '../../server/newsletter/subscriber.ts';
import type { Language } from '../../server/petitions/petition.ts';
import type { Step, Task } from '../../server/tasks/task.ts';
import { messageIdOf } from '../mail.ts';
import { TaskFailure, type TaskTools } from '../task.ts';
import type { BulkMail } from './bulk-mail.ts';
import { type BulkWork, sendBulkMail } from './bulk-step.ts';

/** Mails an issue of the newsletter, as it was when sending began, to everybody on the list. */
export async function sendIssue(tools: TaskTools, task: Task, work: BulkWork = updateWork): Promise<Step> {
  return sendBulkMail(await openIssue(tools, task), task, work);
}

async function openIssue(tools: TaskTools, { input }: Task): Promise<BulkMail<Subscriber>> {
  const { issueId } = z.object({ issueId: z.string() }).parse(input);
  const issue = await Issue.findById(issueId).lean<Issue>();
  if (!issue?.sending) throw new TaskFailure('The issue is not there any more.');
  const { at, texts } = issue.sending;
  const frozen = { slug: issue.slug, texts };
  // Anew in each step: who takes their words back is not printed from then on.
  const printed = await printedIn(tools, bodiesOf(frozen));
  return {
    ...{ tools, kind: 'issue', id: issue._id, about: issue._id },
    listFrom: (after, atMost) =>
      Subscriber.find({
        state: 'subscribed',
        ...(after && { _id: { $gt: new Types.ObjectId(after) } }),
        subscribedAt: { $lte: at },
      })
        .sort({ _id: 1 })
        .limit(atMost)
        .lean<Subscriber[]>(),
    find: (emailKeys) => Subscriber.find({ emailKey: { $in: emailKeys } }).lean<Subscriber[]>(),
    isOnList: ({ state }) => state === 'subscribed',
    suppressedAmong: suppressedReaders,
    compose: composer(tools, frozen, printed),
  };
}

type Frozen = Parameters<typeof issueMailView>[1];

/** Writes the mail for one reader after the other; what is the same for many is rendered once for each language. */
function composer(tools: TaskTools, frozen: Frozen, printed: Printed): BulkMail<Subscriber>['compose'] {
  const wordings = new Map<Language, ReturnType<typeof issueMailView>>();
  return (subscriber, mailing) => {
    const lang = subscriber.language as Language;
    const wording = wordings.get(lang) ?? issueMailView(tools, frozen, printed, lang);
    wordings.set(lang, wording);
    const { subject, context } = wording;
    const links = readerLinks(tools, subscriber._id);
    const name = openSubscriber(tools, subscriber, 'name');
    const shown = { ...newsletterFrame(tools, lang, 'issue'), ...links, name, ...context };
    return {
      to: openSubscriber(tools, subscriber, 'email') ?? '',
      subject,
      text: tools.views.render('newsletter/mail/issue.text', shown),
      html: tools.views.render('newsletter/mail/issue.html', shown),
      messageId: messageIdOf(mailing, tools.env.BASE_URL),
      unsubscribeUrl: links.unsubscribeUrl,
    };
  };
}
