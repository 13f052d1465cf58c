import { record } from '../audit/entry.ts';
import type { Platform } from '../platform.ts';
import type { Address } from '../signers/address.ts';
import { type AccessLink, findAccessLink, retireAccessLinks, useAccessLink } from './access-link.ts';
import { acceptInvitation, hasOwner, inviteOrganizer, Organizer } from './organizer.ts';

/** A link that opens, and the account behind it; the first owner has none before it is used. */
export type Entrance = { link: AccessLink; organizer: Organizer | undefined };

/** What the link's token opens; undefined where it was used, has expired, was never made, or the account has ended. */
export async function findEntrance(
  platform: Pick<Platform, 'tokens'>,
  token: string,
): Promise<Entrance | undefined> {
  const link = await findAccessLink(platform, token);
  if (!link) return undefined;
  if (link.kind === 'firstOwner') return (await hasOwner()) ? undefined : { link, organizer: undefined };
  const organizer = await Organizer.findOne({ _id: link.organizer, endedAt: null }).lean<Organizer>();
  return organizer ? { link, organizer } : undefined;
}

/** Whether whoever comes in has to say how they are called. */
export const asksForName = ({ organizer }: Entrance): boolean => !organizer?.acceptedAt;
export const asksForAddress = ({ link }: Entrance): boolean => link.kind === 'firstOwner';

/** Uses the link up and returns whose account it was. Of two who try at once, one gets undefined. */
export async function passEntrance(
  platform: Pick<Platform, 'vault'>,
  entrance: Entrance,
  { name, address }: { name?: string; address?: Address },
): Promise<Organizer['_id'] | undefined> {
  const { link } = entrance;
  if (!(await useAccessLink(link))) return undefined;
  const organizer = address ? await makeOwner(platform, address) : entrance.organizer;
  if (!organizer) return undefined;
  if (name !== undefined) {
    await acceptInvitation(platform, organizer, name);
    await record({ organizer: organizer._id, action: 'organizer.accept', details: { role: organizer.role } });
  }
  await retireAccessLinks(organizer._id);
  return organizer._id;
}

/** The first owner's account; an address that was invited before becomes the owner's. */
async function makeOwner(platform: Pick<Platform, 'vault'>, address: Address): Promise<Organizer | null> {
  await inviteOrganizer(platform, address, 'owner');
  return Organizer.findOneAndUpdate(
    { emailKey: platform.vault.emailKey(address.canonical) },
    { $set: { role: 'owner' }, $unset: { endedAt: 1 } },
    { returnDocument: 'after' },
  ).lean<Organizer>();
}
