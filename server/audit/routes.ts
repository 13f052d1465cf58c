import type { Request, Response } from 'express';
import type { OrganizeRoute, SignedIn } from '../middleware/guard.ts';
import { organizePage } from '../organize/chrome.ts';
import { showPage } from '../page.ts';
import type { Platform } from '../platform.ts';
import { actionSentence } from './actions.ts';
import { checkLog, codeOf, isAsNoted } from './check.ts';
import { AuditEntry, lastEntry } from './entry.ts';
import { readNames } from './names.ts';
import { cursorOf, filterForm, findEntries, notedForm, pageSize } from './search.ts';
import { choicesOf, entryView, findingsView } from './view.ts';

/** Who did what, when and why: the whole log, searched in words, by person, petition, action and date. */
export function auditRoutes(platform: Platform): OrganizeRoute[] {
  return [
    {
      method: 'get',
      path: '/organize/audit',
      needs: 'audit.view',
      handle: (request, response, who) => showLog(platform, request, response, who),
    },
    {
      method: 'get',
      path: '/organize/audit/check',
      needs: 'audit.view',
      handle: (request, response, who) => showCheck(platform, request, response, who),
    },
  ];
}

async function showLog(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
): Promise<void> {
  const filter = filterForm.parse(request.query);
  const [names, actions, end] = await Promise.all([
    readNames(platform),
    AuditEntry.distinct('action'),
    lastEntry(),
  ]);
  const found = await findEntries(filter, names, actions);
  const shown = found.slice(0, pageSize);
  const last = found.length > pageSize ? shown.at(-1) : undefined;
  showPage(request, response, 'organize/audit', {
    ...organizePage(platform, who, 'Log', 'audit'),
    entries: shown.map((entry) => entryView(entry, names)),
    options: {
      people: choicesOf(names.people, filter.organizer),
      petitions: choicesOf(names.petitions, filter.petition),
      actions: choicesOf(
        actions.map((action) => [action, actionSentence(action)]),
        filter.action,
      ),
    },
    filter,
    isFiltered: Object.values(filter).some(Boolean),
    isNarrowed: Boolean(filter.organizer || filter.petition || filter.action || filter.from || filter.to),
    olderUrl: last && olderUrl(request, cursorOf(last)),
    end: end && { seq: end.seq, code: codeOf(String(end.hash)) },
  });
}

/** Whether the log is whole, and whether an entry is still the one that somebody wrote down. */
async function showCheck(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
): Promise<void> {
  const { number, code } = notedForm.parse(request.query);
  const isAsked = number !== undefined && code !== undefined;
  const findings = findingsView(await checkLog(platform));
  showPage(request, response, 'organize/audit-check', {
    ...organizePage(platform, who, findings.title, 'audit'),
    width: 'narrow',
    ...findings,
    noted: { number, code, isAsked, isSame: isAsked && (await isAsNoted(number, code)) },
  });
}

function olderUrl({ originalUrl }: Request, before: string): string {
  const url = new URL(originalUrl, 'http://here.invalid');
  url.searchParams.set('before', before);
  return url.pathname + url.search;
}
