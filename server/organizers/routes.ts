import type { Request, Response } from 'express';
import { record } from '../audit/entry.ts';
import { HttpError } from '../errors.ts';
import { formBody, formOf } from '../middleware/form-body.ts';
import type { OrganizeRoute, SignedIn } from '../middleware/guard.ts';
import { organizePage } from '../organize/chrome.ts';
import { showPage } from '../page.ts';
import type { Platform } from '../platform.ts';
import { parseAddress } from '../signers/address.ts';
import { mailAccessLink } from './access-link.ts';
import { findOrganizer, inviteOrganizer, Organizer, organizerView } from './organizer.ts';
import { type Change, changeRole, endAccount, letReturn } from './people.ts';
import { personView, roleChoices, roleIn, whoseAddress } from './view.ts';

/** Who may come in, and as what. Everything here can be taken back on the page it leads to. */
export function peopleRoutes(platform: Platform): OrganizeRoute[] {
  const needs = 'organizer.manage';
  const onPerson = (
    verb: string,
    act: (person: Organizer, request: Request, who: SignedIn) => Promise<string>,
  ): OrganizeRoute => ({
    method: 'post',
    path: `/organize/people/:person/${verb}`,
    needs,
    before: [formBody()],
    async handle(request, response, who) {
      const person = await otherPerson(request, who.organizer);
      const done = await act(person, request, who);
      response.redirect(303, `/organize/people?done=${done}&person=${person._id.toHexString()}`);
    },
  });
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
    onPerson('role', async (person, request, { organizer }) => {
      const role = roleIn(formOf(request).role);
      if (!role) throw new HttpError(422);
      const change = await changeRole(person, role);
      const details = { from: person.role, to: role };
      return noted(change, organizer, 'organizer.role', person, `role&was=${person.role}`, details);
    }),
    onPerson('end', async (person, _request, { organizer }) =>
      noted(await endAccount(platform, person), organizer, 'organizer.end', person, 'ended'),
    ),
    onPerson('return', async (person, _request, { organizer }) =>
      noted(await letReturn(person), organizer, 'organizer.return', person, 'returned'),
    ),
    onPerson('invitation', async (person, _request, { organizer }) => {
      if (person.acceptedAt || person.endedAt) return 'unchanged';
      await mailAccessLink(platform, 'invitation', person._id);
      return noted('changed', organizer, 'organizer.inviteAgain', person, 'invited');
    }),
  ];
}

/** Records a change that was made, and says how the page is to speak of it. */
async function noted(
  change: Change,
  { _id: organizer }: Organizer,
  action: string,
  { _id }: Organizer,
  done: string,
  details?: Record<string, unknown>,
): Promise<string> {
  if (change !== 'changed') return change;
  await record({ organizer, action, subject: _id.toHexString(), details });
  return done;
}

/** The person of the path, who is never oneself. */
async function otherPerson({ params }: Request, self: Organizer): Promise<Organizer> {
  const person = await findOrganizer(params.person);
  if (!person) throw new HttpError(404);
  if (person._id.equals(self._id)) throw new HttpError(422);
  return person;
}

async function invite(platform: Platform, request: Request, response: Response, who: SignedIn) {
  const { email = '', role: typedRole } = formOf(request);
  const address = parseAddress(email);
  const role = roleIn(typedRole);
  const refuse = (error: string) =>
    showPeople(platform, request, response.status(422), who, { email, role: typedRole, error });
  if (!address) return refuse('This does not look like an e-mail address.');
  if (!role) return refuse('Choose a role.');
  const invited = await inviteOrganizer(platform, address, role);
  if (invited.outcome === 'taken') return refuse(whoseAddress(platform, invited.by, who.organizer));
  await mailAccessLink(platform, 'invitation', invited.id);
  const subject = invited.id.toHexString();
  await record({ organizer: who.organizer._id, action: 'organizer.invite', subject, details: { role } });
  response.redirect(303, `/organize/people?done=invited&person=${subject}`);
}

async function showPeople(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
  typed: { email?: string; role?: string; error?: string },
): Promise<void> {
  const people = await Organizer.find().sort({ createdAt: 1 }).lean<Organizer[]>();
  const { done, person: id, was } = request.query;
  const changed = people.find((person) => String(person._id) === id);
  showPage(request, response, 'organize/people', {
    ...organizePage(platform, who, 'People', 'people'),
    width: 'narrow',
    done: changed && {
      [String(done)]: true,
      person: organizerView(platform, changed),
      was: roleIn(String(was)),
    },
    people: people
      .filter(({ endedAt }) => !endedAt)
      .map((person) => personView(platform, person, who.organizer)),
    ended: people
      .filter(({ endedAt }) => endedAt)
      .map((person) => personView(platform, person, who.organizer)),
    roles: roleChoices(typed.role ?? 'editor'),
    typed,
  });
}
