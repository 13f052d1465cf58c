import type { Request } from 'express';
import { Types } from 'mongoose';
import { z } from 'zod';
import type { OrganizeRoute } from '../middleware/guard.ts';
import { organizePage } from '../organize/chrome.ts';
import { Organizer, organizerView } from '../organizers/organizer.ts';
import { showPage } from '../page.ts';
import { Petition, textIn } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { AuditEntry } from './entry.ts';

const pageSize = 100;

const objectId = z
  .string()
  .regex(/^[0-9a-f]{24}$/)
  .transform((id) => new Types.ObjectId(id));
const filterForm = z.object({
  organizer: objectId.optional().catch(undefined),
  petition: objectId.optional().catch(undefined),
  action: z
    .string()
    .regex(/^[a-zA-Z.]{1,40}$/)
    .optional()
    .catch(undefined),
  from: z.iso.date().optional().catch(undefined),
  to: z.iso.date().optional().catch(undefined),
  before: objectId.optional().catch(undefined),
});
type Filter = z.output<typeof filterForm>;

/** Who did what, when and why: the whole log, searched by person, petition, action and date. */
export function auditRoutes(platform: Platform): OrganizeRoute[] {
  return [
    {
      method: 'get',
      path: '/organize/audit',
      needs: 'audit.view',
      async handle(request, response, who) {
        const filter = filterForm.parse(request.query);
        const [entries, actions, people, petitions] = await Promise.all([
          findEntries(filter),
          AuditEntry.distinct('action'),
          Organizer.find().lean<Organizer[]>(),
          Petition.find({}, { texts: 1, language: 1, slug: 1 }).lean<Petition[]>(),
        ]);
        const nameOf = new Map(
          people.map((person) => [String(person._id), organizerView(platform, person).name]),
        );
        const titleOf = new Map(
          petitions.map((petition) => [String(petition._id), textIn(petition, petition.language).title]),
        );
        const shown = entries.slice(0, pageSize);
        showPage(request, response, 'organize/audit', {
          ...organizePage(platform, who, 'Log'),
          entries: shown.map(({ at, organizer, action, petition, subject, details, why }) => ({
            at,
            action,
            who: organizer ? (nameOf.get(String(organizer)) ?? 'somebody who is gone') : 'the platform',
            on: (petition && titleOf.get(String(petition))) ?? (subject && (nameOf.get(subject) ?? subject)),
            details: Object.entries(details ?? {}).map(([name, value]) => ({ name, value: String(value) })),
            why,
          })),
          options: {
            people: choices(nameOf, request, 'organizer'),
            petitions: choices(titleOf, request, 'petition'),
            actions: choices(new Map(actions.sort().map((action) => [action, action])), request, 'action'),
          },
          filter: { from: filter.from, to: filter.to },
          olderUrl: entries.length > pageSize ? olderUrl(request, shown.at(-1)?._id) : undefined,
        });
      },
    },
  ];
}

const findEntries = ({ organizer, petition, action, from, to, before }: Filter) =>
  AuditEntry.find({
    ...(organizer && { organizer }),
    ...(petition && { petition }),
    ...(action && { action }),
    ...((from || to) && {
      at: {
        ...(from && { $gte: new Date(from) }),
        ...(to && { $lt: new Date(Date.parse(to) + 86_400_000) }),
      },
    }),
    ...(before && { _id: { $lt: before } }),
  })
    .sort({ _id: -1 })
    .limit(pageSize + 1)
    .lean<AuditEntry[]>();

const choices = (names: Map<string, string>, { query }: Request, field: string) =>
  [...names].map(([value, name]) => ({ value, name, selected: query[field] === value }));

function olderUrl({ originalUrl }: Request, before: Types.ObjectId | undefined): string {
  const url = new URL(originalUrl, 'http://here');
  url.searchParams.set('before', String(before));
  return url.pathname + url.search;
}
