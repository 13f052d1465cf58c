import type { Request, Response } from 'express';
import { record } from '../../audit/entry.ts';
import { HttpError } from '../../errors.ts';
import { formBody, formOf } from '../../middleware/form-body.ts';
import type { OrganizeRoute, SignedIn } from '../../middleware/guard.ts';
import { organizePage } from '../../organize/chrome.ts';
import { showPage } from '../../page.ts';
import { textIn } from '../../petitions/petition.ts';
import type { Platform } from '../../platform.ts';
import { findOrganizer, Organizer, organizerView } from '../organizer.ts';
import { roleChoices, roleIn } from '../view.ts';
import { joinTeam, leaveTeam } from './team.ts';

/** Who may do more on one petition than everywhere. */
export function teamRoutes(platform: Platform): OrganizeRoute[] {
  const needs = 'petition.team';
  return [
    {
      method: 'get',
      path: '/organize/petitions/:petition/team',
      needs,
      handle: (request, response, who) => showTeam(platform, request, response, who),
    },
    {
      method: 'post',
      path: '/organize/petitions/:petition/team',
      needs,
      before: [formBody()],
      async handle(request, response, who) {
        const { person = '', role: typedRole } = formOf(request);
        const role = roleIn(typedRole);
        const member = await findOrganizer(person);
        if (!role || !member || member.endedAt) {
          const error = role ? 'Choose a person.' : 'Choose a role.';
          return showTeam(platform, request, response.status(422), who, error);
        }
        const { was } = await joinTeam(who.petition, member._id, role);
        const action = was ? 'petition.teamRole' : 'petition.teamAdd';
        await recordOn(who, action, member, { ...(was && { from: was }), to: role });
        back(response, who, was ? `role&was=${was}` : 'added', member);
      },
    },
    {
      method: 'post',
      path: '/organize/petitions/:petition/team/:person/removal',
      needs,
      async handle({ params }, response, who) {
        const member = await findOrganizer(params.person);
        if (!member) throw new HttpError(404);
        const { was } = await leaveTeam(who.petition, member._id);
        if (was) await recordOn(who, 'petition.teamRemove', member, { from: was });
        back(response, who, was ? `removed&was=${was}` : 'unchanged', member);
      },
    },
  ];
}

const recordOn = (who: SignedIn, action: string, member: Organizer, details: Record<string, unknown>) =>
  record({
    organizer: who.organizer._id,
    action,
    petition: who.petition._id,
    subject: member._id.toHexString(),
    details,
  });

const back = (response: Response, { petition }: SignedIn, done: string, member: Organizer) =>
  response.redirect(
    303,
    `/organize/petitions/${petition._id.toHexString()}/team?done=${done}&person=${member._id.toHexString()}`,
  );

async function showTeam(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
  error?: string,
): Promise<void> {
  const { petition } = who;
  const everybody = await Organizer.find({ endedAt: null }).sort({ createdAt: 1 }).lean<Organizer[]>();
  const people = everybody.map((person) => {
    const member = petition.team.find((entry) => person._id.equals(entry.organizer));
    return { ...organizerView(platform, person), here: member?.role, roles: roleChoices(member?.role) };
  });
  const { done, person: id, was } = request.query;
  const changed = people.find((person) => person.id === id);
  showPage(request, response, 'organize/team', {
    ...organizePage(platform, who, 'Team', 'home'),
    width: 'narrow',
    petitionId: petition._id.toHexString(),
    petitionTitle: textIn(petition, petition.language).title,
    members: people.filter(({ here }) => here),
    others: people.filter(({ here }) => !here),
    roles: roleChoices('editor'),
    done: changed && { [String(done)]: true, person: changed, was: roleIn(String(was)) },
    error,
  });
}
