import type { Request, RequestHandler } from 'express';
import { newsletterLimits } from '../../../../config/limits.ts';
import { HttpError } from '../../../errors.ts';
import { formBody, formOf } from '../../../middleware/form-body.ts';
import type { Exchange, OrganizeRoute, SignedIn } from '../../../middleware/guard.ts';
import { organizePage } from '../../../organize/chrome.ts';
import { languageOf, showMail, showPage } from '../../../page.ts';
import type { Platform } from '../../../platform.ts';
import { readId } from '../../../record-id.ts';
import { printedIn } from '../../comments/print.ts';
import { parseIssueForm } from '../../issues/form.ts';
import { bodiesOf, Issue, issueTextIn } from '../../issues/issue.ts';
import { issueMailView, newsletterFrame } from '../../issues/mail.ts';
import { beginSending, beginTest } from '../../issues/send.ts';
import {
  changeIssue,
  discardIssue,
  hideIssue,
  printComments,
  publishIssue,
  writeIssue,
} from '../../issues/write.ts';
import { issueFormView, issuePath, newsletterPath, oneIssueView, printableView } from '../view.ts';

const path = '/organize/newsletter/issues';
const before: RequestHandler[] = [formBody(newsletterLimits.formBytes)];

/** Writing issues, seeing them as others will, showing them on the web, and sending them: each a step of its own. */
export function issueOrganizeRoutes(platform: Platform): OrganizeRoute[] {
  const see = (
    rest: string,
    handle: (exchange: Exchange) => Promise<void>,
    needs: OrganizeRoute['needs'] = 'newsletter.write',
  ): OrganizeRoute => ({
    ...{ method: 'get', path: `${path}${rest}`, needs },
    handle: (request, response, who) => handle({ platform, request, response, who }),
  });
  const change = (
    rest: string,
    handle: (exchange: Exchange) => Promise<void>,
    needs: OrganizeRoute['needs'] = 'newsletter.write',
  ): OrganizeRoute => ({
    ...{ method: 'post', path: `${path}${rest}`, needs, before },
    handle: (request, response, who) => handle({ platform, request, response, who }),
  });
  /** One change of an issue, and back to its page. */
  const act = (rest: string, verb: (issue: Issue, by: ReturnType<typeof byOf>) => Promise<unknown>) =>
    change(rest, async ({ request, response, who }) => {
      const issue = await issueOf(request);
      await verb(issue, byOf(who));
      response.redirect(303, issuePath(issue));
    });

  return [
    see('/new', async (exchange) => showForm(exchange, {})),
    change('', (exchange) => receive(exchange)),
    see('/:issue', async (exchange) => showOne(exchange, await issueOf(exchange.request)), 'newsletter.view'),
    see('/:issue/edit', async (exchange) => showForm(exchange, { issue: await issueOf(exchange.request) })),
    change('/:issue', async (exchange) => receive(exchange, await issueOf(exchange.request))),
    see('/:issue/mail', previewMail, 'newsletter.view'),
    act('/:issue/publish', publishIssue),
    act('/:issue/hide', hideIssue),
    change('/:issue/discard', async ({ request, response, who }) => {
      const issue = await issueOf(request);
      const gone = await discardIssue(issue, byOf(who));
      response.redirect(303, gone ? newsletterPath : issuePath(issue));
    }),
    change('/:issue/test', async ({ request, response, who }) => {
      const task = await beginTest(platform, await issueOf(request), who.organizer._id);
      response.redirect(303, `/organize/tasks/${task.toHexString()}`);
    }),
    change('/:issue/comments', print),
    change('/:issue/send', send, 'newsletter.send'),
  ];
}

const byOf = ({ organizer }: SignedIn) => ({ organizer: organizer._id });

async function issueOf({ params }: Request): Promise<Issue> {
  const id = readId(params.issue);
  const issue = id && (await Issue.findById(id).lean<Issue>());
  if (!issue) throw new HttpError(404);
  return issue;
}

/** Saves what was typed, new or changed; shows it again where something is wrong or somebody else saved meanwhile. */
async function receive(exchange: Exchange, issue?: Issue): Promise<void> {
  const { request, response, who } = exchange;
  const typed = formOf(request);
  const parsed = parseIssueForm(typed);
  if (parsed.outcome === 'refused') {
    response.status(422);
    return showForm(exchange, { ...(issue && { issue }), typed, problems: parsed.problems });
  }
  if (!issue) {
    const _id = await writeIssue(parsed.form, byOf(who));
    return response.redirect(303, issuePath({ _id }));
  }
  if ((await changeIssue(issue, parsed.form, byOf(who))) === 'saved')
    return response.redirect(303, issuePath(issue));
  response.status(409);
  return showForm(exchange, { issue: await issueOf(request), typed });
}

async function print(exchange: Exchange): Promise<void> {
  const { request, response, who } = exchange;
  const issue = await issueOf(request);
  const typed = formOf(request);
  const ids = Object.keys(typed).flatMap((name) =>
    name.startsWith('print-') ? (readId(name.slice('print-'.length)) ?? []) : [],
  );
  const wish = { ids, lang: languageOf(request), revision: Number(typed.revision) };
  const printed = await printComments(issue, wish, byOf(who));
  if (printed !== 'changed') return response.redirect(303, issuePath(issue));
  await showOne({ ...exchange, response: response.status(409) }, await issueOf(request), {
    title: 'Nothing was put in',
    text: 'Somebody changed this issue since you opened it. Read it again, then choose the comments again.',
  });
}

async function send(exchange: Exchange): Promise<void> {
  const { platform, request, response, who } = exchange;
  const issue = await issueOf(request);
  const revision = Number(formOf(request).revision);
  const begun = await beginSending(platform, issue, { ...byOf(who), revision });
  if (begun.outcome === 'begun') return response.redirect(303, `/organize/tasks/${begun.task.toHexString()}`);
  const text = {
    nobody: 'There is nobody to send to: nobody is on the list.',
    already: 'It is on its way already, or went out before. Nobody is mailed twice.',
    changed: 'Somebody changed this issue since you opened it. Read it again before you send it.',
  }[begun.outcome];
  const problem = { title: 'It was not sent', text };
  await showOne({ ...exchange, response: response.status(409) }, await issueOf(request), problem);
}

async function showOne(
  { platform, request, response, who }: Exchange,
  issue: Issue,
  problem?: { title: string; text: string },
): Promise<void> {
  const { subject } = issueTextIn(issue, 'en');
  const mayWrite = who.may('newsletter.write');
  showPage(request, response, 'organize/newsletter/issue', {
    ...organizePage(platform, who, subject, 'newsletter'),
    ...{ issue: await oneIssueView(platform, issue), problem, tab: 'overview' },
    printable: mayWrite ? await printableView(platform, issue) : [],
  });
}

/** `typed` without problems: somebody saved another version since the form was opened, and `issue` is that. */
async function showForm(
  { platform, request, response, who }: Exchange,
  shown: Parameters<typeof issueFormView>[0],
): Promise<void> {
  const isConflict = Boolean(shown.typed && !shown.problems);
  showPage(request, response, 'organize/newsletter/form', {
    ...organizePage(platform, who, shown.issue ? 'Change the issue' : 'A new issue', 'newsletter'),
    form: issueFormView(shown),
    saved: isConflict && shown.issue ? issueFormView({ issue: shown.issue }) : undefined,
    ...{ limits: newsletterLimits, tab: 'overview' },
    backUrl: shown.issue ? issuePath(shown.issue) : newsletterPath,
  });
}

/** The mail as a reader gets it. */
async function previewMail({ platform, request, response }: Exchange): Promise<void> {
  const issue = await issueOf(request);
  const lang = languageOf(request, issueTextIn(issue, 'en').lang);
  const { context, subject } = issueMailView(
    platform,
    issue,
    await printedIn(platform, bodiesOf(issue)),
    lang,
  );
  showMail(request, response, 'newsletter/mail/issue.html', {
    page: { title: subject, noindex: true },
    ...newsletterFrame(platform, lang, 'issue'),
    ...{ name: lang === 'fr' ? 'Dominique' : 'Robin', ...context },
  });
}
