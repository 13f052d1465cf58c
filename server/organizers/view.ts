import { formatDate } from '../locales.ts';
import type { Platform } from '../platform.ts';
import { type Organizer, organizerView } from './organizer.ts';
import { type Role, roleNames, roles } from './roles.ts';

/** The roles to choose from, the weakest first. */
export const roleChoices = (chosen: string | undefined) =>
  roles.map((role) => ({ role, label: roleNames[role], selected: role === chosen }));

export const roleIn = (typed: string | undefined): Role | undefined => roles.find((role) => role === typed);

/** Why an address cannot be invited, and what can be done instead. */
export function whoseAddress(platform: Pick<Platform, 'vault'>, person: Organizer, me: Organizer): string {
  const { name, role, acceptedAt, endedAt } = organizerView(platform, person);
  if (person._id.equals(me._id)) return 'This is your own address.';
  if (endedAt) return `The account of ${name} with this address has ended. Let them return below.`;
  if (!acceptedAt) return 'This address is invited already. “Invite again” above sends the mail once more.';
  return `${name} has an account with this address already, as ${role}. The role can be changed above.`;
}

/** One person as the page of people lists them. */
export function personView(platform: Pick<Platform, 'vault'>, person: Organizer, me: Organizer) {
  const { endedAt, acceptedAt, createdAt } = person;
  const view = organizerView(platform, person);
  return {
    ...view,
    hasName: view.name !== view.email,
    isMe: person._id.equals(me._id),
    isInvited: !acceptedAt && !endedAt,
    since: endedAt
      ? `Ended on ${formatDate('en', endedAt)}`
      : acceptedAt
        ? `Since ${formatDate('en', acceptedAt)}`
        : `Invited on ${formatDate('en', createdAt)}, not accepted yet`,
    roles: roleChoices(person.role),
  };
}
