import type { Types } from 'mongoose';
import { createLog } from '../../config/log.ts';
import { sessionCookie } from '../../server/middleware/session-cookie.ts';
import { acceptInvitation, inviteOrganizer, Organizer } from '../../server/organizers/organizer.ts';
import type { Role } from '../../server/organizers/roles.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { beginSession } from '../../server/sessions/session.ts';
import { parseAddress } from '../../server/signers/address.ts';
import { createVault } from '../../server/signers/vault.ts';
import { connectRedis } from '../../server/stores.ts';
import { visitor } from './visitor.ts';
import type { World } from './world.ts';

let made = 0;

export type NewOrganizer = { _id: Types.ObjectId; name: string; email: string };
export type SignedInVisitor = Awaited<ReturnType<typeof signInAs>>;

/** An organizer nobody else is, who accepted the invitation. With a petition the role is the one in its team. */
export async function makeOrganizer(
  { env }: Pick<World, 'env'>,
  role: Role,
  { petition, name = 'Ada' }: { petition?: { _id: Types.ObjectId }; name?: string } = {},
): Promise<NewOrganizer> {
  made += 1;
  const vault = createVault(env.ENCRYPTION_KEYS, env.LOOKUP_KEY);
  const email = `organizer-${made}-${process.pid}@example.org`;
  const address = parseAddress(email);
  const invited = address && (await inviteOrganizer({ vault }, address, petition ? 'viewer' : role));
  if (invited?.outcome !== 'invited') throw new Error(`There is a ${email} already`);
  const organizer = await Organizer.findById(invited.id).lean<Organizer>();
  if (!organizer) throw new Error('The organizer was not stored');
  await acceptInvitation({ vault }, organizer, name);
  if (petition)
    await Petition.updateOne({ _id: petition._id }, { $push: { team: { organizer: organizer._id, role } } });
  return { _id: organizer._id, name, email };
}

/** The cookie of a session that begins now, as a browser sends it. */
export async function cookieOf(
  { env }: Pick<World, 'env'>,
  organizer: Types.ObjectId,
  device = '',
): Promise<string> {
  const redis = connectRedis(env.REDIS_URL, 'patient', createLog('test', env.LOG_LEVEL));
  try {
    return `${sessionCookie}=${await beginSession(redis, organizer, device)}`;
  } finally {
    redis.disconnect();
  }
}

/**
 * Somebody at a browser who is signed in: an organizer of this role, or a viewer who has it in one petition's team.
 * `cookie` is what the browser sends.
 */
export async function signInAs(
  world: World,
  role: Role,
  options: { petition?: { _id: Types.ObjectId }; name?: string } = {},
) {
  const organizer = await makeOrganizer(world, role, options);
  const cookie = await cookieOf(world, organizer._id);
  return { ...visitor(world, { cookie, Origin: world.env.BASE_URL }), organizer, cookie };
}

/** The path of the link that lets an organizer in. */
export function entranceIn({ text }: { text?: string }): string {
  const found = /https?:\/\/\S+(\/organize\/enter\/[\w-]+)/.exec(text ?? '');
  if (!found?.[1]) throw new Error('The mail has no link that lets in');
  return found[1];
}

/** The session's cookie of an answer, as the browser sends it back. */
export function cookieIn(response: Response): string {
  const [cookie = ''] = (response.headers.get('set-cookie') ?? '').split(';');
  return cookie;
}
