import type { Request, Response } from 'express';
import { Types } from 'mongoose';
import { record } from '../audit/entry.ts';
import { HttpError } from '../errors.ts';
import { formBody, formOf } from '../middleware/form-body.ts';
import type { OrganizeRoute, SignedIn } from '../middleware/guard.ts';
import { organizePage } from '../organize/chrome.ts';
import { showPage } from '../page.ts';
import type { Platform } from '../platform.ts';
import { endSessions } from '../sessions/session.ts';
import { parseAddress } from '../signers/address.ts';
import { mailAccessLink } from './access-link.ts';
import { inviteOrganizer, Organizer, organizerView } from './organizer.ts';
import { type Role, roles } from './roles.ts';

const roleIn = (typed: string | undefined): Role | undefined => roles.find((role) => role === typed);

/** Who may come in, and as what. */
export function peopleRoutes(platform: Platform): OrganizeRoute[] {
  const needs = 'organizer.manage';
  const back = (response: Response) => response.redirect(303, '/organize/people');
  return [
    {
      method: 'get',
      path: '/organize/people',
      needs,
      handle: (request, response, who) => showPeople(platform, request, response, who, {}),
    },
    {
      method: 'post',
      path: '/organize/people',
      needs,
      before: [formBody()],
      handle: (request, response, who) => invite(platform, request, response, who),
    },
    {
      method: 'post',
      path: '/organize/people/:person/role',
      needs,
      before: [formBody()],
      async handle(request, response, { organizer }) {
        const person = await otherPerson(request, organizer);
        const role = roleIn(formOf(request).role);
        if (!role) throw new HttpError(422);
        await Organizer.updateOne({ _id: person._id }, { $set: { role } });
        await recordOn(organizer, 'organizer.role', person, { from: person.role, to: role });
        back(response);
      },
    },
    {
      method: 'post',
      path: '/organize/people/:person/end',
      needs,
      async handle(request, response, { organizer }) {
        const person = await otherPerson(request, organizer);
        await Organizer.updateOne({ _id: person._id }, { $set: { endedAt: new Date() } });
        await endSessions(platform.redis, person._id);
        await recordOn(organizer, 'organizer.end', person);
        back(response);
      },
    },
    {
      method: 'post',
      path: '/organize/people/:person/return',
      needs,
      async handle(request, response, { organizer }) {
        const person = await otherPerson(request, organizer);
        await Organizer.updateOne({ _id: person._id }, { $unset: { endedAt: 1 } });
        await recordOn(organizer, 'organizer.return', person);
        back(response);
      },
    },
    {
      method: 'post',
      path: '/organize/people/:person/invitation',
      needs,
      async handle(request, response, { organizer }) {
        const person = await otherPerson(request, organizer);
        if (!person.acceptedAt && !person.endedAt) await mailAccessLink(platform, 'invitation', person._id);
        await recordOn(organizer, 'organizer.inviteAgain', person);
        back(response);
      },
    },
  ];
}

const recordOn = (
  organizer: Organizer,
  action: string,
  person: Organizer,
  details?: Record<string, unknown>,
) => record({ organizer: organizer._id, action, subject: person._id.toHexString(), details });

/** The person of the path, who is never oneself: so there is always an owner left. */
async function otherPerson({ params }: Request, self: Organizer): Promise<Organizer> {
  const id = String(params.person);
  const person = Types.ObjectId.isValid(id) ? await Organizer.findById(id).lean<Organizer>() : null;
  if (!person) throw new HttpError(404);
  if (person._id.equals(self._id)) throw new HttpError(422);
  return person;
}

async function invite(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
): Promise<void> {
  const { email = '', role: typedRole } = formOf(request);
  const address = parseAddress(email);
  const role = roleIn(typedRole);
  const refuse = (error: string) =>
    showPeople(platform, request, response.status(422), who, { email, role: typedRole, error });
  if (!address) return refuse('This does not look like an e-mail address.');
  if (!role) return refuse('Choose a role.');
  const invited = await inviteOrganizer(platform, address, role);
  if (invited.outcome === 'taken') return refuse('This address has an account already, see below.');
  await mailAccessLink(platform, 'invitation', invited.id);
  const subject = invited.id.toHexString();
  await record({ organizer: who.organizer._id, action: 'organizer.invite', subject, details: { role } });
  response.redirect(303, '/organize/people');
}

async function showPeople(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
  typed: { email?: string; role?: string; error?: string },
): Promise<void> {
  const people = await Organizer.find().sort({ createdAt: 1 }).lean<Organizer[]>();
  showPage(request, response, 'organize/people', {
    ...organizePage(platform, who, 'People'),
    people: people.map((person) => ({
      ...organizerView(platform, person),
      isMe: person._id.equals(who.organizer._id),
      roles: roles.map((role) => ({ role, selected: role === person.role })),
    })),
    roles: roles.map((role) => ({ role, selected: role === (typed.role ?? 'editor') })),
    typed,
  });
}
